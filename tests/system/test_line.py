"""From device to browser with real processes, and through the deaths of each of them."""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from contract.delivery.uplink import ALIVE_EVERY_S
from contract.identifiers import SealId
from contract.messages import ReadingsTaken, read
from edge.drivers.modbus_registers import Register
from edge.drivers.seal_lines import SealLine, line_of
from simulators import modbus_sensor
from simulators.seal_reader import SealReaderServer
from tests.system.line import Line, picture_that_alerts
from tests.system.programs import WAIT_S_MAX, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

LANE: Final = "/KEMBA/lane-1"
COUNT: Final = Register(address=0, kind="holding", type="uint32", metric="count", unit="/")
POLLS_PER_S: Final = 20


class Sensor:
    """A Modbus sensor that says how often it was asked: no two readings are alike."""

    def __init__(self) -> None:
        self.count = 0
        self.is_frozen = False

    def values(self) -> dict[str, float]:
        """What its register holds, one more each time."""
        if not self.is_frozen:
            self.count += 1
        return {"count": float(self.count)}


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    """An event loop beside the test, for the simulated devices."""
    with start_blocking_portal() as portal:
        yield portal


def alert_that_is_told(live: Any, rule: str) -> dict[str, Any]:
    """The next alert of this rule on the stream that the dashboard hears."""
    deadline = time.monotonic() + WAIT_S_MAX
    while time.monotonic() < deadline:
        for told in json.loads(live.recv(timeout=WAIT_S_MAX)):
            if told["kind"] == "change" and told["type"] == "alert.changed":
                alert: dict[str, Any] = told["data"]["alert"]
                if alert["rule"] == rule:
                    return alert
    pytest.fail(f"no alert of {rule}")


def test_an_opened_seal_becomes_an_alert_and_a_series(
    tmp_path: Path, portal: BlockingPortal
) -> None:
    """A line from a seal reader is an alert on the officer's screen, and points in InfluxDB."""
    reader = SealReaderServer(list, beat_s=0.2)
    with portal.wrap_async_context_manager(reader.serving()) as port:
        devices = (
            f'[[device]]\nfamily = "seal_reader"\ndevice = "seal-reader"\n'
            f'host = "127.0.0.1"\nport = {port}\n'
        )
        with Line(tmp_path, devices).running() as line, line.live() as live:
            until(lambda: reader._writers, lambda: line.agent.log.read_text()[-2000:])
            seal = SealLine(
                seal=SealId("HLX417"),
                state="opened",
                container="HLXU4172205",
                battery_percent=81,
                opened_at=datetime.now(UTC).replace(microsecond=0),
            )
            portal.call(reader.say, line_of(seal))
            alert = alert_that_is_told(live, "seal_opened")
            assert (alert["subject"], alert["source"]) == ("HLXU4172205", LANE)
            assert alert["severity"] in ("critical", "high")
            until(lambda: line.points("seal-reader", "seal") == [81], lambda: line.points("x"))
            until(lambda: line.is_complete(LANE), line.board)


def test_a_bag_with_contraband_becomes_an_alert_with_its_picture(tmp_path: Path) -> None:
    """A picture in the scanner's folder is looked at, alerts, and can be seen by the officer."""
    folder = tmp_path / "scans"
    folder.mkdir()
    devices = f'[[device]]\nfamily = "scan_folder"\ndevice = "scanner"\nfolder = "{folder}"\n'
    picture = picture_that_alerts()
    with Line(tmp_path, devices).running() as line, line.live() as live:
        (folder / "0125443871.png").write_bytes(picture)
        alert = alert_that_is_told(live, "contraband_seen")
        assert alert["subject"] == "0125443871"
        assert alert["detections"]
        address = f"/api/blobs/{alert['picture']['sha256']}"
        until(lambda: line.officer.get(address).content == picture)
        until(lambda: line.points("scanner", "scan"))


def test_nothing_is_lost_or_doubled_whoever_dies(tmp_path: Path, portal: BlockingPortal) -> None:
    """The broker is killed under load, then the gateway, then the agent; every number arrives once.

    What the agent had not yet made durable when it was killed (at most a batch) was never numbered.
    """
    sensor = Sensor()
    unit = modbus_sensor.Unit(1, (COUNT,), sensor.values)
    with ExitStack() as wire:
        serving = modbus_sensor.serving([unit])
        port = wire.enter_context(portal.wrap_async_context_manager(serving))
        with Line(tmp_path, counter_at(port)).running() as line:
            until(lambda: len(line.points("counter")) > POLLS_PER_S, line.agent.log.read_text)
            line.broker.kill()
            wait_for_readings(sensor, 3 * POLLS_PER_S)
            line.broker.start()
            wait_for_readings(sensor, POLLS_PER_S)
            line.gateway.kill()
            wait_for_readings(sensor, 3 * POLLS_PER_S)
            line.gateway.start()
            arrived = sensor.count
            caught_up(line, arrived)
            line.agent.kill()
            line.agent.start()
            wait_for_readings(sensor, 2 * POLLS_PER_S)
            sensor.is_frozen = True
            caught_up(line, sensor.count)
            wire.close()
            points, kept = closed_books(line, tmp_path / "gateway" / "journal.sqlite")
    assert Counter(points) == Counter(kept)
    # Of all that had been taken when it was looked, every single reading is there.
    assert set(range(1, arrived + 1)) <= set(points)
    again = Counter(points)
    assert {value for value, times in again.items() if times > 1} <= {sensor.count}


def closed_books(line: Line, journal: Path) -> tuple[list[int], list[int]]:
    """Points and kept readings, once neither has grown over a sign of life that says: complete."""
    seen: tuple[list[int], list[int]] = ([], [])
    since = time.monotonic()

    def are_closed() -> bool:
        nonlocal seen, since
        books = ([int(value) for value in line.points("counter")], journalled(journal))
        if books != seen:
            seen, since = books, time.monotonic()
        is_quiet = time.monotonic() - since > ALIVE_EVERY_S + 2
        return is_quiet and len(seen[0]) == len(seen[1]) and line.is_complete(LANE)

    until(are_closed, lambda: (line.board()["completeness"], len(seen[0]), len(seen[1])))
    return seen


def counter_at(port: int) -> str:
    """What the agent is told of the sensor."""
    return (
        f'[[device]]\nfamily = "modbus"\ndevice = "counter"\nhost = "127.0.0.1"\n'
        f"port = {port}\npoll_s = {1 / POLLS_PER_S}\n"
        '[[device.register]]\naddress = 0\nkind = "holding"\ntype = "uint32"\n'
        'metric = "count"\nunit = "/"\n'
    )


def wait_for_readings(sensor: Sensor, readings: int) -> None:
    """Until the sensor was asked so often again."""
    goal = sensor.count + readings
    until(lambda: sensor.count >= goal, lambda: sensor.count)


def caught_up(line: Line, count: int) -> None:
    """Until InfluxDB has this reading."""
    until(lambda: max(line.points("counter"), default=0) >= count, line.board)


def journalled(journal: Path) -> list[int]:
    """The readings that the journal holds, in its order; numbers come once per epoch."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT epoch, sequence, body FROM entry WHERE stream = 'readings' ORDER BY position"
        ).fetchall()
    numbers: dict[str, list[int]] = {}
    values = []
    for epoch, sequence, body in rows:
        numbers.setdefault(epoch, []).append(sequence)
        message = read(body).message()
        assert isinstance(message, ReadingsTaken)
        values += [int(r.value) for r in message.readings if r.device == "counter"]
    for epoch_numbers in numbers.values():
        assert sorted(epoch_numbers) == list(range(1, len(epoch_numbers) + 1))
    return values

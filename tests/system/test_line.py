"""From device to browser with real processes, and through the deaths of each of them."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from contract.identifiers import SealId
from edge.drivers.seal_lines import SealLine, line_of
from simulators.seal_reader import SealReaderServer
from tests.system.line import Line, picture_that_alerts
from tests.system.programs import WAIT_S_MAX, until
from tests.system.sensor import LANE, Sensor, caught_up, closed_books, sensor_at

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

POLLS_PER_S: Final = 20


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
    with ExitStack() as wire:
        port = wire.enter_context(portal.wrap_async_context_manager(sensor.serving()))
        with Line(tmp_path, sensor_at(port, POLLS_PER_S)).running() as line:
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


def wait_for_readings(sensor: Sensor, readings: int) -> None:
    """Until the sensor was asked so often again."""
    goal = sensor.count + readings
    until(lambda: sensor.count >= goal, lambda: sensor.count)

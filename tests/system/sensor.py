"""A Modbus sensor no two of whose readings are alike, and the books of what became of them."""

import sqlite3
import time
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Final

from contract.delivery.uplink import ALIVE_EVERY_S
from contract.messages import ReadingsTaken, read
from edge.drivers.modbus_registers import Register
from simulators import modbus_sensor
from tests.system.line import Line
from tests.system.programs import until

LANE: Final = "/KEMBA/lane-1"
COUNT: Final = Register(address=0, kind="holding", type="uint32", metric="count", unit="/")
QUIET_S: Final = ALIVE_EVERY_S + 2


class Sensor:
    """Says how often it was asked, until it is frozen."""

    def __init__(self) -> None:
        self.count = 0
        self.is_frozen = False

    def serving(self) -> AbstractAsyncContextManager[int]:
        """The sensor on a free port."""
        return modbus_sensor.serving([modbus_sensor.Unit(1, (COUNT,), self._values)])

    def _values(self) -> dict[str, float]:
        self.count += not self.is_frozen
        return {"count": float(self.count)}


def sensor_at(port: int, polls_per_s: int) -> str:
    """What the agent is told of it, in TOML."""
    return (
        f'[[device]]\nfamily = "modbus"\ndevice = "counter"\nhost = "127.0.0.1"\n'
        f"port = {port}\npoll_s = {1 / polls_per_s}\n"
        '[[device.register]]\naddress = 0\nkind = "holding"\ntype = "uint32"\n'
        'metric = "count"\nunit = "/"\n'
    )


def caught_up(line: Line, count: int) -> None:
    """Until InfluxDB has this reading."""
    until(lambda: max(line.points("counter"), default=0) >= count, line.board)


def closed_books(line: Line, journal: Path) -> tuple[list[int], list[int]]:
    """Points and kept readings, once neither has grown over a sign of life that says: complete."""
    seen: tuple[list[int], list[int]] = ([], [])
    since = time.monotonic()

    def are_closed() -> bool:
        nonlocal seen, since
        books = ([int(value) for value in line.points("counter")], kept(journal))
        if books != seen:
            seen, since = books, time.monotonic()
        is_quiet = time.monotonic() - since > QUIET_S
        return is_quiet and len(seen[0]) == len(seen[1]) and line.is_complete(LANE)

    until(are_closed, lambda: (line.board()["completeness"], len(seen[0]), len(seen[1])))
    last: dict[str, int] = {}
    for epoch, number, _ in sorted(_rows(journal)):
        assert number == last.get(epoch, 0) + 1, f"{number} of {epoch} is missing, or there twice"
        last[epoch] = number
    return seen


def kept(journal: Path) -> list[int]:
    """The readings that the journal holds, in its order."""
    messages = [read(body).message() for _, _, body in _rows(journal)]
    return [
        int(reading.value)
        for message in messages
        if isinstance(message, ReadingsTaken)
        for reading in message.readings
        if reading.device == "counter"
    ]


def _rows(journal: Path) -> list[tuple[str, int, bytes]]:
    """Epoch, number and body of each message of readings."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as at:
        return at.execute(
            "SELECT epoch, sequence, body FROM entry WHERE stream = 'readings' AND source = ?"
            " AND kind = 'kept' ORDER BY position",
            (LANE,),
        ).fetchall()

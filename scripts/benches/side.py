"""Who is measured in ``scripts/bench fleet``: our whole line, or a loop that forwards bytes."""

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from contract.clock import SystemClock
from contract.identifiers import Source
from contract.links.mqtt import BrokerConfig, dialler
from gateway.journal.journal import stats_of
from gateway.trust.codes import make_code
from scripts.benches.rival_systems import Times
from scripts.benches.usage import Part
from simulators.keyring import Keyring
from tests.system.line import DATABASE, POST, Line
from tests.system.programs import until
from tests.system.servers import Influxd, mosquitto

GIVE_UP_S: Final = 60.0
LIMIT: Final = '[[judge.readings]]\nmetric = "temperature"\nhigh = 80.0\nfor_s = 0.0\n'


class Side(NamedTuple):
    """One that is measured, up and hearing."""

    name: str
    broker: int
    influx: Influxd
    parts: dict[str, int]
    kept: Callable[[], tuple[int, int]]
    """Messages in the journal, and in the quarantine."""
    times: Times
    """How often each device was out of range, in all turns together."""
    line: Line | None = None
    journal: Path | None = None


@contextmanager
def ours(directory: Path, keys: Path, agents: int) -> Iterator[Side]:
    """The whole line, and so many agents enrolled."""
    directory.mkdir()
    line = Line(directory, "", more=LIMIT)
    with line.running():
        asyncio.run(enrol(line, keys, agents))
        parts = {
            "gateway": line.gateway.pid,
            "command center": line.command_center.pid,
            "mosquitto": line.broker.pid,
            "influxd": line.influx.pid,
        }
        journal = directory / "gateway" / "journal.sqlite"

        def kept() -> tuple[int, int]:
            stats = stats_of(journal)
            return stats.messages, stats.quarantined

        yield Side("ours", line.broker.port, line.influx, parts, kept, Times(), line, journal)


async def enrol(line: Line, keys: Path, agents: int) -> None:
    """As a real box does: a code each, proved over the broker, entered in the journal."""
    began, ring, clock = time.monotonic(), Keyring(), SystemClock()
    folder = line.directory / "gateway"
    dial = dialler(BrokerConfig(port=line.broker.port))
    sources = [Source.of(POST, f"fleet-{number}") for number in range(agents)]
    await ring.enrol(
        sources, dial, code_for=lambda source: make_code(folder, source, clock), clock=clock
    )
    ring.save(keys)
    print(json.dumps({"enrolled": agents, "seconds": round(time.monotonic() - began, 1)}))


@contextmanager
def forwarding(directory: Path) -> Iterator[Side]:
    """The yardstick."""
    directory.mkdir()
    broker, influx = mosquitto(directory / "mosquitto"), Influxd(directory / "influx")
    with ExitStack() as stack:
        stack.enter_context(broker)
        stack.enter_context(influx)
        influx.ask(f"CREATE DATABASE {DATABASE}")
        command = [sys.executable, "-m", "scripts.benches.forwarder", "--database", DATABASE]
        command += ["--port", str(broker.port), "--influx", influx.url]
        with (directory / "log").open("wb") as log:
            forwarder = subprocess.Popen(command, stdout=log)
        stack.callback(forwarder.wait)
        stack.callback(forwarder.terminate)
        until(lambda: "hears" in (directory / "log").read_text())
        parts = {"forwarder": forwarder.pid, "mosquitto": broker.pid, "influxd": influx.pid}
        yield Side("forward", broker.port, influx, parts, lambda: (0, 0), Times())


def stored_after(
    side: Side, begin_us: int, told: dict[str, Any], parts: dict[str, Part]
) -> tuple[float | None, tuple[int, float]]:
    """Seconds after the last word until all is stored, and what is; none if it never was."""
    ended = time.monotonic()
    counted = (0, 0.0)
    while True:
        late = round(time.monotonic() - ended, 2)
        if side.journal is None or brought(side.journal):
            counted = stored(side, begin_us)
        for part in parts.values():
            part.look()
        if counted == (told["readings"], told["sum"]):
            return late, counted
        if late > GIVE_UP_S:
            return None, counted
        time.sleep(0.2)


def brought(journal: Path) -> bool:
    """Whether the sink has all that the journal has: asking the database would keep it busy."""
    connection = sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
    with contextlib.closing(connection) as at:
        (last,) = at.execute("SELECT max(position) FROM entry WHERE kind = 'kept'").fetchone()
        (upto,) = at.execute("SELECT position FROM cursor WHERE name = 'sink store'").fetchone()
    return bool(upto >= last)


def stored(side: Side, begin_us: int) -> tuple[int, float]:
    """Count and sum of the values since that moment."""
    question = (
        f'SELECT COUNT("value"), SUM("value") FROM "reading" WHERE time >= {begin_us - 1_000}u'  # noqa: S608 - ours
    )
    (result,) = side.influx.ask(question, DATABASE)["results"]
    rows = [row for series in result.get("series", ()) for row in series["values"]]
    return (rows[0][1], rows[0][2]) if rows else (0, 0.0)

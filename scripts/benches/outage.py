"""``scripts/bench outage``: how soon an agent's backlog of an hour is drained, and what waits.

    readings, 1,000/s for an hour ─▶ Outbox  (written at once with their times; --real: in an hour)
    the broker is back:  Outbox ─▶ uplink ═▶ mosquitto ═▶ greenlane gateway ─▶ InfluxDB
    meanwhile 1,000 readings/s go on, and a seal opens every half second

The broker is killed while everybody is linked to it. Counted from its return, dialling again
included: seconds until nothing of the hour waits for a receipt, and until all of it is in InfluxDB,
where it is counted. Of each new seal, the time from its saying to its alert on the gateway's
changes. ``--bytes-max`` bounds the outbox: what gave way has to be declared lost.
"""

import argparse
import asyncio
import contextlib
import json
import math
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from contract.clock import SystemClock
from contract.delivery.outbox import Outbox
from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import SourceEnd
from contract.identifiers import Source
from contract.links.mqtt import BrokerConfig, dialler
from contract.signing import Key
from edge.identity import StateDir, enrol
from gateway.journal.journal import stats_of
from gateway.trust.codes import make_code
from greenlane import logs
from scripts.benches.bench import asking, verdict
from scripts.benches.lane import BATCH_S, Lane
from scripts.benches.usage import Usage
from tests.support.box import speaking
from tests.system.line import DATABASE
from tests.system.programs import Program
from tests.system.servers import Influxd, Server, mosquitto

POST: Final = "KEMBA"
AGENT: Final = Source(f"/{POST}/lane-1")
GATEWAY: Final = Source(f"/{POST}/gateway")
OUTAGE_S: Final = 3_600
RATE: Final = 1_000
DRAIN_S_MAX: Final = 60.0
SEAL_S_MAX: Final = 1.0
GIVE_UP_S: Final = 600.0
AFTER_S: Final = 5.0
LOOK_S: Final = 0.1
TELL_S: Final = 60.0
Facts = dict[str, object]
Fact = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What takes part."""

    folder: Path
    broker: Server
    influx: Influxd
    outbox: Outbox
    lane: Lane
    parts: dict[str, int]
    """Process ids by name; the broker has another one after its return."""


async def measure(folder: Path, asked: argparse.Namespace) -> Facts:
    """Lose the broker, fill the outbox, get the broker back, and count."""
    async with standing(folder, asked) as post:
        kind = "in real time" if asked.real else "written at once"
        facts: Facts = {"outage": kind, "seconds": asked.seconds, "rate": asked.rate}
        facts |= await outage(post, asked)
        facts |= await back(post)
        return facts | await whole(post)


@asynccontextmanager
async def standing(folder: Path, asked: argparse.Namespace) -> AsyncIterator[Post]:
    """Broker, database, gateway, and an agent whose uplink has a link."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(mosquitto(folder / "mosquitto"))
        influx = stack.enter_context(Influxd(folder / "influx"))
        gateway = Program(folder, "gateway", "gateway", "--config", str(folder / "gateway.toml"))
        (folder / "gateway.toml").write_text(
            f'state_dir = "{folder}/gateway"\nposts = ["{POST}"]\n'
            f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n'
            f'[sinks.influx]\nkind = "influx1"\ndatabase = "{DATABASE}"\n'
            f'url = "{influx.url}"\n'
        )
        stack.callback(gateway.stop)
        gateway.start()
        while "the gateway hears" not in gateway.log.read_text():  # noqa: ASYNC110 - a process
            await asyncio.sleep(LOOK_S)
        dial = dialler(BrokerConfig(port=broker.port))
        state = StateDir(folder / "lane-1")
        state.path.mkdir()
        await enrol(
            AGENT, state, dial, code=make_code(folder / "gateway", AGENT, clock), clock=clock
        )
        opening = Outbox.open(
            state.outbox,
            source=AGENT,
            key=Key.load_or_make(state.key),
            clock=clock,
            limits=OutboxLimits(bytes_max=asked.bytes_max),
        )
        outbox = await stack.enter_async_context(opening)
        lane = Lane(outbox, asked.rate)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        gateway_key = bytes.fromhex(state.gateway.read_text().strip())
        await stack.enter_async_context(speaking(outbox, dial, gateway_key, clock))
        stack.callback(tasks.create_task(lane.hear(dial, GATEWAY), name="hear").cancel)
        is_absent = True
        while is_absent:
            await asyncio.sleep(LOOK_S)
            is_absent = await outbox.call(outbox.end.sender.is_absent, time.monotonic())
        parts = {"gateway": gateway.pid, "influxd": influx.pid, "agent and bench": os.getpid()}
        yield Post(
            folder=folder,
            broker=broker,
            influx=influx,
            outbox=outbox,
            lane=lane,
            parts=parts,
        )


async def outage(post: Post, asked: argparse.Namespace) -> Facts:
    """No broker, and the lane goes on."""
    lane, outbox = post.lane, post.outbox
    post.broker.kill()
    began = time.monotonic()
    if asked.real:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(lane.go_on()), tasks.create_task(lane.open_seals(TELL_S))]
            while (gone := time.monotonic() - began) < asked.seconds:
                await asyncio.sleep(min(TELL_S, asked.seconds - gone))
                left = await outbox.call(waiting, outbox.end)
                print(f"{gone:,.0f} s, {left:,} wait", file=sys.stderr, flush=True)
            for task in running:
                task.cancel()
    else:
        begin = datetime.now(UTC) - timedelta(seconds=asked.seconds)
        await lane.fill(begin, asked.seconds, seal_every_s=TELL_S)
    held = await outbox.call(outbox.end.queues)
    return {
        "readings of the outage": lane.readings,
        "seals of the outage": len(lane.said),
        "messages that wait": sum(queue.messages for queue in held),
        "dropped for want of room": outbox.end.shed,
        "outbox bytes": sum(queue.bytes for queue in held),
        "outbox bytes at most": asked.bytes_max,
        "outbox file bytes": size_of(post.folder),
        "outage took s": round(time.monotonic() - began, 1),
    }


async def back(post: Post) -> Facts:
    """The broker is back: everything goes out while more comes."""
    lane, old = post.lane, set(post.lane.said)
    await asyncio.to_thread(post.broker.start)
    usage = Usage(post.parts | {"mosquitto": post.broker.pid}, are_alone=True)
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(lane.go_on()), tasks.create_task(lane.open_seals())]
        moments = await watched(post, began, usage)
        for task in running:
            task.cancel()
        await asyncio.sleep(AFTER_S)
    told = [lane.said[seal] - began + lane.took_s.get(seal, math.inf) for seal in old]
    return {
        "first receipt after s": round(moments.heard_s, 1),
        "drained after s": round(moments.drained_s, 1),
        "in InfluxDB after s": round(moments.stored_s, 1),
        "cpu s": usage.taken_s(),
        "rss MiB": usage.rss_mib(),
        "alerts of the outage's seals after s": round(max(told, default=0.0), 1),
        **lane.facts(moments.said - old, began + moments.heard_s),
    }


class Moments(NamedTuple):
    """In seconds after the broker's return; infinite if it was not so within `GIVE_UP_S`."""

    heard_s: float
    drained_s: float
    stored_s: float
    said: set[str]
    """The seals up to when nothing of the hour waited for a receipt any more."""


async def watched(post: Post, began: float, usage: Usage) -> Moments:
    """When the first receipt came, all of the hour was receipted, and it was in InfluxDB."""
    outbox, end, path = post.outbox, post.outbox.end, post.folder

    async def reached(call: Callable[[Fact], Awaitable[bool]], fact: Fact) -> float:
        while (gone := time.monotonic() - began) < GIVE_UP_S:
            if await call(fact):
                return gone
            usage.look()
            await asyncio.sleep(LOOK_S)
        return math.inf

    before = await outbox.call(lambda: end.sender.position)
    heard_s = await reached(outbox.call, lambda: end.sender.position > before)
    # What goes on is no backlog.
    drained_s = await reached(outbox.call, lambda: waiting(end) <= int(2 / BATCH_S))
    said, (judged, _) = set(post.lane.said), kept(path)
    stored_s = await reached(asyncio.to_thread, lambda: kept(path)[1] >= judged)
    return Moments(heard_s, drained_s, stored_s, said)


async def whole(post: Post) -> Facts:
    """All that was said has arrived once, or was declared lost."""
    is_whole = False
    while not is_whole:
        await asyncio.sleep(LOOK_S)
        last, upto = await asyncio.to_thread(kept, post.folder)
        is_whole = upto >= last and not await post.outbox.call(waiting, post.outbox.end)
    stats = stats_of(post.folder / "gateway" / "journal.sqlite")
    question = 'SELECT COUNT("value") FROM "reading"'
    answer = await asyncio.to_thread(post.influx.ask, question, DATABASE)
    return {
        "readings said": post.lane.readings,
        "readings in InfluxDB": answer["results"][0]["series"][0]["values"][0][1],
        "dropped at the end": post.outbox.end.shed,
        "journal entries": stats.by_kind,
        "outbox file bytes at the end": size_of(post.folder),
        "load average": os.getloadavg()[0],
    }


def waiting(end: SourceEnd) -> int:
    """Messages without a receipt."""
    return sum(queue.messages for queue in end.queues())


def kept(folder: Path) -> tuple[int, int]:
    """The last entry with something for the database, and how far the database has come."""
    path = folder / "gateway" / "journal.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as at:
        (last,) = at.execute("SELECT max(position) FROM entry WHERE kind = 'kept'").fetchone()
        row = at.execute("SELECT position FROM cursor WHERE name = 'sink influx'").fetchone()
    return last or 0, row[0] if row else 0


def size_of(folder: Path) -> int:
    """Of the outbox's files."""
    return sum(path.stat().st_size for path in (folder / "lane-1").glob("outbox.sqlite*"))


def main(arguments: list[str]) -> int:
    """Measure; 0 if it was quick enough."""
    parser = asking("outage", __doc__)
    parser.add_argument("--seconds", type=int, default=OUTAGE_S, help="how long the broker is away")
    parser.add_argument("--rate", type=int, default=RATE, help="readings a second")
    parser.add_argument("--real", action="store_true", help="in real time: it takes as long")
    parser.add_argument("--bytes-max", type=int, default=OutboxLimits().bytes_max)
    asked = parser.parse_args(arguments)
    logs.set_up(level="error")
    folder = Path(tempfile.mkdtemp(prefix="greenlane-outage-"))
    try:
        facts = asyncio.run(measure(folder, asked))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(facts))
    drained, slowest = (facts[name] for name in ("drained after s", "seal to alert, max ms"))
    is_quick = float(str(drained)) < DRAIN_S_MAX
    is_prompt = slowest is not None and float(str(slowest)) < SEAL_S_MAX * 1e3
    is_whole = facts["readings said"] == facts["readings in InfluxDB"] or bool(
        facts["dropped at the end"]
    )
    is_good = is_quick and is_prompt and is_whole
    missing = "nothing is missing" if is_whole else "READINGS ARE MISSING"
    return verdict(
        f"drained {drained} s after the broker's return"
        f" (wanted: {DRAIN_S_MAX:g}), the slowest new seal took {slowest} ms"
        f" (wanted: {SEAL_S_MAX * 1e3:g}), {missing}",
        is_good=is_good,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

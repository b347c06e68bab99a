"""``scripts/bench journal``: how soon a gateway with ten million entries in its journal is ready.

    drafts ─▶ Journal.append ─▶ judge, snapshots, Merkle tree     (built here, the real parts)
    greenlane gateway ═▶ mosquitto                                (started, timed, killed, again)

Each start is timed from the process's first instruction to the moment it hears its broker; it was
killed before, so it judges what came after its last snapshot. ``cold``: the file was dropped from
the system's cache first.
"""

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil

from contract.clock import SystemClock
from contract.messages import (
    GENESIS,
    AgentAlive,
    EpochHeads,
    Identity,
    Reading,
    ReadingsTaken,
    Stamp,
    StreamHead,
    compose,
    read,
)
from contract.wire import hash_of
from gateway.assembly import Parts, assembled
from gateway.books.file import NAME, last_position, opened
from gateway.config import GatewayConfig
from gateway.entry import Draft, drafted
from greenlane import logs
from greenlane.exits import OUTSIDE
from scripts.benches.bench import asking, verdict
from tests.system.servers import mosquitto

BATCH: Final = 2_000
AHEAD_MAX: Final = 16_000
"""Entries that the judge may be behind: what is read from memory is read fast."""
UNSIGNED_MAX: Final = 60_000
"""Entries that the notary may be behind."""
ALIVE_EVERY: Final = 100
"""Messages of an agent between two signs of life."""
READY_S: Final = 10.0
READY: Final = "the gateway hears"
GIGABYTE: Final = 1_000_000_000
BYTES_OF_AN_ENTRY: Final = 1_000
"""With indexes and the Merkle tree; a little more than it is."""
START_S_MAX: Final = 1_800
SIG: Final = bytes(range(64))
"""A restart verifies no signatures of messages; these are none."""


class Agent:
    """One source that numbers readings, without its box."""

    def __init__(self, number: int) -> None:
        self.source: Final = f"/KEMBA/agent-{number}"
        self.epoch: Final = f"{number:016x}"
        self.last, self.head = 0, GENESIS
        at = datetime(2026, 11, 22, tzinfo=UTC)
        reading = Reading(
            device="cold-1", metric="temperature", value=4.25, unit="Cel", observed_at=at
        )
        self.message: Final = ReadingsTaken(readings=(reading,))
        self.at: Final = at
        stamp = Stamp(observed_at=at, boot_id="b" * 32, monotonic_ns=10**18, clock_error_ms=3)
        identity = Identity(self.source, "readings", self.epoch, 1_234_567_890)
        body = compose(
            self.message, source=self.source, stamp=stamp, identity=identity, previous="f" * 64
        )
        first, second = b"1234567890", b"f" * 64
        self._pieces: Final = re.split(b"(?:%b|%b)" % (first, second), body)

    def say(self) -> Draft:
        """The next message: only number and chain differ, as far as a journal is concerned."""
        self.last += 1
        a, b, c, d = self._pieces
        number = b"%010d" % self.last
        body = b"".join((a, str(self.last).encode(), b, number, c, self.head.encode(), d))
        previous, self.head = self.head, hash_of(body)
        return Draft(
            kind="kept",
            source=self.source,
            stream="readings",
            epoch=self.epoch,
            sequence=self.last,
            previous=previous,
            hash=self.head,
            type=ReadingsTaken.type,
            body=body,
            keyid="0" * 32,
            sig=SIG,
            observed_at=self.at,
            message=self.message,
        )

    def live(self, at: datetime) -> Draft:
        """A sign of life."""
        heads = (StreamHead(stream="readings", last=self.last, head=self.head),)
        message = AgentAlive(epochs=(EpochHeads(epoch=self.epoch, streams=heads),))
        stamp = Stamp(observed_at=at, boot_id="b" * 32, monotonic_ns=1, clock_error_ms=3)
        body = compose(message, source=self.source, stamp=stamp)
        return drafted(read(body), hash_=hash_of(body), body=body, keyid="0" * 32, sig=SIG)


async def build(config: GatewayConfig, entries: int, agents: int) -> dict[str, Any]:
    """Fill a journal through the gateway's own parts; what it took."""
    began, cpu = time.monotonic(), time.process_time()
    sources = [Agent(number) for number in range(agents)]
    async with assembled(config, SystemClock()) as parts, asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(parts.bench.run(parts.receipts), name="judge"),
            tasks.create_task(parts.notary.run(), name="notary"),
        ]
        turn = 0
        while parts.journal.position < entries:
            group = _group(sources, turn, parts)
            turn += 1
            await parts.journal.append(group)
            await _let_come_up(parts, AHEAD_MAX, UNSIGNED_MAX)
            if turn % 250 == 0:
                _progress(parts.journal.position, entries, began)
        await _let_come_up(parts, 0, 0)
        for task in running:
            task.cancel()
    file = config.folder / "journal.sqlite"
    return {
        "entries": entries,
        "agents": agents,
        "build_s": round(time.monotonic() - began),
        "build_cpu_s": round(time.process_time() - cpu),
        "journal_gb": round(file.stat().st_size / GIGABYTE, 2),
    }


def _group(sources: list[Agent], turn: int, parts: Parts) -> list[Draft]:
    """One agent after the other says a hundred messages and a sign of life."""
    group: list[Draft] = []
    while len(group) < BATCH:
        agent = sources[(turn * BATCH + len(group)) // (ALIVE_EVERY + 1) % len(sources)]
        group += [agent.say() for _ in range(ALIVE_EVERY)]
        group.append(agent.live(parts.journal.now() - timedelta(milliseconds=10)))
    return group


async def _let_come_up(parts: Parts, judge_max: int, notary_max: int) -> None:
    """Wait until judge and notary are behind by no more than this."""
    last, notary = parts.journal.position, parts.notary
    while True:
        signed = notary._edge.size  # noqa: SLF001 - the bench looks inside
        if last - parts.bench.state.position <= judge_max and last - signed <= notary_max:
            return
        await asyncio.sleep(0.01)


def _progress(position: int, entries: int, began: float) -> None:
    rate = position / (time.monotonic() - began)
    print(f"{position:,} of {entries:,} entries, {rate:,.0f}/s", file=sys.stderr, flush=True)


@contextmanager
def started(config: Path) -> Iterator[dict[str, Any]]:
    """The gateway as its own process, until it is ready; killed at the end."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "greenlane", "gateway", "--config", str(config)],
        stderr=subprocess.PIPE,
        text=True,
    )
    timer = threading.Timer(START_S_MAX, process.kill)
    timer.start()
    told: dict[str, Any] = {"judged_again": 0}
    try:
        assert process.stderr is not None  # noqa: S101 - we made it
        for line in process.stderr:
            if found := re.search(r"judged entries (\d+) to (\d+) of", line):
                told["judged_again"] = int(found[2]) - int(found[1]) + 1
            if READY in line:
                break
        else:
            raise SystemExit("the gateway ended before it was ready")
        told["ready_s"] = round(time.monotonic() - began, 2)
        memory = psutil.Process(process.pid).memory_info()
        told["rss_mb"] = round(memory.rss / 1e6)
        times = psutil.Process(process.pid).cpu_times()
        told["cpu_s"] = round(times.user + times.system, 2)
        yield told
    finally:
        timer.cancel()
        process.kill()
        process.wait()


def stands(state: Path) -> dict[str, int]:
    """How much there is to start on, and how much of it came after the last snapshot."""
    with opened(state / NAME) as at:
        last = last_position(at)
        (snapshot,) = at.execute("SELECT coalesce(max(position), 0) FROM snapshot").fetchone()
    size = (state / NAME).stat().st_size
    return {"entries": last, "after_snapshot": last - snapshot, "bytes": size}


def drop_cache(folder: Path) -> None:
    """Let the system forget the files, as after a power cut."""
    os.sync()
    for path in folder.glob("journal.sqlite*"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> int:
    """Build, start again and again, and print what it took."""
    parser = asking("journal", __doc__)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--starts", type=int, default=3, help="warm ones, and as many cold ones")
    parser.add_argument("--state", type=Path, help="keep the journal here, or take what is here")
    asked = parser.parse_args()
    logs.set_up(level="error")
    with tempfile.TemporaryDirectory(prefix="greenlane-journal-") as scratch:
        state = asked.state or Path(scratch) / "gateway"
        state.parent.mkdir(parents=True, exist_ok=True)
        wanted = asked.entries * BYTES_OF_AN_ENTRY * 11 // 10
        is_built = (state / "journal.sqlite").exists()
        if not is_built and shutil.disk_usage(state.parent).free < wanted:
            print(f"needs {wanted / GIGABYTE:.0f} GB of disk at {state.parent}", file=sys.stderr)
            return OUTSIDE
        config = GatewayConfig(state_dir=str(state), posts=("KEMBA",), checkpoint_s=1)
        if not is_built:
            print(json.dumps(asyncio.run(build(config, asked.entries, asked.agents))), flush=True)
        return starts(state, Path(scratch), asked.starts)


def starts(state: Path, scratch: Path, count: int) -> int:
    """Start it so often, warm and cold; 0 if the median is good."""
    warm: list[float] = []
    print(json.dumps(stands(state)), flush=True)
    with mosquitto(scratch) as broker:
        config = scratch / "gateway.toml"
        config.write_text(
            f'state_dir = "{state}"\nposts = ["KEMBA"]\n[broker]\nport = {broker.port}\n'
        )
        for is_cold in (*[False] * count, *[True] * count):
            if is_cold:
                drop_cache(state)
            load = os.getloadavg()[0]
            with started(config) as told:
                print(json.dumps({**told, "cold": is_cold, "load": round(load, 1)}), flush=True)
            warm += [] if is_cold else [told["ready_s"]]
    median = statistics.median(warm)
    return verdict(
        f"ready after {median:.1f} s (median of the warm starts; wanted: {READY_S:g})",
        is_good=median <= READY_S,
    )


if __name__ == "__main__":
    sys.exit(main())

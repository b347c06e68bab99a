"""A post of real processes that die at random moments, chosen by a seed; then its books.

    Modbus sensor ─┐                                      ┌─▶ InfluxDB
    seal reader ───┴▶ greenlane edge ═▶ mosquitto ═▶ greenlane gateway ═▶ greenlane command-center

A power cut is what a kill leaves, without what was written after the last fsync: the process is
stopped, every SQLite log is cut behind its last commit (SQLite fsyncs there and nowhere else,
`synchronous=FULL`), the process is killed, and begins again from these files.
"""

import os
import random
import shutil
import signal
import sqlite3
import struct
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from anyio.from_thread import start_blocking_portal

from contract.identifiers import SealId
from contract.messages import SealRead, read
from edge.drivers.seal_lines import SealLine, line_of
from simulators.seal_reader import SealReaderServer
from tests.system.line import Line
from tests.system.programs import Program, until
from tests.system.sensor import LANE, Sensor, caught_up, closed_books, sensor_at

POLLS_PER_S: Final = 10
KILLS: Final = (4, 8)
"""So many deaths in one run, from and to."""
DOWN_S: Final = (0.0, 0.0, 0.5, 3.0)
BETWEEN_S_MAX: Final = 4.0
WAL_HEADER: Final = 32
FRAME_HEADER: Final = 24
WHO: Final = (
    *("edge", "edge: power cut", "gateway", "gateway: power cut", "broker", "broker forgets"),
    *("database", "command center"),
)


class Mortal(Protocol):
    """What can be killed and started."""

    def kill(self) -> None:
        """At once."""

    def start(self) -> None:
        """Again."""


@dataclass(kw_only=True)
class Outcome:
    """What came of a seed."""

    seed: int
    deaths: list[str] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    polls: int = 0
    kept: int = 0
    points: int = 0
    seals_said: int = 0
    seals_kept: int = 0
    alerts: int = 0
    took_s: float = 0.0


def run(seed: int) -> Outcome:
    """Run a seed."""
    outcome = Outcome(seed=seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="greenlane-real-") as folder:
        try:
            _run(random.Random(f"real {seed}"), Path(folder), outcome)  # noqa: S311 - a story
        except BaseException as error:  # pytest's failures are no `Exception`
            if isinstance(error, KeyboardInterrupt):
                raise
            outcome.wrongs.append(f"the run itself: {error!r}"[:2_000])
    outcome.took_s = round(time.monotonic() - began, 1)
    return outcome


def _run(rng: random.Random, folder: Path, outcome: Outcome) -> None:
    sensor, reader = Sensor(), SealReaderServer(list, beat_s=0.2)
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        wire = stack.enter_context(ExitStack())
        modbus = wire.enter_context(portal.wrap_async_context_manager(sensor.serving()))
        seals = stack.enter_context(portal.wrap_async_context_manager(reader.serving()))
        line = stack.enter_context(Line(folder, _devices(modbus, seals)).running())
        until(lambda: len(line.points("counter")) > POLLS_PER_S, line.agent.log.read_text)
        for _ in range(rng.randint(*KILLS)):
            _say_seals(rng, portal, reader, outcome)
            time.sleep(rng.random() * BETWEEN_S_MAX)
            _die(rng.choice(WHO), line, rng, outcome)
        until(lambda: reader._writers)
        _say_seals(rng, portal, reader, outcome)
        caught_up(line, sensor.count)
        sensor.is_frozen = True
        outcome.polls = sensor.count
        wire.close()  # nothing more is said
        _close(line, folder / "gateway" / "journal.sqlite", outcome)


def _devices(modbus: int, seals: int) -> str:
    return sensor_at(modbus, POLLS_PER_S) + (
        f'[[device]]\nfamily = "seal_reader"\ndevice = "seal-reader"\n'
        f'host = "127.0.0.1"\nport = {seals}\n'
    )


def _say_seals(rng: random.Random, portal: Any, reader: SealReaderServer, outcome: Outcome) -> None:
    for _ in range(rng.randrange(3)):
        outcome.seals_said += 1
        seal = SealLine(
            seal=SealId(f"HLX{outcome.seals_said:03d}"),
            state="opened",
            container="",
            battery_percent=81,
            opened_at=datetime.now(UTC).replace(microsecond=0),
        )
        portal.call(reader.say, line_of(seal))


def _die(who: str, line: Line, rng: random.Random, outcome: Outcome) -> None:
    down_s = rng.choice(DOWN_S) * rng.random()
    outcome.deaths.append(f"{who} for {down_s:.1f} s")
    programs: dict[str, Program] = {"edge": line.agent, "gateway": line.gateway}
    name, _, how = who.partition(": ")
    if how:
        state = line.directory / ("lane-1" if name == "edge" else "gateway")
        _cut_power(programs[name], state)
        time.sleep(down_s)
        programs[name].start()
        return
    mortals: dict[str, Mortal] = {
        "edge": line.agent,
        "gateway": line.gateway,
        "command center": line.command_center,
        "broker": line.broker,
        "broker forgets": line.broker,
        "database": line.influx,
    }
    mortal = mortals[who]
    mortal.kill()
    if who == "broker forgets":
        for path in (line.directory / "mosquitto").glob("*.db"):
            path.unlink()
    time.sleep(down_s)
    mortal.start()


def _cut_power(program: Program, state: Path) -> None:
    """Leave what was fsynced, and nothing else."""
    os.kill(program.pid, signal.SIGSTOP)
    after = state.with_name(state.name + ".after")
    shutil.copytree(state, after, ignore=shutil.ignore_patterns("*-shm", "lock", "*.new"))
    program.kill()
    for wal in after.rglob("*.sqlite-wal"):
        os.truncate(wal, committed_bytes(wal.read_bytes()))
    shutil.rmtree(state)
    after.rename(state)


def committed_bytes(wal: bytes) -> int:
    """Where the last commit of a SQLite log ends (sqlite.org/fileformat2.html, section 4)."""
    if len(wal) < WAL_HEADER:
        return 0
    (page,) = struct.unpack_from(">I", wal, 8)
    salts = wal[16:24]
    end = at = WAL_HEADER
    while at + FRAME_HEADER + page <= len(wal) and wal[at + 8 : at + 16] == salts:
        (is_commit,) = struct.unpack_from(">I", wal, at + 4)
        at += FRAME_HEADER + page
        end = at if is_commit else end
    return end


# --- the books ------------------------------------------------------------------------------------


def _close(line: Line, journal: Path, outcome: Outcome) -> None:
    points, kept = closed_books(line, journal)
    outcome.points, outcome.kept = len(points), len(kept)
    if Counter(points) != Counter(kept):
        outcome.wrongs.append(f"{len(points)} points, {len(kept)} readings kept: not the same")
    twice = {n for n, times in Counter(points).items() if times > 1} - {outcome.polls}
    if twice:
        outcome.wrongs.append(f"readings {sorted(twice)[:5]} are doubled")
    _check_seals(line, journal, outcome)


def _check_seals(line: Line, journal: Path, outcome: Outcome) -> None:
    """Each seal has its alert, once; a command center that was killed last may have to catch up."""
    seals = [m.seal for m in _messages(journal, "events") if isinstance(m, SealRead)]

    def subjects() -> Counter[str]:
        alerts = [one for one in line.board()["alerts"] if one["rule"] == "seal_opened"]
        return Counter(one["subject"] for one in alerts)

    until(
        lambda: set(subjects()) == set(seals),
        lambda: f"seals kept {sorted(set(seals))}, alerts {sorted(subjects())}",
    )
    told = subjects()
    outcome.seals_kept, outcome.alerts = len(seals), told.total()
    if any(times > 1 for times in told.values()):
        outcome.wrongs.append(f"alerts are doubled: {told}")


def _messages(journal: Path, stream: str) -> list[Any]:
    """What was kept of a stream, in the order of its arrival."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as at:
        rows = at.execute(
            "SELECT body FROM entry WHERE stream = ? AND source = ?"
            " AND kind = 'kept' ORDER BY position",
            (stream, LANE),
        ).fetchall()
    return [read(body).message() for (body,) in rows]

"""Runs one seed: the plan, its world, the books. The same seed does the same again."""

import asyncio
import gc
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.books import Books, opened
from tests.faults.disk import FateLoop
from tests.faults.evidence import evident
from tests.faults.invariants import wrongs
from tests.faults.plan import Plan
from tests.faults.seeds import plan
from tests.faults.story import tell
from tests.faults.world import World

FOLDER: Final = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108 - fsync is free there
RUN_S_MAX: Final = 3_000.0
"""Virtual seconds of one run."""


@dataclass(kw_only=True)
class Outcome:
    """What came of a seed."""

    plan: Plan
    wrongs: list[str]
    said: int = 0
    kept: int = 0
    lost: int = 0
    points: int = 0
    alerts: int = 0
    late: int = 0
    compared: int = 0
    """Alerts that were compared with those of the same day without faults."""
    settled_s: float = 0.0
    took_s: float = 0.0
    packets: dict[str, int] = field(default_factory=dict)


def run(seed: int) -> Outcome:
    """Run a seed, and if nothing was late or lost, the same day without faults beside it."""
    began = time.monotonic()
    chosen = plan(seed)
    world, books, bad = _run(chosen)
    outcome = Outcome(plan=chosen, wrongs=bad)
    if books is None:
        return outcome
    if chosen.kind == "gentle" and not books.lost:
        mine = evident(books)
        _, calm, worse = _run(chosen.without_faults())
        outcome.wrongs += [f"without faults: {wrong}" for wrong in worse]
        expected = evident(calm) if calm else mine
        for stream in sorted((mine.keys() | expected.keys()) - books.late):
            outcome.compared += len(expected.get(stream, ()))
            if differ := mine.get(stream, set()) ^ expected.get(stream, set()):
                outcome.wrongs.append(f"{stream}: alerts differ without faults: {differ}")
    outcome.said = len(world.said)
    outcome.kept = len(books.kept)
    outcome.lost = sum(
        ledger.lost.size
        for mine_ in books.ledger.sources.values()
        for streams in mine_.epochs.values()
        for ledger in streams.values()
    )
    outcome.points, outcome.alerts = len(world.database.points), len(books.alerts)
    outcome.late, outcome.settled_s = len(books.late), world.settled_s
    outcome.packets = dict(world.network.tally)
    outcome.took_s = time.monotonic() - began
    return outcome


def _run(chosen: Plan) -> tuple[World, Books | None, list[str]]:
    with tempfile.TemporaryDirectory(prefix="greenlane-faults-", dir=FOLDER) as folder:
        world = World(chosen, Path(folder))

        async def main() -> None:
            async with asyncio.timeout(RUN_S_MAX):
                await tell(world)

        try:
            with asyncio.Runner(loop_factory=FateLoop) as runner:
                runner.run(main())
            books = opened(world.journal)
            return world, books, list(wrongs(world, books))
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this seed
            return world, None, [*world.crashes, f"the run itself: {error!r}"]
        finally:
            gc.collect()

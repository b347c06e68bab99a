"""A sink gets every reading once, whatever happens to it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from contract.link import Unavailable
from gateway.journal.store import PATIENCE_S
from gateway.timeseries.pump import GATHER_S, pump
from gateway.timeseries.sink import PointsRejected, Refusal, TimePoint
from tests.gateway.timeseries.journals import journal_in, say
from tests.support.virtual import VirtualClock, run_virtually


class Memory:
    """A sink that keeps points in a set, and is away when told to be."""

    def __init__(self) -> None:
        self.points: dict[tuple[int, int], float | None] = {}
        self.is_away = False
        self.refused: set[float] = set()
        self.tries = 0

    async def write(self, points: Sequence[TimePoint]) -> None:
        """See `gateway.timeseries.sink.Sink`."""
        self.tries += 1
        if self.is_away:
            raise Unavailable("away")
        bad = [Refusal(point, "no") for point in points if point.value in self.refused]
        for point in points:
            if point.value not in self.refused:
                self.points[point.sequence, point.item] = point.value
        if bad:
            raise PointsRejected(bad)


def test_a_sink_that_is_away_gets_its_backlog_from_its_own_cursor(tmp_path: Path) -> None:
    """Nothing is lost while it is away, and a restart begins where it was."""

    async def main() -> None:
        sink = Memory()
        async with journal_in(tmp_path / "j") as journal:
            pumping = asyncio.ensure_future(pump("a", sink, journal, VirtualClock()))
            await say(journal, 1, 10)
            await asyncio.sleep(2)
            assert len(sink.points) == 20
            sink.is_away = True
            await say(journal, 11, 1_500)
            await asyncio.sleep(100)
            assert len(sink.points) == 20
            assert sink.tries < 20
            sink.is_away = False
            await asyncio.sleep(100)
            assert len(sink.points) == 3_000
            pumping.cancel()
        sink.points.clear()
        async with journal_in(tmp_path / "j") as journal:
            pumping = asyncio.ensure_future(pump("a", sink, journal, VirtualClock()))
            await say(journal, 1_501, 1_501)
            await asyncio.sleep(2)
            assert sorted(sink.points) == [(1_501, 0), (1_501, 1)]
            pumping.cancel()

    run_virtually(main())


def test_the_cursor_follows_what_is_written(tmp_path: Path) -> None:
    """Never ahead of it: who ends while the database is away begins with what it has not got."""

    async def main() -> None:
        sink = Memory()
        sink.is_away = True
        async with journal_in(tmp_path / "j") as journal:
            pumping = asyncio.ensure_future(pump("a", sink, journal, VirtualClock()))
            await say(journal, 1, 10)
            await asyncio.sleep(10)
            assert sink.tries
            assert await journal.cursor("sink a") == 0
            pumping.cancel()

    run_virtually(main())


def test_a_point_that_is_refused_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """It stays in the journal, and is logged."""

    async def main() -> None:
        sink = Memory()
        sink.refused = {5.0}
        async with journal_in(tmp_path / "j") as journal:
            pumping = asyncio.ensure_future(pump("a", sink, journal, VirtualClock()))
            await say(journal, 1, 10)
            await asyncio.sleep(2)
            assert len(sink.points) == 19
            assert await journal.cursor("sink a") == 10
            pumping.cancel()

    run_virtually(main())


def test_the_journal_is_read_on_while_the_store_still_writes(tmp_path: Path) -> None:
    """What came during a slow write is ready when it is done: nothing is gathered for it first."""

    class Slow(Memory):
        """Takes a minute for its first write."""

        async def write(self, points: Sequence[TimePoint]) -> None:
            if not self.tries:
                await asyncio.sleep(60)
            await super().write(points)

    async def main() -> None:
        sink = Slow()
        async with journal_in(tmp_path / "j") as journal:
            pumping = asyncio.ensure_future(pump("a", sink, journal, VirtualClock()))
            began = asyncio.get_running_loop().time()
            await say(journal, 1, 1)
            await asyncio.sleep(10)
            await say(journal, 2, 2)
            while len(sink.points) < 4:
                await asyncio.sleep(0.01)
            took_s = asyncio.get_running_loop().time() - began
            assert took_s < 60 + GATHER_S + PATIENCE_S + 0.1
            pumping.cancel()

    run_virtually(main())

"""Brings the journal to a sink, from the sink's own cursor; live alerts never wait for one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from contract.clock import Clock
from contract.link import Unavailable
from gateway.entry import Entry
from gateway.journal.journal import READ_MAX, Journal
from gateway.timeseries.points import points_of
from gateway.timeseries.sink import BATCH_POINTS, PointsRejected, Sink, TimePoint

BREATH_POINTS: Final = 2_000
"""After making so many points, whoever else waits for the loop gets his turn."""
GATHER_S: Final = 0.5
"""With fewer points than a full batch, more are waited for so long."""
WAITING_MAX: Final = 1
"""Batches that wait for the one that is being written."""
RETRY_S_FIRST: Final = 0.5
RETRY_S_MAX: Final = 30.0
T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


Gathered = tuple[list[TimePoint], int]
"""Points, and up to which entry of the journal they are."""


async def pump(name: str, sink: Sink, journal: Journal, clock: Clock) -> None:
    """Write every reading, seal and scan of the journal to the sink, until cancelled."""
    cursor = f"sink {name}"
    after = await _patiently(lambda: journal.cursor(cursor), name, clock)
    _log.info("sink %s goes on after entry %d", name, after)
    waiting: asyncio.Queue[Gathered] = asyncio.Queue(WAITING_MAX)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_read(journal, after, clock, waiting), name=f"sink {name} reads")
        while True:
            points, upto = await waiting.get()
            for start in range(0, len(points), BATCH_POINTS):
                batch = points[start : start + BATCH_POINTS]
                await _patiently(partial(_write, name, sink, batch), name, clock)
            await _patiently(partial(journal.advance, cursor, upto), name, clock)


async def _read(
    journal: Journal, after: int, clock: Clock, waiting: asyncio.Queue[Gathered]
) -> None:
    """Gather while the store still writes: what is read soon is read from memory."""
    while True:
        await journal.past(after)
        gathered = await _gather(journal, after, clock)
        await waiting.put(gathered)
        after = gathered[1]


async def _gather(journal: Journal, after: int, clock: Clock) -> Gathered:
    """Enough points for a batch, or what came in a short time; and up to where that is.

    Points are made as entries come: what was just said is still in the processor's cache.
    """
    points: list[TimePoint] = []
    until_ns = clock.monotonic_ns() + int(GATHER_S * 1e9)
    while len(points) < BATCH_POINTS and await _comes(journal, after, until_ns, clock):
        entries = await _patiently(partial(journal.read, after, READ_MAX), "journal", clock)
        breath = len(points)
        for entry in entries:
            points += _points(entry)
            if len(points) >= breath + BREATH_POINTS:
                breath = len(points)
                await asyncio.sleep(0)
        after = entries[-1].position
    return points, after


async def _comes(journal: Journal, after: int, until_ns: int, clock: Clock) -> bool:
    """Whether there is an entry past this one before that moment."""
    if journal.position > after:
        return True
    try:
        async with asyncio.timeout((until_ns - clock.monotonic_ns()) / 1e9):
            await journal.past(after)
    except TimeoutError:
        return False
    return True


def _points(entry: Entry) -> Sequence[TimePoint]:
    identity = entry.identity
    if entry.kind not in ("kept", "foreign") or identity is None or entry.message is None:
        return ()
    return points_of(identity, entry.observed_at or entry.received_at, entry.message)


async def _write(name: str, sink: Sink, batch: Sequence[TimePoint]) -> None:
    try:
        await sink.write(batch)
    except PointsRejected as error:
        # They stay in the journal, so nothing is lost; the store will never take them.
        for refusal in error.refusals[:10]:
            _log.error("sink %s refuses %s: %s", name, refusal.point, refusal.reason)


async def _patiently(work: Callable[[], Awaitable[T]], name: str, clock: Clock) -> T:
    """The result of this work, however often it has to be tried."""
    wait = RETRY_S_FIRST
    while True:
        try:
            result = await work()
        except Unavailable as error:
            level = logging.WARNING if wait == RETRY_S_FIRST else logging.DEBUG
            _log.log(level, "sink %s waits: %s", name, error)
            await clock.sleep(wait)
            wait = min(wait * 2, RETRY_S_MAX)
            continue
        if wait > RETRY_S_FIRST:
            _log.info("sink %s goes on", name)
        return result

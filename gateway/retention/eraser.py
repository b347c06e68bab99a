"""Erases the bodies of old entries in small steps, far from the line, and leaves all else of them.

    declare (an entry of our own) ─▶ erase step by step, each with its cursor ─▶ an hour's rest

Declared first: a crash in between leaves nothing erased that was not said to be. Never past what
the judge's snapshots, the judge or a sink still need.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from contract.clock import Clock
from contract.link import Unavailable
from contract.messages import BodiesErased, RetentionClass
from gateway.instant import microseconds
from gateway.journal.blobs import Blobs
from gateway.journal.journal import Journal, read_cursor, write_cursor
from gateway.journal.store import Store
from gateway.judging import resting, snapshots
from gateway.judging.changes import CURSOR
from gateway.retention import pictures
from gateway.retention.lasting import BY_TYPE, CLASSES, ERASABLE, FOR_EVER, Retention
from gateway.voice import Voice

EVERY_S: Final = 3_600.0
FIRST_S: Final = 60.0
"""After a start: let the line come up first."""
STEP_ENTRIES: Final = 500
"""Positions that one write looks at."""
REST_S: Final = 0.05
"""Between two steps, for everybody else who wants to write."""
_log: Final = logging.getLogger(__name__)

_ERASABLE: Final = "kind IN ({kinds}) AND type NOT IN ({for_ever}) AND type NOT LIKE 'key.%'"
_IN_RANGE: Final = """
SELECT position FROM entry WHERE position > :after AND position <= :upto AND length(body) > 0
  AND {erasable} AND {types}
  AND position NOT IN (SELECT position FROM rests_on WHERE position > :after AND position <= :upto)
"""
_RESTED_ON: Final = """
SELECT DISTINCT one.position FROM rests_on AS one JOIN entry USING (position)
WHERE one.position > :after AND one.position <= :upto AND {erasable} AND NOT EXISTS (
    SELECT 1 FROM rests_on AS other JOIN latest ON thing = 'alert ' || other.alert AND weight = 3
    WHERE other.position = one.position)
ORDER BY one.position LIMIT :limit
"""


class Eraser:
    """The one who erases."""

    def __init__(
        self,
        retention: Retention,
        store: Store,
        journal: Journal,
        *,
        blobs: Blobs,
        voice: Voice,
        clock: Clock,
        sinks: Sequence[str] = (),
    ) -> None:
        self._retention: Final = retention
        self._store: Final = store
        self._journal: Final = journal
        self._blobs: Final = blobs
        self._voice: Final = voice
        self._clock: Final = clock
        self._sinks: Final = tuple(sinks)
        for one in CLASSES:
            retention.lasting(one)  # a mistake shows at the start

    async def run(self) -> None:
        """Erase what is due, now and then, until cancelled."""
        await self._clock.sleep(FIRST_S)
        while True:
            try:
                await self.keep_house()
            except Unavailable as error:
                _log.warning("retention waits: %s", error)
            await self._clock.sleep(EVERY_S)

    async def keep_house(self) -> None:
        """Erase what is due; raises `Unavailable`."""
        due = {one: lasting for one in CLASSES if (lasting := self._retention.lasting(one))}
        if not due:
            return
        await self._store.write(resting.fill)
        await self._list_pictures()
        for retention, lasting in due.items():
            await self._erase(retention, lasting)

    async def _erase(self, retention: RetentionClass, lasting: timedelta) -> None:
        before = self._journal.now() - lasting
        upto = await self._store.read(lambda at: self._due(at, before))
        cursor = f"retention {retention}"
        after = await self._journal.cursor(cursor)
        if upto > after:
            told = BodiesErased(retention=retention, upto=upto, received_before=before)
            await self._journal.append([self._voice.say(told)])
        erased = 0
        while after < upto:
            step = min(after + STEP_ENTRIES, upto)
            erased += await self._step(retention, cursor, after, step)
            after = step
        if retention == "evidence":
            erased += await self._erase_rested_on(upto)
        if erased:
            _log.info("%d bodies (%s) up to entry %d are erased", erased, retention, upto)

    async def _step(self, retention: RetentionClass, cursor: str, after: int, upto: int) -> int:
        query = _query(retention)
        names = {"after": after, "upto": upto}
        positions = await self._store.read(lambda at: _positions(at, query, names))
        return await self._empty(positions, cursor, upto)

    async def _erase_rested_on(self, upto: int) -> int:
        """What alerts rest on; looked at anew each time, for alerts are closed in any order."""
        after = erased = 0
        while True:
            names = {"after": after, "upto": upto, "limit": STEP_ENTRIES}
            query = _RESTED_ON.format(erasable=_erasable())
            positions = await self._store.read(partial(_positions, query=query, names=names))
            if not positions:
                return erased
            after = positions[-1]
            erased += await self._empty(positions)

    async def _empty(self, positions: list[int], cursor: str = "", upto: int = 0) -> int:
        """Pictures first: if it ends in between, what is gone is known by its scan's body."""
        shown = await self._store.read(lambda at: pictures.orphaned(at, positions))
        for sha256 in shown:
            await asyncio.to_thread(self._blobs.erase, sha256)
        count = await self._store.write(lambda at: _emptied(at, positions, cursor, upto))
        await self._clock.sleep(REST_S)
        return count

    async def _list_pictures(self) -> None:
        """Which scans show which picture, up to now."""
        while await self._store.write(pictures.list_some):
            await self._clock.sleep(REST_S)

    def _due(self, at: sqlite3.Connection, before: datetime) -> int:
        """The last position that is old enough, and that nobody needs."""
        needed = [read_cursor(at, f"sink {name}") for name in self._sinks]
        needed += [read_cursor(at, CURSOR), snapshots.covered(at)]
        return min(_last_before(at, microseconds(before)), *needed)


def _positions(at: sqlite3.Connection, query: str, names: Mapping[str, int]) -> list[int]:
    return [position for (position,) in at.execute(query, names)]


def _query(retention: RetentionClass) -> str:
    named = [type_ for type_, one in BY_TYPE.items() if one == retention]
    types = f"type IN ({_quoted(named)})"
    if retention == "events":
        types = f"type NOT IN ({_quoted(BY_TYPE)})"
    return _IN_RANGE.format(erasable=_erasable(), types=types)


def _erasable() -> str:
    """What is not for ever, whatever rests on it."""
    return _ERASABLE.format(kinds=_quoted(ERASABLE), for_ever=_quoted(FOR_EVER))


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _last_before(at: sqlite3.Connection, us: int) -> int:
    """Times never go back in the journal, so halves will do."""
    (high,) = at.execute("SELECT coalesce(max(position), 0) FROM entry").fetchone()
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        (received,) = at.execute(
            "SELECT received_us FROM entry WHERE position = ?", (middle,)
        ).fetchone()
        low, high = (middle, high) if received < us else (low, middle - 1)
    return low


def _emptied(at: sqlite3.Connection, positions: list[int], cursor: str, upto: int) -> int:
    at.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten, not only let go
    rows = [(position,) for position in positions]
    count = at.executemany(
        "UPDATE entry SET body = x'' WHERE position = ? AND length(body) > 0", rows
    ).rowcount
    pictures.forget(at, rows)
    if cursor:
        write_cursor(at, cursor, upto)
    return max(0, count)

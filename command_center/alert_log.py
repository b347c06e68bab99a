"""What alert subscribers are told, durable and in order: every change of an alert, bounded.

    follower ─▶ took, renewing ─▶ flush (on disk, then told) ─▶ streams and webhooks read on
                                  (at once while somebody waits)

It is written before the board's head moves on disk: after a crash the gateway is asked again from
the older head, and what is here already is known by its (epoch, number). Readers pull, each at
its own pace from its own position: none of them can delay another, or make anything grow.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Self

from command_center import alert_rows as rows
from command_center.alert_rows import TAIL_MAX, Entry, Pruned, Renewal
from command_center.change import Change
from command_center.cursor import Cursor
from command_center.database import Database
from command_center.posts import EVERY, Posts
from contract.link import Unavailable
from contract.messages import AlertChanged

KEPT_MAX: Final = 50_000
"""Changes that are kept; a cursor before them is answered by a reset."""
GATHER_S: Final = 1.0
"""While nobody waits, what comes is gathered for so long: one fsync for all of it."""
RETRY_S: Final = 1.0
BUFFER_MAX: Final = 20_000
"""Changes that wait while the disk fails; then they are dropped, and a gap says so."""

_log: Final = logging.getLogger(__name__)


class AlertLog:
    """The changes that are kept, from `first` to `last` position."""

    def __init__(self, database: Database, *, kept_max: int = KEPT_MAX) -> None:
        self._database: Final = database
        self._kept_max: Final = kept_max
        self.first = 1
        self.last = 0
        self.cursor = Cursor("", 0)
        """Up to here everything is on disk."""
        self.is_ended = False
        self._taken = self.cursor
        self._old = Cursor("", 0)
        self._buffer: list[Change | Renewal] = []
        self._tail: list[Entry] = []
        self._moved = asyncio.Event()
        self._waiting = 0
        self._hurry: Final = asyncio.Event()
        self._new: Final = asyncio.Event()
        self._flushing: Final = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, head: Cursor, kept_max: int = KEPT_MAX
    ) -> AsyncIterator[Self]:
        """Open or make the file; ``head`` is the board's, as it was stored."""
        async with Database.open(path, rows.MIGRATIONS) as database:
            log = cls(database, kept_max=kept_max)
            log.first, log.last, newest = await database.do(rows.bounds)
            is_newer = head.epoch and (
                newest is None or (newest.epoch == head.epoch and newest.number < head.number)
            )
            log.cursor = log._taken = head if newest is None or is_newer else newest
            yield log

    def took(self, change: Change) -> None:
        """The board took a change."""
        if isinstance(change.message, AlertChanged) and not self._is_old(change):
            if len(self._buffer) >= BUFFER_MAX:
                _log.error("alerts: %d changes could not be stored and are dropped", BUFFER_MAX)
                self._buffer = [Renewal(self._taken, self.cursor)]
            self._buffer.append(change)
        if change.epoch != self._taken.epoch or change.number > self._taken.number:
            self._taken = Cursor(change.epoch, change.number)
        self._new.set()

    def renewing(self, upto: Cursor) -> None:
        """The gateway tells everything anew, up to this: its changes follow."""
        former = self._taken
        self._buffer.append(Renewal(upto, former))
        # Of these a snapshot tells again what was told already.
        self._old = former if upto.number >= former.number else Cursor("", 0)
        self._taken = upto
        self._new.set()

    async def run(self) -> None:
        """Flush what is taken, until cancelled."""
        is_failing = False
        while True:
            await self._new.wait()
            await self._gather()
            self._new.clear()
            try:
                await self.flush()
                is_failing = False
            except Unavailable as error:
                _log.log(logging.DEBUG if is_failing else logging.WARNING, "alerts: %s", error)
                is_failing = True
                self._new.set()
                await asyncio.sleep(RETRY_S)

    async def flush(self) -> None:
        """Make durable what was taken, then wake who waits; raises `Unavailable`."""
        async with self._flushing:
            await self._flush()

    async def _flush(self) -> None:
        taken, last = self._taken, self.last
        if self._buffer:
            await self._write()
        self.cursor = taken
        if self.last > last:
            self._wake()

    async def _write(self) -> None:
        buffer, self._buffer = self._buffer, []
        last, kept_max = self.last, self._kept_max

        def work(connection: sqlite3.Connection) -> tuple[bool, tuple[int, int, list[Entry]]]:
            is_rewritten = sum(rows.write(connection, one) for one in buffer) > 0
            return is_rewritten, rows.tidied(connection, last, kept_max)

        try:
            # What an interrupted flush wrote is read back here as well.
            is_rewritten, (self.first, self.last, new) = await self._database.do(work)
        except (Unavailable, asyncio.CancelledError):
            self._buffer = buffer + self._buffer
            raise
        self._keep(new, is_rewritten=is_rewritten)

    async def find(self, cursor: Cursor) -> int:
        """The position after which to read on; raises `Pruned`."""
        return await self._database.do(lambda connection: rows.found(connection, cursor))

    async def after(self, position: int, posts: Posts, limit: int) -> tuple[list[Entry], int]:
        """At most ``limit`` entries after this one that ``posts`` cover, and how far that reaches.

        Raises `Pruned` if some of them are kept no longer.
        """
        if position < self.first - 1:
            raise Pruned
        last = self.last
        if position >= last:
            return [], last
        if self._tail and position >= self._tail[0].position - 1:
            skipped = position + 1 - self._tail[0].position
            found = [entry for entry in self._tail[skipped:] if _is_for(posts, entry)][:limit]
        else:
            found = await self._database.do(
                lambda connection: rows.read(connection, position, posts, limit)
            )
        # The disk may have been written to since: what was read already is not told again.
        reached = found[-1].position if found else 0
        return found, reached if len(found) == limit else max(last, reached)

    async def waiting(self, position: int, posts: Posts) -> tuple[int, bytes]:
        """How many changes after this one there are for ``posts``, and the first of them."""
        return await self._database.do(lambda connection: rows.counted(connection, position, posts))

    async def moved(self, position: int) -> None:
        """Wait until there is something after this position, or the end."""
        while position >= self.last and not self.is_ended:
            self._waiting += 1
            self._hurry.set()
            try:
                await self._moved.wait()
            finally:
                self._waiting -= 1
                if not self._waiting:
                    self._hurry.clear()

    def end(self) -> None:
        """The server ends: nobody waits any longer."""
        self.is_ended = True
        self._wake()

    async def _gather(self) -> None:
        try:
            async with asyncio.timeout(GATHER_S):
                await self._hurry.wait()
        except TimeoutError:
            return

    def _keep(self, new: list[Entry], *, is_rewritten: bool) -> None:
        """Hold the newest in memory."""
        tail = self._tail
        if is_rewritten:
            tail.clear()
        tail += new
        pruned = self.first - tail[0].position if tail else 0
        del tail[: max(pruned, len(tail) - TAIL_MAX, 0)]

    def _is_old(self, change: Change) -> bool:
        return change.epoch == self._old.epoch and change.number <= self._old.number

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def _is_for(posts: Posts, entry: Entry) -> bool:
    return entry.kind == "gap" or EVERY in posts or entry.post in posts

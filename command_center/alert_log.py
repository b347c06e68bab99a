"""What alert subscribers are told, durable and in order: every change of an alert, bounded.

    follower ─▶ took, renewing ─▶ flush (on disk, then told) ─▶ streams and webhooks read on

It is written before the board's head moves on disk: after a crash the gateway is asked again from
the older head, and what is here already is known by its (epoch, number). Readers pull, each at
its own pace from its own position: none of them can delay another, or make anything grow.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self

import msgspec

from command_center.change import Change
from command_center.cursor import Cursor
from command_center.database import Database
from command_center.posts import EVERY, Posts
from contract.messages import AlertChanged

KEPT_MAX: Final = 50_000
"""Changes that are kept; a cursor before them is answered by a reset."""
PRUNE_EVERY: Final = 1_000
TAIL_MAX: Final = 2_000
"""The newest changes are held in memory, so that many streams cost one read."""
BUFFER_MAX: Final = 20_000
"""Changes that wait while the disk fails; then they are dropped, and a gap says so."""

MIGRATIONS: Final = (
    """CREATE TABLE entries(position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
         epoch TEXT NOT NULL, number INTEGER NOT NULL, post TEXT NOT NULL, hash TEXT NOT NULL,
         body BLOB NOT NULL);
       CREATE INDEX numbered ON entries(epoch, kind, number)""",
)
_SELECT: Final = "SELECT position, kind, epoch, number, post, hash, body FROM entries"
_INSERT: Final = (
    "INSERT INTO entries(kind, epoch, number, post, hash, body) VALUES(?, ?, ?, ?, ?, ?)"
)
_log: Final = logging.getLogger(__name__)


class Pruned(Exception):
    """What comes after this is kept no longer: read the alerts anew, and go on from there."""


class Entry(NamedTuple):
    """A change of an alert as the gateway signed it (a CloudEvent), or a gap before what follows.

    After a gap each alert comes in its latest state; what lay between is not told.
    """

    position: int
    kind: Literal["alert", "gap"]
    epoch: str
    number: int
    post: str
    hash: str
    body: bytes

    @property
    def cursor(self) -> str:
        """To go on after this one."""
        return str(Cursor(self.epoch, self.number))


@dataclass(frozen=True, slots=True)
class _Renewal:
    """A snapshot follows, up to this; ``former`` is what was known before."""

    upto: Cursor
    former: Cursor


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
        self._buffer: list[Change | _Renewal] = []
        self._tail: list[Entry] = []
        self._moved = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, head: Cursor, kept_max: int = KEPT_MAX
    ) -> AsyncIterator[Self]:
        """Open or make the file; ``head`` is the board's, as it was stored."""
        async with Database.open(path, MIGRATIONS) as database:
            log = cls(database, kept_max=kept_max)
            log.first, log.last, newest = await database.do(_bounds)
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
                self._buffer = [_Renewal(self._taken, self.cursor)]
            self._buffer.append(change)
        if change.epoch != self._taken.epoch or change.number > self._taken.number:
            self._taken = Cursor(change.epoch, change.number)

    def renewing(self, upto: Cursor) -> None:
        """The gateway tells everything anew, up to this: its changes follow."""
        former = self._taken
        self._buffer.append(_Renewal(upto, former))
        # Of these a snapshot tells again what was told already.
        self._old = former if upto.number >= former.number else Cursor("", 0)
        self._taken = upto

    async def flush(self) -> None:
        """Make durable what was taken, then wake who waits; raises `Unavailable`."""
        taken, buffer, last = self._taken, tuple(self._buffer), self.last
        if buffer:

            def work(connection: sqlite3.Connection) -> tuple[bool, tuple[int, int, list[Entry]]]:
                is_rewritten = sum(_write(connection, one) for one in buffer) > 0
                return is_rewritten, _tidied(connection, last, self._kept_max)

            # What an interrupted flush wrote is read back here as well.
            is_rewritten, (self.first, self.last, new) = await self._database.do(work)
            del self._buffer[: len(buffer)]
            self._tail = [*([] if is_rewritten else self._tail), *new][-TAIL_MAX:]
            self._tail = [entry for entry in self._tail if entry.position >= self.first]
        self.cursor = taken
        if self.last > last:
            self._wake()

    async def find(self, cursor: Cursor) -> int:
        """The position after which to read on; raises `Pruned`."""
        return await self._database.do(lambda connection: _found(connection, cursor))

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
                lambda connection: _read(connection, position, posts, limit)
            )
        # The disk may have been written to since: what was read already is not told again.
        reached = found[-1].position if found else 0
        return found, reached if len(found) == limit else max(last, reached)

    async def waiting(self, position: int, posts: Posts) -> tuple[int, bytes]:
        """How many changes after this one there are for ``posts``, and the first of them."""
        return await self._database.do(lambda connection: _counted(connection, position, posts))

    async def moved(self, position: int) -> None:
        """Wait until there is something after this position, or the end."""
        while position >= self.last and not self.is_ended:
            await self._moved.wait()

    def end(self) -> None:
        """The server ends: nobody waits any longer."""
        self.is_ended = True
        self._wake()

    def _is_old(self, change: Change) -> bool:
        return change.epoch == self._old.epoch and change.number <= self._old.number

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def _is_for(posts: Posts, entry: Entry) -> bool:
    return entry.kind == "gap" or EVERY in posts or entry.post in posts


def _write(connection: sqlite3.Connection, one: Change | _Renewal) -> bool:
    """Write it if it is new; true if what was written before had to go."""
    if isinstance(one, _Renewal):
        return _write_gap(connection, one)
    known = connection.execute(
        "SELECT hash FROM entries WHERE epoch = ? AND kind = 'alert' AND number = ?",
        (one.epoch, one.number),
    ).fetchone()
    if known and known[0] == one.hash:
        return False
    if known:
        # The gateway took back what it had said: what followed from there holds no more.
        _log.warning("alerts: change %s:%d is another one now", one.epoch, one.number)
        connection.execute(
            "DELETE FROM entries WHERE epoch = ? AND number >= ?", (one.epoch, one.number)
        )
    if isinstance(one.message, AlertChanged):
        post = one.message.alert.post
        row = ("alert", one.epoch, one.number, post, one.hash, one.signed.body)
        connection.execute(_INSERT, row)
    return known is not None


def _write_gap(connection: sqlite3.Connection, renewal: _Renewal) -> bool:
    upto, former = renewal.upto, renewal.former
    is_same = upto.epoch == former.epoch
    if is_same and upto.number == former.number:
        return False
    is_taken_back = is_same and upto.number < former.number
    if is_taken_back:
        connection.execute("DELETE FROM entries")
    number = former.number if is_same and not is_taken_back else 0
    reason = (
        "The gateway no longer told every change: of each alert the latest state follows."
        if former.epoch
        else "This command center began here: of each alert the latest state follows."
    )
    body = msgspec.json.encode({"after": str(former), "upto": str(upto), "reason": reason})
    connection.execute(_INSERT, ("gap", upto.epoch, number, "", "", body))
    return is_taken_back


def _tidied(
    connection: sqlite3.Connection, last: int, kept_max: int
) -> tuple[int, int, list[Entry]]:
    first, newest, _ = _bounds(connection)
    if newest - first + 1 > kept_max + min(PRUNE_EVERY, kept_max):
        first = newest - kept_max + 1
        connection.execute("DELETE FROM entries WHERE position < ?", (first,))
    rows = connection.execute(
        f"{_SELECT} WHERE position > ? ORDER BY position DESC LIMIT ?", (last, TAIL_MAX)
    )
    return first, newest, [Entry(*row) for row in rows][::-1]


def _bounds(connection: sqlite3.Connection) -> tuple[int, int, Cursor | None]:
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
    last = int(row[0]) if row else 0
    (first,) = connection.execute("SELECT min(position) FROM entries").fetchone()
    newest = connection.execute(
        "SELECT epoch, number FROM entries ORDER BY position DESC LIMIT 1"
    ).fetchone()
    return first or last + 1, last, Cursor(*newest) if newest else None


def _found(connection: sqlite3.Connection, cursor: Cursor) -> int:
    for kind in ("alert", "gap"):
        row = connection.execute(
            "SELECT max(position) FROM entries WHERE epoch = ? AND kind = ? AND number <= ?",
            (cursor.epoch, kind, cursor.number),
        ).fetchone()
        if row[0] is not None:
            return int(row[0])
    raise Pruned


def _where(posts: Posts) -> tuple[str, Sequence[str]]:
    if EVERY in posts:
        return "", ()
    holes = ", ".join("?" * len(posts))
    return f"AND (kind = 'gap' OR post IN ({holes}))", posts


def _read(connection: sqlite3.Connection, position: int, posts: Posts, limit: int) -> list[Entry]:
    where, given = _where(posts)
    rows = connection.execute(
        f"{_SELECT} WHERE position > ? {where} ORDER BY position LIMIT ?",
        (position, *given, limit),
    )
    return [Entry(*row) for row in rows]


def _counted(connection: sqlite3.Connection, position: int, posts: Posts) -> tuple[int, bytes]:
    where, given = _where(posts)
    query = f"FROM entries WHERE position > ? AND kind = 'alert' {where}"
    (count,) = connection.execute(f"SELECT count(*) {query}", (position, *given)).fetchone()
    row = connection.execute(
        f"SELECT body {query} ORDER BY position LIMIT 1", (position, *given)
    ).fetchone()
    return count, row[0] if row else b""

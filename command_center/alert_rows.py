"""The rows of the alert log: changes of alerts and gaps between them, on disk, in order.

`alert_log` says when; here is what is written and read, each function in a transaction of its own.
"""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import msgspec

from command_center.change import Change
from command_center.cursor import Cursor
from command_center.posts import EVERY, Posts
from contract.messages import AlertChanged

PRUNE_EVERY: Final = 1_000
TAIL_MAX: Final = 2_000
"""The newest changes are held in memory, so that many streams cost one read."""

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
class Renewal:
    """A snapshot follows, up to this; ``former`` is what was known before."""

    upto: Cursor
    former: Cursor


def write(connection: sqlite3.Connection, one: Change | Renewal) -> bool:
    """Write it if it is new; true if what was written before had to go."""
    if isinstance(one, Renewal):
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


def _write_gap(connection: sqlite3.Connection, renewal: Renewal) -> bool:
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


def tidied(
    connection: sqlite3.Connection, last: int, kept_max: int
) -> tuple[int, int, list[Entry]]:
    """Forget what is too old; the first and the last position, and what is new after ``last``."""
    first, newest, _ = bounds(connection)
    if newest - first + 1 > kept_max + min(PRUNE_EVERY, kept_max):
        first = newest - kept_max + 1
        connection.execute("DELETE FROM entries WHERE position < ?", (first,))
    rows = connection.execute(
        f"{_SELECT} WHERE position > ? ORDER BY position DESC LIMIT ?", (last, TAIL_MAX)
    )
    return first, newest, [Entry(*row) for row in rows][::-1]


def bounds(connection: sqlite3.Connection) -> tuple[int, int, Cursor | None]:
    """The first and the last position, and the cursor of the newest entry."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
    last = int(row[0]) if row else 0
    (first,) = connection.execute("SELECT min(position) FROM entries").fetchone()
    newest = connection.execute(
        "SELECT epoch, number FROM entries ORDER BY position DESC LIMIT 1"
    ).fetchone()
    return first or last + 1, last, Cursor(*newest) if newest else None


def found(connection: sqlite3.Connection, cursor: Cursor) -> int:
    """The position of a cursor; raises `Pruned`."""
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


def read(connection: sqlite3.Connection, position: int, posts: Posts, limit: int) -> list[Entry]:
    """At most ``limit`` entries after this one that ``posts`` cover."""
    where, given = _where(posts)
    rows = connection.execute(
        f"{_SELECT} WHERE position > ? {where} ORDER BY position LIMIT ?",
        (position, *given, limit),
    )
    return [Entry(*row) for row in rows]


def counted(connection: sqlite3.Connection, position: int, posts: Posts) -> tuple[int, bytes]:
    """How many changes after this one ``posts`` cover, and the body of the first."""
    where, given = _where(posts)
    query = f"FROM entries WHERE position > ? AND kind = 'alert' {where}"
    (count,) = connection.execute(f"SELECT count(*) {query}", (position, *given)).fetchone()
    row = connection.execute(
        f"SELECT body {query} ORDER BY position LIMIT 1", (position, *given)
    ).fetchone()
    return count, row[0] if row else b""

"""Notes on which entries each alert rests on, in the transaction that keeps the change.

An alert names a few messages; here stays every one that it ever named.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from contract.messages import AlertChanged, Evidence, OfficerActed, read

FILLED: Final = "rests_on is filled"
_BY_NUMBER: Final = """
SELECT position FROM entry WHERE source = ? AND stream = ? AND epoch = ? AND sequence = ?
  AND sequence > 0 AND kind != 'fork' AND hash = ?
"""
_FORK: Final = "SELECT position FROM entry WHERE hash = ? AND kind = 'fork'"
_HERE: Final = "SELECT position FROM entry WHERE position = ? AND (hash = ? OR type = ?)"


def note(at: sqlite3.Connection, changed: AlertChanged, position: int) -> None:
    """An entry changed an alert: the newest message that it names, or the act that did it."""
    _note(at, changed, changed.alert.evidence[-1:], position)


def fill(at: sqlite3.Connection) -> None:
    """Once, for alerts of before there were notes."""
    if at.execute("SELECT 1 FROM meta WHERE name = ?", (FILLED,)).fetchone():
        return
    for position, body in at.execute("SELECT position, body FROM change").fetchall():
        message = read(body).message()
        if isinstance(message, AlertChanged):
            _note(at, message, message.alert.evidence, position)
    at.execute("INSERT INTO meta VALUES (?, 1)", (FILLED,))


def _note(
    at: sqlite3.Connection, changed: AlertChanged, evidence: Iterable[Evidence], position: int
) -> None:
    found = [_position(at, one, position) for one in evidence]
    if changed.act:
        found.append(_here(at, position, OfficerActed.type))
    at.executemany(
        "INSERT OR IGNORE INTO rests_on VALUES (?, ?)",
        [(where, changed.alert.id) for where in found if where is not None],
    )


def _position(at: sqlite3.Connection, one: Evidence, position: int) -> int | None:
    """Of a message; the first that has its number, a fork, or what says nothing of numbers."""
    number = (one.source, one.stream, one.epoch, one.sequence, one.hash)
    row = at.execute(_BY_NUMBER, number).fetchone() or at.execute(_FORK, (one.hash,)).fetchone()
    if row is None:
        row = at.execute(_HERE, (position, one.hash, None)).fetchone()
    return row[0] if row else None


def _here(at: sqlite3.Connection, position: int, type_: str) -> int | None:
    row = at.execute(_HERE, (position, None, type_)).fetchone()
    return row[0] if row else None

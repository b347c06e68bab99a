"""Notes on which entries each alert rests on, in the transaction that keeps the change.

An alert names a few messages; here stays every one that it ever named.
"""

import sqlite3
from collections.abc import Iterable
from functools import cache, partial
from typing import Final

from contract.messages import AlertChanged, Evidence, OfficerActed, read

FILLED: Final = "rests_on is filled"
_BY_NUMBER: Final = """
SELECT position FROM entry WHERE source = ? AND stream = ? AND epoch = ? AND sequence = ?
  AND sequence > 0 AND kind != 'fork' AND hash = ?
"""
_FORK: Final = "SELECT position FROM entry WHERE hash = ? AND kind = 'fork'"
_HERE: Final = "SELECT position FROM entry WHERE position = ? AND (hash = ? OR type = ?)"


Changed = tuple[AlertChanged, int]
"""What an alert became, and by which entry."""


Number = tuple[str, str, str, int, str]
"""Whose number a message has, and its hash."""


def note(at: sqlite3.Connection, changes: Iterable[Changed]) -> None:
    """Entries changed alerts: the newest message that each names, or the act that did it."""
    _note(at, [(changed, changed.alert.evidence[-1:], position) for changed, position in changes])


def fill(at: sqlite3.Connection) -> None:
    """Once, for alerts of before there were notes."""
    if at.execute("SELECT 1 FROM meta WHERE name = ?", (FILLED,)).fetchone():
        return
    for position, body in at.execute("SELECT position, body FROM change").fetchall():
        message = read(body).message()
        if isinstance(message, AlertChanged):
            _note(at, [(message, message.alert.evidence, position)])
    at.execute("INSERT INTO meta VALUES (?, 1)", (FILLED,))


def _note(
    at: sqlite3.Connection, changes: Iterable[tuple[AlertChanged, Iterable[Evidence], int]]
) -> None:
    placed = cache(partial(_position, at))  # a batch of a flood rests on a few messages
    found: list[tuple[int | None, str]] = []
    for changed, evidence, position in changes:
        alert = changed.alert.id
        for one in evidence:
            number = (one.source, one.stream, one.epoch, one.sequence, one.hash)
            found.append((placed(number, position), alert))
        if changed.act:
            found.append((_here(at, position, OfficerActed.type), alert))
    at.executemany(
        "INSERT OR IGNORE INTO rests_on VALUES (?, ?)",
        [one for one in found if one[0] is not None],
    )


def _position(at: sqlite3.Connection, number: Number, position: int) -> int | None:
    """Of a message; the first that has its number, a fork, or what says nothing of numbers."""
    hash_ = number[-1]
    row = at.execute(_BY_NUMBER, number).fetchone() or at.execute(_FORK, (hash_,)).fetchone()
    if row is None:
        row = at.execute(_HERE, (position, hash_, None)).fetchone()
    return row[0] if row else None


def _here(at: sqlite3.Connection, position: int, type_: str) -> int | None:
    row = at.execute(_HERE, (position, None, type_)).fetchone()
    return row[0] if row else None

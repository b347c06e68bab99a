"""Which scans show which picture: a picture goes with the last scan that shows it."""

import sqlite3
from collections.abc import Iterable
from typing import Final

from contract.messages import ScanCompleted, ScanFailed, read
from gateway.journal.journal import read_cursor, write_cursor

STEP_SCANS: Final = 500
"""Scans that one write looks at."""
CURSOR: Final = "retention pictures"

_SCANS: Final = """
SELECT position, body FROM entry WHERE type IN ('scan.completed', 'scan.failed') AND position > ?
ORDER BY position LIMIT ?
"""


def list_some(at: sqlite3.Connection) -> int:
    """Note the pictures of scans that came since; how many scans there were, 0 at the end."""
    rows = at.execute(_SCANS, (read_cursor(at, CURSOR), STEP_SCANS)).fetchall()
    for position, body in rows:
        at.executemany(
            "INSERT OR IGNORE INTO picture VALUES (?, ?)",
            [(sha256, position) for sha256 in pictures_of(body)],
        )
    if rows:
        write_cursor(at, CURSOR, rows[-1][0])
    return len(rows)


def pictures_of(body: bytes) -> set[str]:
    """The hashes of the pictures that a scan names."""
    if not body:
        return set()
    message = read(body).message()
    pictures = []
    if isinstance(message, ScanCompleted):
        pictures = [message.picture, message.original]
    elif isinstance(message, ScanFailed):
        pictures = [message.picture]
    return {picture.sha256 for picture in pictures if picture is not None}


def orphaned(at: sqlite3.Connection, positions: list[int]) -> list[str]:
    """Pictures that no scan shows any more once these are gone."""
    here = set(positions)
    shas = {
        sha256
        for position in positions
        for (sha256,) in at.execute("SELECT sha256 FROM picture WHERE position = ?", (position,))
    }
    return sorted(
        sha256
        for sha256 in shas
        if {p for (p,) in at.execute("SELECT position FROM picture WHERE sha256 = ?", (sha256,))}
        <= here
    )


def forget(at: sqlite3.Connection, positions: Iterable[tuple[int]]) -> None:
    """These scans show nothing any more."""
    at.executemany("DELETE FROM picture WHERE position = ?", positions)

"""The board on disk, so that a restart shows something at once and asks only for what is new.

It holds the signed bytes of the latest change of each thing. Losing it loses nothing: the gateway
tells it again.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

from command_center.board import Board, Thing
from command_center.change import Change, read_change
from command_center.contiguity import Head
from command_center.database import Database
from contract.messages import SignedBytes, Unreadable
from contract.signing import BadSignature

MIGRATIONS: Final = (
    """CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1),
         epoch TEXT NOT NULL, number INTEGER NOT NULL, hash TEXT, heard_at TEXT);
       CREATE TABLE things(kind TEXT, id TEXT, number INTEGER NOT NULL, body BLOB NOT NULL,
         keyid TEXT NOT NULL, sig BLOB NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID""",
)

Latest = dict[Thing, Change | None]
"""Of each thing the change that the board took last; none where the thing gave way to others."""


class Stored(NamedTuple):
    """What `load` gives."""

    board: Board
    head: Head
    heard_at: datetime | None
    """When the gateway was last heard."""


class Projection:
    """What `load` gives is what was last stored, all or nothing."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator[Self]:
        """Open or make the file. Not fsynced: the gateway tells again what a power cut takes."""
        async with Database.open(path, MIGRATIONS, is_durable=False) as database:
            yield cls(database)

    async def load(self, *, gateway: str, gateway_key: bytes) -> Stored:
        """What is there; nothing if it does not verify."""
        row, rows = await self._database.do(_rows)
        if row is None:
            return Stored(Board(), Head(), None)
        epoch, number, hash_, heard_at = row
        board = Board(epoch, number)
        try:
            for of, body, keyid, sig in rows:
                signed = SignedBytes(body=body, keyid=keyid, sig=sig)
                change = read_change(signed, gateway=gateway, gateway_key=gateway_key)
                board.apply(epoch, of, change.message)
            board.number = number
        except (BadSignature, Unreadable):
            # Another gateway's, or harmed: it is only a copy, the gateway tells it again.
            return Stored(Board(), Head(), None)
        heard = datetime.fromisoformat(heard_at) if heard_at else None
        return Stored(board, Head(epoch, number, hash_), heard)

    async def store(
        self, head: Head, latest: Latest, *, heard_at: datetime | None, is_fresh: bool
    ) -> None:
        """Write what the board took and forgot; ``is_fresh`` forgets all before."""
        gone = [thing for thing, change in latest.items() if change is None]
        rows = [_row(thing, change) for thing, change in latest.items() if change is not None]

        def work(connection: sqlite3.Connection) -> None:
            if is_fresh:
                connection.execute("DELETE FROM things")
            connection.executemany("INSERT OR REPLACE INTO things VALUES(?, ?, ?, ?, ?, ?)", rows)
            connection.executemany("DELETE FROM things WHERE kind = ? AND id = ?", gone)
            heard = heard_at.isoformat() if heard_at else None
            connection.execute(
                "INSERT OR REPLACE INTO head VALUES(1, ?, ?, ?, ?)",
                (head.epoch, head.number, head.hash, heard),
            )

        await self._database.do(work)


def _row(thing: Thing, change: Change) -> tuple[str, str, int, bytes, str, bytes]:
    signed = change.signed
    return (*thing, change.number, signed.body, signed.keyid, signed.sig)


def _rows(
    connection: sqlite3.Connection,
) -> tuple[tuple[str, int, str | None, str | None] | None, list[tuple[int, bytes, str, bytes]]]:
    head = connection.execute("SELECT epoch, number, hash, heard_at FROM head").fetchone()
    things = connection.execute(
        "SELECT number, body, keyid, sig FROM things ORDER BY number"
    ).fetchall()
    return head, things

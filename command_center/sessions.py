"""Sign-ins: sessions, and the one-time links that begin one.

Kept in SQLite and held in memory, so that every request and websocket message can be checked
without waiting. Tokens rest as hashes only: who reads the file cannot sign in with it.
"""

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from command_center.database import Database
from contract.clock import Clock

SESSION_LASTS: Final = timedelta(hours=12)
"""One shift."""
SESSIONS_MAX: Final = 5_000
"""Sessions at once; the one that ends first gives way."""
TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that holds until `ends_at`."""

    officer: str
    ends_at: datetime


class Sessions:
    """Every sign-in that holds; its tables are among `command_center.officers.MIGRATIONS`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database: Final = database
        self._clock: Final = clock
        self._sessions: dict[str, Session] = {}

    async def load(self) -> None:
        """Know what the file knows, less what ended meanwhile."""
        rows = await self._database.do(
            lambda connection: connection.execute(
                "SELECT token, officer, ends_at FROM sessions"
            ).fetchall()
        )
        ends = ((token, who, datetime.fromisoformat(at)) for token, who, at in rows)
        self._sessions = {token: Session(who, at) for token, who, at in ends}
        now = self._clock.utc_now()
        await self._end([t for t, session in self._sessions.items() if session.ends_at <= now])

    def of(self, token: str) -> Session | None:
        """The session of a token; none if it ended."""
        session = self._sessions.get(_hashed(token)) if token else None
        return session if session and session.ends_at > self._clock.utc_now() else None

    async def start(self, name: str) -> str:
        """Begin one; returns its token."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        if len(self._sessions) >= SESSIONS_MAX:
            await self._end([min(self._sessions, key=lambda t: self._sessions[t].ends_at)])
        await self.put(token, Session(name, self._clock.utc_now() + SESSION_LASTS))
        return token

    async def put(self, token: str, session: Session) -> None:
        """From now on this is the session of the token."""
        hashed = _hashed(token)
        row = (hashed, session.officer, session.ends_at.isoformat())
        await self._database.do(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO sessions VALUES(?, ?, ?)", row
            )
        )
        self._sessions[hashed] = session

    async def end(self, token: str) -> None:
        """End this one."""
        await self._end([_hashed(token)])

    async def end_all(self, name: str) -> None:
        """End those of an officer."""
        await self._end([t for t, session in self._sessions.items() if session.officer == name])

    async def link(self, name: str, lasts: timedelta) -> str:
        """A one-time token to sign in with; it voids the one before."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = (_hashed(token), name, (self._clock.utc_now() + lasts).isoformat())

        def work(connection: sqlite3.Connection) -> None:
            void_links(connection, name)
            connection.execute("INSERT INTO links VALUES(?, ?, ?)", row)

        await self._database.do(work)
        return token

    async def take_link(self, token: str) -> str | None:
        """Whose one-time token this is; nobody's if it was taken before or is too old."""
        row = await self._database.do(lambda connection: _take_link(connection, _hashed(token)))
        if row is None or (row[1] and datetime.fromisoformat(row[1]) <= self._clock.utc_now()):
            return None
        return row[0]

    async def _end(self, hashed: list[str]) -> None:
        for token in hashed:
            self._sessions.pop(token, None)
        rows = [(token,) for token in hashed]
        await self._database.do(
            lambda connection: connection.executemany("DELETE FROM sessions WHERE token = ?", rows)
        )


def void_links(connection: sqlite3.Connection, name: str) -> None:
    """The one-time links of an officer lead nowhere any more."""
    connection.execute("DELETE FROM links WHERE officer = ?", (name,))


def _hashed(token: str) -> str:
    """The tokens are random: a plain hash is enough, and quick."""
    return hashlib.sha256(token.encode()).hexdigest()


def _take_link(connection: sqlite3.Connection, token: str) -> tuple[str, str | None] | None:
    row = connection.execute("SELECT officer, ends_at FROM links WHERE token = ?", (token,))
    found: tuple[str, str | None] | None = row.fetchone()
    connection.execute("DELETE FROM links WHERE token = ?", (token,))
    return found

"""Tokens by which programs read alerts: shown once, kept as hashes, for some posts and some time.

A token never reaches further than the officer who made it does now; it dies with them.
"""

import hashlib
import logging
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

import msgspec

from command_center.database import Database
from command_center.officers import Officer
from command_center.posts import Posts, common, is_within
from command_center.reader import Reader
from contract.clock import Clock
from contract.link import Rejected

TOKENS_MAX: Final = 1_000
PREFIX: Final = "glt_"
"""By this a leaked token is found in other people's files."""
DAYS_MAX: Final = 366
SAVE_S: Final = 30.0
"""So often it is written down when tokens were last used."""

MIGRATIONS: Final = (
    """CREATE TABLE tokens(id TEXT PRIMARY KEY, hash TEXT UNIQUE NOT NULL, name TEXT NOT NULL,
         officer TEXT NOT NULL, posts TEXT NOT NULL, created_at TEXT NOT NULL,
         ends_at TEXT NOT NULL, used_at TEXT, is_revoked INTEGER NOT NULL) WITHOUT ROWID""",
)
_log: Final = logging.getLogger(__name__)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as officers see it; what it is itself nobody can see again."""

    id: str
    name: str
    officer: str
    posts: Posts
    created_at: datetime
    ends_at: datetime
    used_at: datetime | None = None
    is_revoked: bool = False


class Tokens:
    """All of them, by the hash of what a program shows."""

    def __init__(
        self, database: Database, officer: Callable[[str], Officer | None], clock: Clock
    ) -> None:
        self._database: Final = database
        self._officer: Final = officer
        self._clock: Final = clock
        self._tokens: dict[str, Token] = {}
        self._used: dict[str, datetime] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, officer: Callable[[str], Officer | None], clock: Clock
    ) -> AsyncIterator[Self]:
        """Open or make the file; ``officer`` tells who goes by a name now, if they may sign in."""
        async with Database.open(path, MIGRATIONS) as database:
            tokens = cls(database, officer, clock)
            tokens._tokens = dict(map(_token, await database.do(_rows)))
            yield tokens
            await tokens.save()

    def reads(self, secret: str) -> Reader | None:
        """Who shows this, and which posts that opens now; none if it opens nothing."""
        hash_ = _hashed(secret)
        token = self._tokens.get(hash_)
        now = self._clock.utc_now()
        if token is None or token.is_revoked or token.ends_at <= now:
            return None
        officer = self._officer(token.officer)
        if officer is None:
            return None
        self._used[hash_] = now
        return Reader(f"token {token.id}", common(token.posts, officer.posts))

    async def make(
        self, officer: Officer, name: str, posts: Posts, lasts: timedelta
    ) -> tuple[Token, str]:
        """A new token and what to show; raises `Rejected` with why not."""
        if not is_within(posts, officer.posts) or not posts:
            raise Rejected("A token is for posts that you hold, at least one.")
        if len(self._tokens) >= TOKENS_MAX:
            raise Rejected(f"There are {TOKENS_MAX} tokens already; take some back.")
        now = self._clock.utc_now()
        secret = PREFIX + secrets.token_urlsafe(32)
        token = Token(
            id=secrets.token_hex(8),
            name=name,
            officer=officer.name,
            posts=posts,
            created_at=now,
            ends_at=now + lasts,
        )
        await self._write(_hashed(secret), token)
        _log.info("token %s of %s reads %s", token.id, officer.name, " ".join(posts))
        return token, secret

    def shown(self, officer: Officer) -> list[Token]:
        """The tokens that they may take back: their own, and an admin's all within their posts."""
        return sorted(
            (self._with_use(hash_, token) for hash_, token in self._of(officer)),
            key=lambda token: token.created_at,
        )

    async def revoke(self, officer: Officer, id_: str) -> Token:
        """Take it back, for ever; raises `Rejected` if there is none of theirs."""
        for hash_, token in self._of(officer):
            if token.id == id_:
                now = msgspec.structs.replace(self._with_use(hash_, token), is_revoked=True)
                await self._write(hash_, now)
                _log.info("token %s was taken back by %s", id_, officer.name)
                return now
        raise Rejected("No token of yours has this id.")

    async def save(self) -> None:
        """Write down when they were last used, and forget those that ended long ago."""
        now = self._clock.utc_now()
        used = [(at.isoformat(), hash_) for hash_, at in self._used.items()]
        old = [h for h, t in self._tokens.items() if t.ends_at + timedelta(days=DAYS_MAX) < now]
        if not used and not old:
            return

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany("UPDATE tokens SET used_at = ? WHERE hash = ?", used)
            connection.executemany("DELETE FROM tokens WHERE hash = ?", [(hash_,) for hash_ in old])

        await self._database.do(work)
        for hash_ in old:
            self._tokens.pop(hash_, None)
        for at, hash_ in used:
            if hash_ in self._tokens:
                self._tokens[hash_] = self._with_use(hash_, self._tokens[hash_])
            if self._used.get(hash_) == datetime.fromisoformat(at):
                del self._used[hash_]

    def _of(self, officer: Officer) -> list[tuple[str, Token]]:
        def is_theirs(token: Token) -> bool:
            is_admins = officer.role == "admin" and is_within(token.posts, officer.posts)
            return token.officer == officer.name or is_admins

        return [(hash_, token) for hash_, token in self._tokens.items() if is_theirs(token)]

    def _with_use(self, hash_: str, token: Token) -> Token:
        used_at = self._used.get(hash_, token.used_at)
        return msgspec.structs.replace(token, used_at=used_at)

    async def _write(self, hash_: str, token: Token) -> None:
        row = (
            token.id,
            hash_,
            token.name,
            token.officer,
            " ".join(token.posts),
            token.created_at.isoformat(),
            token.ends_at.isoformat(),
            token.used_at.isoformat() if token.used_at else None,
            token.is_revoked,
        )
        await self._database.do(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO tokens VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", row
            )
        )
        self._tokens[hash_] = token


def _hashed(secret: str) -> str:
    """They are random: a plain hash is enough, and quick."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _rows(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    columns = "id, hash, name, officer, posts, created_at, ends_at, used_at, is_revoked"
    return connection.execute(f"SELECT {columns} FROM tokens").fetchall()  # noqa: S608 - ours


def _token(row: tuple[str, ...]) -> tuple[str, Token]:
    id_, hash_, name, officer, posts, created_at, ends_at, used_at, is_revoked = row
    token = Token(
        id=id_,
        name=name,
        officer=officer,
        posts=tuple(posts.split()),
        created_at=datetime.fromisoformat(created_at),
        ends_at=datetime.fromisoformat(ends_at),
        used_at=datetime.fromisoformat(used_at) if used_at else None,
        is_revoked=bool(is_revoked),
    )
    return hash_, token

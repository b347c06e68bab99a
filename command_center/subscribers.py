"""Who gets alerts by webhook, how far each one is, and what is wrong with it: durable.

`webhooks` delivers and tells here what came of it; the API shows it.
"""

import os
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Self

import msgspec

from command_center.database import Database
from command_center.posts import Posts, is_within
from command_center.standard_webhooks import SECRET_BYTES, secret_of
from contract.clock import Clock
from contract.link import Rejected
from contract.messages import Severity

SUBSCRIBERS_MAX: Final = 100
"""Each has one delivery on its way at most: this bounds them all."""

MIGRATIONS: Final = (
    """CREATE TABLE subscribers(id TEXT PRIMARY KEY, secret TEXT NOT NULL, body BLOB NOT NULL)
         WITHOUT ROWID""",
)

State = Literal["live", "failing", "disabled"]


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """One subscriber and its delivery; times are UTC."""

    id: str
    name: str
    url: str
    posts: Posts
    at_least: Severity = "low"
    """Only changes of alerts that are so severe, or more."""
    officer: str
    """Who made it."""
    created_at: datetime
    state: State = "live"
    reason: str = ""
    """Why it fails, or was disabled."""
    position: int
    """In the alert log: everything up to here was delivered."""
    cursor: str = ""
    """Of the last change that was delivered."""
    delivered: int = 0
    delivered_at: datetime | None = None
    tries: int = 0
    """Of the change that comes next, in vain."""
    failing_since: datetime | None = None
    next_try_at: datetime | None = None
    skipped: int = 0
    """Changes that were kept no longer when it was their turn."""


class Subscribers:
    """All of them, by id; secrets are shown once, by `add`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database: Final = database
        self._clock: Final = clock
        self._known: dict[str, Subscriber] = {}
        self._secrets: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, clock: Clock) -> AsyncIterator[Self]:
        """Open or make the file."""
        async with Database.open(path, MIGRATIONS) as database:
            subscribers = cls(database, clock)
            for id_, secret, body in await database.do(_rows):
                known = msgspec.json.decode(body, type=Subscriber)
                subscribers._known[id_], subscribers._secrets[id_] = known, secret
            yield subscribers

    def all(self) -> list[Subscriber]:
        """Oldest first."""
        return sorted(self._known.values(), key=lambda one: (one.created_at, one.id))

    def get(self, id_: str) -> Subscriber | None:
        """The subscriber of that id."""
        return self._known.get(id_)

    def secret(self, id_: str) -> str:
        """What its deliveries are signed with."""
        return self._secrets[id_]

    def of(self, posts: Posts, id_: str) -> Subscriber:
        """One that somebody of these posts may change; raises `Rejected`."""
        known = self._known.get(id_)
        if known is None or not is_within(known.posts, posts):
            raise Rejected("No subscriber of yours has this id.")
        return known

    async def add(
        self,
        *,
        name: str,
        url: str,
        posts: Posts,
        officer: str,
        position: int,
        at_least: Severity = "low",
    ) -> tuple[Subscriber, str]:
        """A new subscriber and its secret; raises `Rejected` with why not."""
        if len(self._known) >= SUBSCRIBERS_MAX:
            raise Rejected(f"There are {SUBSCRIBERS_MAX} subscribers already.")
        subscriber = Subscriber(
            id=secrets.token_hex(8),
            name=name,
            url=url,
            posts=posts,
            at_least=at_least,
            officer=officer,
            created_at=self._clock.utc_now(),
            position=position,
        )
        secret = secret_of(os.urandom(SECRET_BYTES))
        await self._write(subscriber, secret)
        return subscriber, secret

    async def put(self, subscriber: Subscriber) -> None:
        """Write down how it stands; nothing if it was removed meanwhile."""
        if subscriber.id in self._known:
            await self._write(subscriber, self._secrets[subscriber.id])

    async def remove(self, id_: str) -> None:
        """Forget it and its secret."""
        self._known.pop(id_, None)
        self._secrets.pop(id_, None)
        await self._database.do(
            lambda connection: connection.execute("DELETE FROM subscribers WHERE id = ?", (id_,))
        )

    async def _write(self, subscriber: Subscriber, secret: str) -> None:
        row = (subscriber.id, secret, msgspec.json.encode(subscriber))
        self._known[subscriber.id], self._secrets[subscriber.id] = subscriber, secret
        await self._database.do(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO subscribers VALUES(?, ?, ?)", row
            )
        )


def _rows(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT id, secret, body FROM subscribers").fetchall()

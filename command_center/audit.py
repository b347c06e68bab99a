"""What admins did here, and who took evidence out: written before it is done, told to the journal.

    route ─▶ begun (on disk) ─▶ the act itself ─▶ done | refused ─▶ outbox ══▶ journal

No act without a record: if the disk takes none, nothing is done. A crash in between leaves
"begun": whether it was done is then not known, and the record says just that.
"""

import logging
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Self

import msgspec

from command_center.database import Database
from command_center.officers import Officer
from command_center.posts import EVERY, Posts, common
from contract.clock import Clock
from contract.link import Rejected, Unavailable
from contract.messages import OfficeChanged, Refused, Role

KEPT_MAX: Final = 20_000
"""Records that are kept here; the journal keeps all that were done."""
SHOWN_MAX: Final = 500
READ_MAX: Final = 5_000
"""Records that are looked through for somebody of a few posts."""
DETAIL_CHARS_MAX: Final = 500
ABOUT_CHARS_MAX: Final = 80

MIGRATIONS: Final = (
    """CREATE TABLE records(number INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT UNIQUE NOT NULL,
         state TEXT NOT NULL, is_said INTEGER NOT NULL, body BLOB NOT NULL);
       CREATE INDEX unsaid ON records(number) WHERE state = 'done' AND is_said = 0""",
)
_log: Final = logging.getLogger(__name__)
Verb = Literal[
    "invite",
    "reset",
    "change officer",
    "put out",
    "take back in",
    "make token",
    "revoke token",
    "add subscriber",
    "pause subscriber",
    "resume subscriber",
    "remove subscriber",
    "test subscriber",
    "export evidence",
]
State = Literal["begun", "done", "refused"]
Say = Callable[[OfficeChanged], Awaitable[object]]
"""Makes it durable in the outbox before it returns."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One act: who, when, what, about whom, and what came of it."""

    act: str
    at: datetime
    officer: str
    role: Role
    verb: Verb
    about: str
    """An officer's name, or the id of a token, subscriber or alert; empty until it has one."""
    posts: Posts
    """What it reaches."""
    detail: str = ""
    state: State = "begun"
    reason: str = ""
    """Why it was refused."""


class Pen:
    """What may still be written about an act while it is done."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def about(self, id_: str) -> None:
        """It has an id now."""
        self.record = msgspec.structs.replace(self.record, about=id_[:ABOUT_CHARS_MAX])

    def detail(self, words: str) -> None:
        """More is known of it now."""
        self.record = msgspec.structs.replace(self.record, detail=words[:DETAIL_CHARS_MAX])


class Audit:
    """The records, oldest first on disk; read newest first."""

    def __init__(self, database: Database, say: Say, clock: Clock) -> None:
        self._database: Final = database
        self._say: Final = say
        self._clock: Final = clock

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, say: Say, clock: Clock) -> AsyncIterator[Self]:
        """Open or make the file, and say what a crash kept from the outbox."""
        async with Database.open(path, MIGRATIONS) as database:
            audit = cls(database, say, clock)
            for body in await database.do(_unsaid):
                await audit._tell(msgspec.json.decode(body, type=Record))
            yield audit

    @asynccontextmanager
    async def act(
        self, officer: Officer, verb: Verb, *, about: str = "", posts: Posts = (), detail: str = ""
    ) -> AsyncIterator[Pen]:
        """Record what is done inside; raises `Unavailable` before it if that cannot be."""
        record = Record(
            act=secrets.token_hex(16),
            at=self._clock.utc_now(),
            officer=officer.name,
            role=officer.role,
            verb=verb,
            about=about[:ABOUT_CHARS_MAX],
            posts=posts,
            detail=detail[:DETAIL_CHARS_MAX],
        )
        await self._begin(record)
        pen = Pen(record)
        try:
            yield pen
        except (Rejected, Unavailable) as error:
            refused = msgspec.structs.replace(
                pen.record, state="refused", reason=str(error)[:DETAIL_CHARS_MAX]
            )
            await self._end(refused)
            raise
        done = msgspec.structs.replace(pen.record, state="done")
        await self._end(done)
        _log.info("%s by %s: %s %s", verb, officer.name, done.about, done.detail)
        await self._tell(done)

    async def shown(self, officer: Officer) -> list[Record]:
        """The newest records that concern the posts of this officer, newest first."""
        found = await self._database.do(_newest)
        records = [msgspec.json.decode(body, type=Record) for body in found]
        return [one for one in records if _concerns(one, officer)][:SHOWN_MAX]

    async def _tell(self, record: Record) -> None:
        """To the journal; what cannot be said now is said at the next start."""
        message = OfficeChanged(
            act=record.act,
            verb=record.verb,
            about=record.about or "nobody",
            officer=record.officer,
            role=record.role,
            posts=record.posts,
            detail=record.detail,
        )
        try:
            await self._say(message)
        except (Unavailable, Refused) as error:
            _log.warning("the journal is not told of %s: %s", record.act, error)
            return
        await self._database.do(
            lambda connection: connection.execute(
                "UPDATE records SET is_said = 1 WHERE act = ?", (record.act,)
            )
        )

    async def _begin(self, record: Record) -> None:
        row = (record.act, record.state, msgspec.json.encode(record))

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO records(act, state, is_said, body) VALUES(?, ?, 0, ?)", row
            )
            connection.execute(
                "DELETE FROM records WHERE number <= (SELECT max(number) FROM records) - ?",
                (KEPT_MAX,),
            )

        await self._database.do(work)

    async def _end(self, record: Record) -> None:
        row = (record.state, msgspec.json.encode(record), record.act)
        await self._database.do(
            lambda connection: connection.execute(
                "UPDATE records SET state = ?, body = ? WHERE act = ?", row
            )
        )


def _concerns(record: Record, officer: Officer) -> bool:
    if EVERY in officer.posts or record.officer == officer.name:
        return True
    return bool(common(record.posts, officer.posts))


def _unsaid(connection: sqlite3.Connection) -> list[bytes]:
    rows = connection.execute(
        "SELECT body FROM records WHERE state = 'done' AND is_said = 0 ORDER BY number"
    )
    return [body for (body,) in rows]


def _newest(connection: sqlite3.Connection) -> list[Any]:
    rows = connection.execute("SELECT body FROM records ORDER BY number DESC LIMIT ?", (READ_MAX,))
    return [body for (body,) in rows]

"""Officers, their roles, sessions and one-time links: who stands behind a request.

Kept in SQLite and held in memory, so that every request and websocket message can be checked
without waiting. Tokens rest as hashes only: who reads the file cannot sign in with it.
"""

import hashlib
import logging
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self, cast

from command_center.database import Database
from command_center.passwords import Passwords
from command_center.posts import EVERY, Posts, is_within
from contract.clock import Clock
from contract.link import Rejected
from contract.messages import Role

SESSION_LASTS: Final = timedelta(hours=12)
"""One shift."""
INVITATION_LASTS: Final = timedelta(hours=24)
FIRST_LINK_LASTS: Final = timedelta(minutes=30)
"""Of the very first officer; a restart makes another."""
OFFICERS_MAX: Final = 1_000
SESSIONS_MAX: Final = 5_000
"""Sessions at once; the one that ends first gives way."""
FIRST: Final = "admin"
"""The name of the first officer, who may take another with the password."""
NAME: Final = re.compile(r"[^\W_](?:[\w .'-]{0,38}[\w.])?")
"""Letters, digits and a few marks of any script; it stands on screens and in the journal."""

MIGRATIONS: Final = (
    """CREATE TABLE officers(name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL,
         is_active INTEGER NOT NULL) WITHOUT ROWID;
       CREATE TABLE sessions(token TEXT PRIMARY KEY, officer TEXT NOT NULL,
         ends_at TEXT NOT NULL) WITHOUT ROWID;
       CREATE TABLE links(token TEXT PRIMARY KEY, officer TEXT NOT NULL, ends_at TEXT)
         WITHOUT ROWID""",
    # Who was there before posts were, saw all of them.
    "ALTER TABLE officers ADD COLUMN posts TEXT NOT NULL DEFAULT '*'",
)

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Officer:
    """One officer; without a password there is nothing but a link to sign in with."""

    name: str
    role: Role
    password: str = ""
    is_active: bool = True
    posts: Posts = ()
    """Where the role holds; nowhere unless it is said."""

    @property
    def must_set_password(self) -> bool:
        """Whether the officer came by a link and has no password yet."""
        return not self.password


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that holds until `ends_at`."""

    officer: str
    ends_at: datetime


class Officers:
    """Everyone who may sign in, and everyone who did."""

    def __init__(self, database: Database, passwords: Passwords, clock: Clock) -> None:
        self._database: Final = database
        self._passwords: Final = passwords
        self._clock: Final = clock
        self._officers: dict[str, Officer] = {}
        self._sessions: dict[str, Session] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, clock: Clock, passwords: Passwords | None = None
    ) -> AsyncIterator[Self]:
        """Open or make the file."""
        async with Database.open(path, MIGRATIONS) as database:
            officers = cls(database, passwords or Passwords(), clock)
            await officers._load()
            yield officers

    def who(self, token: str) -> Officer | None:
        """Whose session this is; nobody's if it ended or the officer was put out."""
        session = self._sessions.get(_hashed(token)) if token else None
        if session is None or session.ends_at <= self._clock.utc_now():
            return None
        officer = self._officers.get(session.officer)
        return officer if officer and officer.is_active else None

    def active(self, name: str) -> Officer | None:
        """The officer of that name, if they can sign in now."""
        officer = self._officers.get(name)
        return officer if officer and officer.is_active and officer.password else None

    def all(self) -> list[Officer]:
        """Every officer, by name."""
        return sorted(self._officers.values(), key=lambda officer: officer.name)

    async def first_link(self) -> str | None:
        """A one-time token for the first admin while nobody can sign in; voids the one before."""
        if any(o.password and o.is_active and o.role == "admin" for o in self._officers.values()):
            return None
        ends_at = self._clock.utc_now() + FIRST_LINK_LASTS
        return await self._link(Officer(FIRST, "admin", posts=(EVERY,)), ends_at=ends_at)

    async def invite(self, name: str, role: Role, posts: Posts, *, by: Posts = (EVERY,)) -> str:
        """A one-time token for a new officer; raise `Rejected` with why not.

        Who invites holds the posts ``by`` and gives no others. For an officer who is there it
        voids the password and the sessions; role and posts stay.
        """
        _check_gift(posts, by)
        if not NAME.fullmatch(name):
            raise Rejected("A name is 1 to 40 letters and digits, with spaces, dots and hyphens.")
        if name not in self._officers and len(self._officers) >= OFFICERS_MAX:
            raise Rejected(f"There are {OFFICERS_MAX} officers already.")
        if former := self._officers.get(name):
            _check_gift(former.posts, by)
            await self._end([t for t, s in self._sessions.items() if s.officer == name])
            await self._write(replace(former, password=""), former=name)
        ends_at = self._clock.utc_now() + INVITATION_LASTS
        return await self._link(Officer(name, role, posts=posts), ends_at=ends_at)

    async def use_link(self, token: str) -> str | None:
        """Sign in by a one-time link: the session's token, or none if it was used or is too old."""
        row = await self._database.do(lambda connection: _take_link(connection, _hashed(token)))
        if row is None or (row[1] and datetime.fromisoformat(row[1]) <= self._clock.utc_now()):
            return None
        _log.info("officer %s came by a one-time link", row[0])
        return await self._start(row[0])

    async def sign_in(self, name: str, password: str) -> str | None:
        """Sign in by password: the session's token, or none."""
        officer = self._officers.get(name)
        hash_ = officer.password if officer and officer.is_active else ""
        if not await self._passwords.is_right(hash_, password):
            return None
        _log.info("officer %s signed in", name)
        return await self._start(name)

    async def sign_out(self, token: str) -> None:
        """End this session."""
        await self._end([_hashed(token)])

    async def set_password(
        self, token: str, password: str, *, name: str = "", current: str = ""
    ) -> None:
        """Set the own password; raise `BadPassword`, or `Rejected` where it is not theirs to set.

        Who has one shows it; who has none may take another ``name`` with the first. All other
        sessions and links of the officer end.
        """
        officer = self.who(token)
        if officer is None:
            raise Rejected("Nobody is signed in.")
        if officer.password and not await self._passwords.is_right(officer.password, current):
            raise Rejected("The present password is not right.")
        new = name.strip() or officer.name
        if new != officer.name:
            self._check_renaming(officer, new)
        hash_ = await self._passwords.hash(password, name=new)
        session = self._sessions.get(_hashed(token))
        if session is None:
            raise Rejected("Nobody is signed in.")
        await self._end([t for t, s in self._sessions.items() if s.officer == officer.name])
        await self._write(replace(officer, name=new, password=hash_), former=officer.name)
        await self._write_session(_hashed(token), replace(session, officer=new))
        _log.info("officer %s set a password", new)

    async def change(
        self,
        name: str,
        *,
        role: Role | None = None,
        is_active: bool | None = None,
        posts: Posts | None = None,
        by: Posts = (EVERY,),
    ) -> Officer:
        """Give another role or posts, put out, take back in.

        Raises `Rejected` if nobody could do that any more, or for posts beyond ``by``, which are
        those of the admin who does it.
        """
        officer = self._officers.get(name)
        if officer is None:
            raise Rejected("No officer has this name.")
        _check_gift(officer.posts, by)
        _check_gift(posts or (), by)
        new = replace(
            officer,
            role=role or officer.role,
            is_active=officer.is_active if is_active is None else is_active,
            posts=officer.posts if posts is None else posts,
        )
        others = (o for o in self._officers.values() if o.name != name)
        if not any(_is_chief(o) for o in (new, *others)):
            raise Rejected("Somebody has to stay admin of every post.")
        if not new.is_active:
            await self._end([t for t, s in self._sessions.items() if s.officer == name])
        await self._write(new, former=name)
        end = "" if new.is_active else ", put out"
        _log.info("officer %s is now %s of %s%s", name, new.role, " ".join(new.posts), end)
        return new

    def _check_renaming(self, officer: Officer, new: str) -> None:
        if officer.password:
            raise Rejected("A name is taken once, with the first password.")
        if not NAME.fullmatch(new):
            raise Rejected("A name is 1 to 40 letters and digits, with spaces, dots and hyphens.")
        if new in self._officers:
            raise Rejected("Another officer has this name.")

    async def _load(self) -> None:
        officers, sessions = await self._database.do(_rows)
        self._officers = {
            name: Officer(name, cast("Role", role), password, bool(is_active), tuple(posts.split()))
            for name, role, password, is_active, posts in officers
        }
        ends = ((token, who, datetime.fromisoformat(at)) for token, who, at in sessions)
        self._sessions = {token: Session(who, at) for token, who, at in ends}
        now = self._clock.utc_now()
        await self._end([t for t, session in self._sessions.items() if session.ends_at <= now])

    async def _link(self, officer: Officer, *, ends_at: datetime | None) -> str:
        token = secrets.token_urlsafe(32)
        if officer.name not in self._officers:
            await self._write(officer, former=officer.name)
        row = (_hashed(token), officer.name, ends_at.isoformat() if ends_at else None)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM links WHERE officer = ?", (officer.name,))
            connection.execute("INSERT INTO links VALUES(?, ?, ?)", row)

        await self._database.do(work)
        return token

    async def _start(self, name: str) -> str:
        token = secrets.token_urlsafe(32)
        if len(self._sessions) >= SESSIONS_MAX:
            await self._end([min(self._sessions, key=lambda t: self._sessions[t].ends_at)])
        session = Session(name, self._clock.utc_now() + SESSION_LASTS)
        await self._write_session(_hashed(token), session)
        return token

    async def _end(self, hashed: list[str]) -> None:
        for token in hashed:
            self._sessions.pop(token, None)
        rows = [(token,) for token in hashed]
        await self._database.do(
            lambda connection: connection.executemany("DELETE FROM sessions WHERE token = ?", rows)
        )

    async def _write_session(self, hashed: str, session: Session) -> None:
        row = (hashed, session.officer, session.ends_at.isoformat())
        await self._database.do(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO sessions VALUES(?, ?, ?)", row
            )
        )
        self._sessions[hashed] = session

    async def _write(self, officer: Officer, *, former: str) -> None:
        posts = " ".join(officer.posts)
        row = (officer.name, officer.role, officer.password, officer.is_active, posts)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM officers WHERE name = ?", (former,))
            connection.execute("INSERT INTO officers VALUES(?, ?, ?, ?, ?)", row)
            if officer.password:
                connection.execute("DELETE FROM links WHERE officer = ?", (former,))

        await self._database.do(work)
        self._officers.pop(former, None)
        self._officers[officer.name] = officer


def _check_gift(posts: Posts, by: Posts) -> None:
    if not is_within(posts, by):
        raise Rejected("Nobody can give posts, or change an officer of posts, beyond their own.")


def _is_chief(officer: Officer) -> bool:
    return officer.role == "admin" and officer.is_active and EVERY in officer.posts


def _hashed(token: str) -> str:
    """The tokens are random: a plain hash is enough, and quick."""
    return hashlib.sha256(token.encode()).hexdigest()


def _take_link(connection: sqlite3.Connection, token: str) -> tuple[str, str | None] | None:
    row = connection.execute("SELECT officer, ends_at FROM links WHERE token = ?", (token,))
    found: tuple[str, str | None] | None = row.fetchone()
    connection.execute("DELETE FROM links WHERE token = ?", (token,))
    return found


def _rows(
    connection: sqlite3.Connection,
) -> tuple[list[tuple[str, str, str, int, str]], list[tuple[str, str, str]]]:
    officers = connection.execute("SELECT name, role, password, is_active, posts FROM officers")
    sessions = connection.execute("SELECT token, officer, ends_at FROM sessions")
    return officers.fetchall(), sessions.fetchall()

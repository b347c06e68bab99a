"""Officers, their roles and posts, and how they sign in: who stands behind a request.

Kept in SQLite and held in memory, so that every request and websocket message can be checked
without waiting.
"""

import logging
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, Self, cast

from command_center.database import Database
from command_center.passwords import Passwords
from command_center.posts import EVERY, Posts, is_within
from command_center.sessions import Sessions, void_links
from contract.clock import Clock
from contract.link import Rejected
from contract.messages import Role

INVITATION_LASTS: Final = timedelta(hours=24)
FIRST_LINK_LASTS: Final = timedelta(minutes=30)
"""Of the very first officer; a restart makes another."""
OFFICERS_MAX: Final = 1_000
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


class Officers:
    """Everyone who may sign in, and everyone who did."""

    def __init__(self, database: Database, passwords: Passwords, clock: Clock) -> None:
        self._database: Final = database
        self._passwords: Final = passwords
        self._officers: dict[str, Officer] = {}
        self._sessions: Final = Sessions(database, clock)

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
        session = self._sessions.of(token)
        officer = self._officers.get(session.officer) if session else None
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
        return await self._link(Officer(FIRST, "admin", posts=(EVERY,)), lasts=FIRST_LINK_LASTS)

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
            await self._sessions.end_all(name)
            await self._write(replace(former, password=""), former=name)
        return await self._link(Officer(name, role, posts=posts), lasts=INVITATION_LASTS)

    async def use_link(self, token: str) -> str | None:
        """Sign in by a one-time link: the session's token, or none if it was used or is too old."""
        name = await self._sessions.take_link(token)
        if name is None:
            return None
        _log.info("officer %s came by a one-time link", name)
        return await self._sessions.start(name)

    async def sign_in(self, name: str, password: str) -> str | None:
        """Sign in by password: the session's token, or none."""
        officer = self._officers.get(name)
        hash_ = officer.password if officer and officer.is_active else ""
        if not await self._passwords.is_right(hash_, password):
            return None
        _log.info("officer %s signed in", name)
        return await self._sessions.start(name)

    async def sign_out(self, token: str) -> None:
        """End this session."""
        await self._sessions.end(token)

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
        session = self._sessions.of(token)
        if session is None:
            raise Rejected("Nobody is signed in.")
        await self._sessions.end_all(officer.name)
        await self._write(replace(officer, name=new, password=hash_), former=officer.name)
        await self._sessions.put(token, replace(session, officer=new))
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
            await self._sessions.end_all(name)
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
        rows = await self._database.do(
            lambda connection: connection.execute(
                "SELECT name, role, password, is_active, posts FROM officers"
            ).fetchall()
        )
        self._officers = {
            name: Officer(name, cast("Role", role), password, bool(is_active), tuple(posts.split()))
            for name, role, password, is_active, posts in rows
        }
        await self._sessions.load()

    async def _link(self, officer: Officer, *, lasts: timedelta) -> str:
        if officer.name not in self._officers:
            await self._write(officer, former=officer.name)
        return await self._sessions.link(officer.name, lasts)

    async def _write(self, officer: Officer, *, former: str) -> None:
        posts = " ".join(officer.posts)
        row = (officer.name, officer.role, officer.password, officer.is_active, posts)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM officers WHERE name = ?", (former,))
            connection.execute("INSERT INTO officers VALUES(?, ?, ?, ?, ?)", row)
            if officer.password:
                void_links(connection, former)

        await self._database.do(work)
        self._officers.pop(former, None)
        self._officers[officer.name] = officer


def _check_gift(posts: Posts, by: Posts) -> None:
    if not is_within(posts, by):
        raise Rejected("Nobody can give posts, or change an officer of posts, beyond their own.")


def _is_chief(officer: Officer) -> bool:
    return officer.role == "admin" and officer.is_active and EVERY in officer.posts

"""What officers do: from the screen through the outbox to the journal, and what came of it.

    POST ─▶ said durably ("sending") ─▶ outbox ─▶ uplink ⇒ gateway
    alert.changed with the act ─▶ "done";  act.refused ─▶ "refused"

The journal decides; here is only remembered, through restarts, what is still on its way.
"""

import logging
import secrets
import sqlite3
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal, Self

import msgspec

from command_center.act import Act
from command_center.database import Database
from contract.link import Unavailable
from contract.messages import (
    ActRefused,
    Alert,
    AlertChanged,
    Message,
    OfficerActed,
    Refused,
    Role,
    Verb,
)

SHOWN_MAX: Final = 200
"""Acts that screens are told of: all that are sending, and of the settled the last ones."""
SENDING_MAX: Final = 10_000
"""Acts on their way; more are refused at once, with a sentence."""

KEPT_MAX: Final = 1_000
"""Settled acts on this disk; the journal has all of them."""

UNKNOWN: Final = (
    "What came of it is not known: the gateway has it, and told everything anew without it."
)
DOUBT_ROUNDS: Final = 1
"""Rounds of `age` that a doubted act has left, for an answer that is on its way."""

MIGRATIONS: Final = (
    """CREATE TABLE acts(number INTEGER PRIMARY KEY, act TEXT UNIQUE NOT NULL,
         state TEXT NOT NULL, reason TEXT NOT NULL, is_said INTEGER NOT NULL,
         message BLOB NOT NULL);
       CREATE INDEX unsettled ON acts(state) WHERE state = 'sending'""",
    # Acts of before carry no post: only who holds every post is told of them.
    "ALTER TABLE acts ADD COLUMN post TEXT NOT NULL DEFAULT ''",
)

_log: Final = logging.getLogger(__name__)
Say = Callable[[OfficerActed], Awaitable[object]]
"""Makes the act durable in the outbox before it returns."""


class Acts:
    """All that are on their way, and the last that came through."""

    def __init__(self, database: Database, say: Say, told: Callable[[Act], None]) -> None:
        self._database: Final = database
        self._say: Final = say
        self._told: Final = told
        self._sending: dict[str, Act] = {}
        self._settled: OrderedDict[str, Act] = OrderedDict()
        self._unwritten: dict[str, Act] = {}
        self._doubted: dict[str, int] = {}
        self._given_up: dict[str, Act] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, say: Say, told: Callable[[Act], None]
    ) -> AsyncIterator[Self]:
        """Open or make the file, and say what a crash kept from the outbox."""
        async with Database.open(path, MIGRATIONS) as database:
            acts = cls(database, say, told)
            await acts._load()
            yield acts

    def shown(self) -> list[Act]:
        """What a screen needs to know, oldest first."""
        return [*self._settled.values(), *self._sending.values()]

    async def act(
        self, *, verb: Verb, alert: Alert, officer: str, role: Role, note: str, assignee: str
    ) -> str:
        """Say it; the act's id. Once this returns, the act reaches the journal, come what may."""
        if len(self._sending) >= SENDING_MAX:
            raise Unavailable(f"{SENDING_MAX} acts wait for the gateway already")
        id_ = secrets.token_hex(16)
        message = OfficerActed(
            act=id_,
            verb=verb,
            alert=alert.id,
            officer=officer,
            role=role,
            note=note,
            assignee=assignee,
        )
        row = (id_, "sending", "", 0, msgspec.json.encode(message), alert.post)
        await self._database.do(
            lambda connection: connection.execute(
                "INSERT INTO acts(act, state, reason, is_said, message, post) "
                "VALUES(?, ?, ?, ?, ?, ?)",
                row,
            )
        )
        self._turn(_shown(message, alert.post))
        try:
            await self._hand_over(message)
        except (Unavailable, Refused) as error:
            # Who is told that it failed must not find it done after a restart.
            self._settle(self._sending[id_], "refused", str(error))
            await self.flush()
            raise
        return id_

    def heard(self, message: Message | None) -> None:
        """A change of the gateway: does it settle an act?"""
        match message:
            case AlertChanged():
                self.seen(message.alert)
                if act := self._open(message.act):
                    self._settle(act, "done")
            case ActRefused():
                if act := self._open(message.act):
                    self._settle(act, "refused", message.reason)

    def seen(self, alert: Alert) -> None:
        """An alert names the acts in the journal: that settles them too, as after a snapshot."""
        if not (self._sending or self._given_up):
            return
        for done in alert.acts:
            if act := self._open(done.act):
                self._settle(act, "done")

    def doubt(self) -> None:
        """The gateway has every act and told everything anew: what came of some it told no more."""
        for id_ in self._sending:
            self._doubted.setdefault(id_, 0)

    async def age(self) -> None:
        """Give up what is doubted for a round already; asked for every half minute or so."""
        doubted, self._doubted = self._doubted, {}
        for id_, rounds in doubted.items():
            act = self._sending.get(id_)
            if act is not None and rounds < DOUBT_ROUNDS:
                self._doubted[id_] = rounds + 1
            elif act is not None:
                self._settle(act, "refused", UNKNOWN)
                # Should it be told after all, that counts.
                self._given_up[id_] = act
                if len(self._given_up) > SHOWN_MAX:
                    self._given_up.pop(next(iter(self._given_up)))
        await self.flush()

    async def flush(self) -> None:
        """Make durable what was settled."""
        if not self._unwritten:
            return
        written = dict(self._unwritten)
        rows = [(act.state, act.reason, act.act) for act in written.values()]
        await self._database.do(lambda connection: _write(connection, rows))
        for id_ in written:
            self._unwritten.pop(id_, None)

    async def _hand_over(self, message: OfficerActed) -> None:
        await self._say(message)
        await self._database.do(
            lambda connection: connection.execute(
                "UPDATE acts SET is_said = 1 WHERE act = ?", (message.act,)
            )
        )

    def _open(self, id_: str) -> Act | None:
        return self._sending.get(id_) or self._given_up.get(id_)

    def _settle(self, act: Act, state: Literal["done", "refused"], reason: str = "") -> None:
        settled = msgspec.structs.replace(act, state=state, reason=reason)
        self._unwritten[act.act] = settled
        self._given_up.pop(act.act, None)
        self._turn(settled)

    def _turn(self, act: Act) -> None:
        if act.state == "sending":
            self._sending[act.act] = act
        else:
            self._sending.pop(act.act, None)
            self._settled[act.act] = act
            if len(self._settled) > SHOWN_MAX:
                self._settled.popitem(last=False)
        _log.info("act %s: %s of %s is %s", act.act, act.verb, act.alert, act.state)
        self._told(act)

    async def _load(self) -> None:
        for state, reason, is_said, body, post in await self._database.do(_rows):
            message = msgspec.json.decode(body, type=OfficerActed)
            act = msgspec.structs.replace(_shown(message, post), state=state, reason=reason)
            (self._sending if state == "sending" else self._settled)[act.act] = act
            if state == "sending" and not is_said:
                # The crash came between our file and the outbox. Should it have come just after
                # the outbox, the journal hears the same act id twice and decides.
                await self._hand_over(message)


def _shown(message: OfficerActed, post: str) -> Act:
    return Act(
        act=message.act,
        alert=message.alert,
        verb=message.verb,
        officer=message.officer,
        state="sending",
        post=post,
    )


def _write(connection: sqlite3.Connection, settled: Sequence[tuple[str, str, str]]) -> None:
    connection.executemany("UPDATE acts SET state = ?, reason = ? WHERE act = ?", settled)
    connection.execute(
        "DELETE FROM acts WHERE state != 'sending' AND number <= (SELECT number FROM acts "
        "WHERE state != 'sending' ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (KEPT_MAX,),
    )


def _rows(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    columns = "SELECT state, reason, is_said, message, post FROM acts"
    settled = f"{columns} WHERE state != 'sending' ORDER BY number DESC LIMIT {SHOWN_MAX}"
    sending = connection.execute(f"{columns} WHERE state = 'sending' ORDER BY number").fetchall()
    return [*reversed(connection.execute(settled).fetchall()), *sending]

"""Alerts on MQTT topics, for outside systems that prefer them: one CloudEvent for each change.

    alert log ─▶ a page, in order ─▶ greenlane/1/POST/alerts/RULE ══▶ broker ══▶ subscribers
        ▲                                                              ║
        └──── position on disk ◀──── heard back: the broker passes it on

What comes back has been routed to whoever hears the topic; an acknowledgement alone would not say
so, for a broker acknowledges what its access list drops. At least once: after a crash the page
that was on its way is said again. Nothing is retained: who was away asks `GET /api/alerts?after=`
with the last cursor that it saw, or follows the stream from it.
"""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

import msgspec

from command_center.alert_log import AlertLog
from command_center.alert_rows import Entry, Pruned
from command_center.database import Database
from command_center.posts import EVERY, Posts
from contract.clock import Clock
from contract.identifiers import Source
from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.messages import AlertChanged, Refused, Unreadable, read
from contract.stopping import apart
from contract.topics import alert_topic, alert_topics

PAGE_MAX: Final = 100
"""Changes that are on their way to the broker at a time."""
BACK_S_MAX: Final = 10.0
"""What the broker has not passed on by then is said again."""
RETRY_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Waits between tries; the last one repeats."""
CURSOR: Final = "cursor"
"""The extension attribute by which a subscriber asks for what it missed."""
UNKNOWN: Final = "unknown"
"""The rule of what was kept by a version that knew more than this one."""

MIGRATIONS: Final = (
    """CREATE TABLE standing(id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL)""",
)
_log: Final = logging.getLogger(__name__)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is; durable."""

    position: int
    """In the alert log: everything up to here was passed on."""
    cursor: str = ""
    published: int = 0
    published_at: datetime | None = None
    skipped: int = 0
    """Changes that were kept no longer when it was their turn."""


class AlertTopics:
    """`run` until cancelled; `standing`, `state` and `reason` say how it goes."""

    def __init__(
        self, database: Database, log: AlertLog, standing: Standing, *, posts: Posts, clock: Clock
    ) -> None:
        self.posts: Final = posts
        self.standing = standing
        self.state: Literal["live", "failing"] = "live"
        self.reason = ""
        self._database: Final = database
        self._log: Final = log
        self._clock: Final = clock

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, log: AlertLog, posts: Posts = (EVERY,), clock: Clock
    ) -> AsyncIterator[Self]:
        """Open or make the file; the first time it begins with what comes from now on."""
        async with Database.open(path, MIGRATIONS) as database:
            found = await database.do(_read)
            known = msgspec.json.decode(found, type=Standing) if found else None
            topics = cls(
                database, log, known or Standing(position=log.last), posts=posts, clock=clock
            )
            if known is None:
                await topics._put(topics.standing)
            yield topics

    @property
    def filters(self) -> tuple[str, ...]:
        """What a subscriber hears all of it by."""
        return tuple(alert_topics("+" if post == EVERY else post) for post in self.posts)

    async def run(self, dial: Dial, me: Source) -> None:
        """Say what comes until cancelled."""
        tries = 0
        while True:
            before = self.standing.published
            client_id = f"{me.post}-{me.name}-alerts-{secrets.token_hex(8)}"
            try:
                await apart(self._use_link(dial, client_id), "alert topics link")
            except* (Unavailable, Rejected) as group:
                self._fail(group)
            tries = 0 if self.standing.published > before else tries + 1
            await self._clock.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])

    async def _use_link(self, dial: Dial, client_id: str) -> None:
        async with dial(client_id) as link:
            await link.subscribe(*self.filters)
            await self._say_all(link)

    def _fail(self, group: BaseExceptionGroup[BaseException]) -> None:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        if self.state == "live" or self.reason != str(first):
            _log.warning("alert topics: %s", first)
        self.state, self.reason = "failing", str(first)

    async def _say_all(self, link: Link) -> None:
        echo = _Echo()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(echo.hear(link), name="alert topics: hear")
            tasks.create_task(self._follow(link, echo), name="alert topics: say")

    async def _follow(self, link: Link, echo: "_Echo") -> None:
        while True:
            if self.standing.position > self._log.last:
                # The log is a new one: nothing of it was said.
                await self._put(_at(self.standing, self._log.first - 1))
            if self.standing.position >= self._log.last:
                self._live()
            await self._log.moved(self.standing.position)
            if self._log.is_ended:
                await asyncio.Event().wait()
            position = self.standing.position
            try:
                found, upto = await self._log.after(position, self.posts, PAGE_MAX)
            except Pruned:
                await self._skip()
                continue
            alerts = [entry for entry in found if entry.kind == "alert"]
            if alerts:
                await echo.say(link, [packet_of(entry) for entry in alerts])
            await self._put(self._after(alerts, upto))

    def _after(self, alerts: Sequence[Entry], upto: int) -> Standing:
        if not alerts:
            return _at(self.standing, upto)
        return msgspec.structs.replace(
            self.standing,
            position=upto,
            cursor=alerts[-1].cursor,
            published=self.standing.published + len(alerts),
            published_at=self._clock.utc_now(),
        )

    def _live(self) -> None:
        if self.state == "failing":
            _log.info("alert topics: nothing waits for the broker any more")
        self.state, self.reason = "live", ""

    async def _skip(self) -> None:
        upto = self._log.first - 1
        skipped = self.standing.skipped + upto - self.standing.position
        _log.warning("alert topics: changes were pruned before they were said")
        await self._put(msgspec.structs.replace(self.standing, position=upto, skipped=skipped))

    async def _put(self, standing: Standing) -> None:
        row = (msgspec.json.encode(standing),)
        await self._database.do(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO standing VALUES(1, ?)", row
            )
        )
        self.standing = standing


class _Echo:
    """Waits until what we said comes back."""

    def __init__(self) -> None:
        self._awaited: set[tuple[str, bytes]] = set()
        self._is_back: Final = asyncio.Event()

    async def say(self, link: Link, packets: Sequence[Packet]) -> None:
        """Say a page and hear all of it; raises `Unavailable` if some of it does not come back."""
        self._awaited = {(packet.topic, packet.body) for packet in packets}
        self._is_back.clear()
        await link.publish(packets)
        try:
            async with asyncio.timeout(BACK_S_MAX):
                await self._is_back.wait()
        except TimeoutError as error:
            where = min(topic for topic, _ in self._awaited)
            raise Unavailable(
                f"the broker does not pass on what is said on {where}: may this command center "
                "read and write there by its access list?"
            ) from error

    async def hear(self, link: Link) -> None:
        """Take what comes back."""
        async for batch in link.receive():
            self._awaited.difference_update((packet.topic, packet.body) for packet in batch)
            if not self._awaited:
                self._is_back.set()


def packet_of(entry: Entry) -> Packet:
    """A change as it is said: the gateway's CloudEvent and, in front, the cursor after it."""
    cursor = msgspec.json.encode(entry.cursor)
    body = b'{"' + CURSOR.encode() + b'":' + cursor + b"," + entry.body.lstrip()[1:]
    return Packet(topic=alert_topic(entry.post, _rule_of(entry.body)), body=body)


def _rule_of(body: bytes) -> str:
    try:
        message = read(body).message()
    except (Unreadable, Refused):
        return UNKNOWN
    return message.alert.rule if isinstance(message, AlertChanged) else UNKNOWN


def _at(standing: Standing, position: int) -> Standing:
    return msgspec.structs.replace(standing, position=position)


def _read(connection: sqlite3.Connection) -> bytes | None:
    row = connection.execute("SELECT body FROM standing").fetchone()
    return row[0] if row else None

"""Who gets alerts by webhook: entered by admins, and how each one stands."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from command_center.addresses import URL_CHARS_MAX, check_url, host_of
from command_center.alert_log import AlertLog
from command_center.alert_rows import Pruned
from command_center.alert_topics import AlertTopics
from command_center.answers import error, json, officer_of
from command_center.audit import Audit, Verb
from command_center.cursor import FORM, Cursor
from command_center.officers import Officer
from command_center.posts import Posts, common, is_within, parse
from command_center.routes.officers import PostsAsked
from command_center.routes.tokens import Id
from command_center.subscribers import State, Subscriber
from command_center.webhooks import Webhooks
from contract.clock import Clock
from contract.link import Rejected
from contract.messages import Severity, read

HIDDEN: Final = ("position",)
_Severity = Literal["critical", "high", "medium", "low"]


class SubscriberTold(msgspec.Struct, frozen=True, kw_only=True):
    """A subscriber as admins see it, and how far behind it is."""

    id: str
    name: str
    url: str
    posts: tuple[str, ...]
    at_least: Severity
    officer: str
    created_at: datetime
    state: State
    reason: str
    cursor: str
    delivered: int
    delivered_at: datetime | None
    tries: int
    failing_since: datetime | None
    next_try_at: datetime | None
    skipped: int
    lag_changes: int
    """Changes that wait for it; those not severe enough for it are counted until it is there."""
    lag_s: float
    """Age of the oldest of them."""


class TopicsTold(msgspec.Struct, frozen=True, kw_only=True):
    """How the MQTT topics of alerts stand."""

    filters: tuple[str, ...]
    """What a subscriber hears all of them by."""
    state: Literal["live", "failing"]
    reason: str
    cursor: str
    published: int
    published_at: datetime | None
    skipped: int
    lag_changes: int
    lag_s: float


class _Subscription(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(min_length=1, max_length=80)]
    url: Annotated[str, Field(min_length=1, max_length=URL_CHARS_MAX)]
    posts: PostsAsked
    at_least: _Severity = "low"
    since: Annotated[str, Field(pattern=f"^{FORM.pattern}$")] | None = None


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    is_enabled: bool


def router(
    webhooks: Webhooks, log: AlertLog, topics: AlertTopics | None, audit: Audit, clock: Clock
) -> APIRouter:
    """The routes."""
    desk = _Desk(webhooks, log, topics, audit, clock)
    routes = APIRouter()
    routes.get("/api/subscribers")(desk.listed)
    routes.post("/api/subscribers", status_code=201)(desk.add)
    routes.post("/api/subscribers/{id}")(desk.change)
    routes.delete("/api/subscribers/{id}")(desk.remove)
    routes.post("/api/subscribers/{id}/test")(desk.test)
    return routes


class _Desk:
    """Where subscribers are entered."""

    def __init__(
        self,
        webhooks: Webhooks,
        log: AlertLog,
        topics: AlertTopics | None,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._webhooks: Final = webhooks
        self._known: Final = webhooks.subscribers
        self._log: Final = log
        self._topics: Final = topics
        self._audit: Final = audit
        self._clock: Final = clock

    async def listed(self, request: Request) -> Response:
        """Every subscriber of your posts: how far, what waits, what is wrong."""
        posts = officer_of(request).posts
        near = [one for one in self._known.all() if common(one.posts, posts)]
        told = [await self._told(one) for one in near]
        return json({"subscribers": told, "topics": await self._topics_told(posts)})

    async def add(self, request: Request, asked: _Subscription) -> Response:
        """Alerts of these posts to a URL, from now or a cursor on; `secret` is told this once."""
        officer, posts = officer_of(request), parse(asked.posts)
        try:
            position = await self._position(asked.since)
        except Pruned:
            return error("What follows this cursor is kept no longer.", 410)
        # The URL itself may hold a secret of the receiver.
        said = f"{asked.name}, to {host_of(asked.url)}"
        async with self._audit.act(officer, "add subscriber", posts=posts, detail=said) as pen:
            _check(officer, posts)
            check_url(asked.url, self._webhooks.allowed)
            subscriber, secret = await self._known.add(
                name=asked.name,
                url=asked.url,
                posts=posts,
                at_least=asked.at_least,
                officer=officer.name,
                position=position,
            )
            pen.about(subscriber.id)
        self._webhooks.restart(subscriber.id)
        return json({"subscriber": await self._told(subscriber), "secret": secret}, 201)

    async def change(self, request: Request, id: Id, asked: _Change) -> Response:  # noqa: A002 - the path's own word
        """Disable it; or enable it again, to go on where it stopped."""
        officer, known = officer_of(request), self._theirs(request, id)
        verb: Verb = "resume subscriber" if asked.is_enabled else "pause subscriber"
        async with self._audit.act(officer, verb, about=id, posts=known.posts, detail=known.name):
            await self._known.put(_changed(known, officer, is_enabled=asked.is_enabled))
        self._webhooks.restart(id)
        return json(await self._told(self._theirs(request, id)))

    async def remove(self, request: Request, id: Id) -> Response:  # noqa: A002 - the path's own word
        """Forget it and its secret."""
        officer, known = officer_of(request), self._theirs(request, id)
        async with self._audit.act(
            officer, "remove subscriber", about=id, posts=known.posts, detail=known.name
        ):
            await self._known.remove(id)
        self._webhooks.restart(id)
        return Response(status_code=204)

    async def test(self, request: Request, id: Id) -> Response:  # noqa: A002 - the path's own word
        """Send a test event once, signed as alerts are; nothing that waits is changed by it."""
        officer, known = officer_of(request), self._theirs(request, id)
        async with self._audit.act(
            officer, "test subscriber", about=id, posts=known.posts, detail=known.name
        ):
            return json(await self._webhooks.try_out(known, officer.name))

    def _theirs(self, request: Request, id_: str) -> Subscriber:
        try:
            return self._known.of(officer_of(request).posts, id_)
        except Rejected as rejected:
            raise HTTPException(404, str(rejected)) from None

    async def _topics_told(self, posts: Posts) -> TopicsTold | None:
        """How the MQTT topics stand, as far as these posts go."""
        if self._topics is None or not common(self._topics.posts, posts):
            return None
        standing = self._topics.standing
        count, lag_s = await self._waiting(standing.position, self._topics.posts)
        return TopicsTold(
            filters=self._topics.filters,
            state=self._topics.state,
            reason=self._topics.reason,
            cursor=standing.cursor,
            published=standing.published,
            published_at=standing.published_at,
            skipped=standing.skipped,
            lag_changes=count,
            lag_s=lag_s,
        )

    async def _position(self, since: str | None) -> int:
        return await self._log.find(Cursor.parse(since)) if since else self._log.last

    async def _told(self, one: Subscriber) -> SubscriberTold:
        count, lag_s = await self._waiting(one.position, one.posts)
        shown = {k: v for k, v in msgspec.structs.asdict(one).items() if k not in HIDDEN}
        return SubscriberTold(**shown, lag_changes=count, lag_s=lag_s)

    async def _waiting(self, position: int, posts: Posts) -> tuple[int, float]:
        """How many changes wait, and the age of the oldest in seconds."""
        count, oldest = await self._log.waiting(position, posts)
        lag = self._clock.utc_now() - read(oldest).time if oldest else timedelta(0)
        return count, round(max(0.0, lag.total_seconds()), 1)


def _check(officer: Officer, posts: tuple[str, ...]) -> None:
    if not posts or not is_within(posts, officer.posts):
        raise Rejected("A subscriber is for posts that you hold, at least one.")


def _changed(known: Subscriber, officer: Officer, *, is_enabled: bool) -> Subscriber:
    if not is_enabled:
        reason = f"Disabled by {officer.name}."
        return msgspec.structs.replace(known, state="disabled", reason=reason, next_try_at=None)
    return msgspec.structs.replace(
        known, state="live", reason="", tries=0, failing_since=None, next_try_at=None
    )

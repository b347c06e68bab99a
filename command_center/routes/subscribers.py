"""Who gets alerts by webhook: entered by admins, and how each one stands."""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from command_center.addresses import URL_CHARS_MAX, check_url
from command_center.alert_log import AlertLog, Pruned
from command_center.answers import error, json, officer_of
from command_center.cursor import FORM, Cursor
from command_center.officers import Officer
from command_center.posts import common, is_within, parse
from command_center.routes.officers import PostsAsked
from command_center.routes.tokens import Id
from command_center.subscribers import State, Subscriber
from command_center.webhooks import Webhooks
from contract.clock import Clock
from contract.link import Rejected
from contract.messages import read

HIDDEN: Final = ("position",)


class SubscriberTold(msgspec.Struct, frozen=True, kw_only=True):
    """A subscriber as admins see it, and how far behind it is."""

    id: str
    name: str
    url: str
    posts: tuple[str, ...]
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
    """Changes that wait for it."""
    lag_s: float
    """Age of the oldest of them."""


class _Subscription(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(min_length=1, max_length=80)]
    url: Annotated[str, Field(min_length=1, max_length=URL_CHARS_MAX)]
    posts: PostsAsked
    since: Annotated[str, Field(pattern=f"^{FORM.pattern}$")] | None = None


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    is_enabled: bool


def router(webhooks: Webhooks, log: AlertLog, clock: Clock) -> APIRouter:
    """The routes."""
    desk = _Desk(webhooks, log, clock)
    routes = APIRouter()
    routes.get("/api/subscribers")(desk.listed)
    routes.post("/api/subscribers", status_code=201)(desk.add)
    routes.post("/api/subscribers/{id}")(desk.change)
    routes.delete("/api/subscribers/{id}")(desk.remove)
    return routes


class _Desk:
    """Where subscribers are entered."""

    def __init__(self, webhooks: Webhooks, log: AlertLog, clock: Clock) -> None:
        self._webhooks: Final = webhooks
        self._known: Final = webhooks.subscribers
        self._log: Final = log
        self._clock: Final = clock

    async def listed(self, request: Request) -> Response:
        """Every subscriber of your posts: how far, what waits, what is wrong."""
        posts = officer_of(request).posts
        near = [one for one in self._known.all() if common(one.posts, posts)]
        return json({"subscribers": [await self._told(one) for one in near]})

    async def add(self, request: Request, asked: _Subscription) -> Response:
        """Alerts of these posts to a URL, from now or a cursor on; `secret` is told this once."""
        officer, posts = officer_of(request), parse(asked.posts)
        _check(officer, posts)
        check_url(asked.url, self._webhooks.allowed)
        try:
            position = await self._position(asked.since)
        except Pruned:
            return error("What follows this cursor is kept no longer.", 410)
        subscriber, secret = await self._known.add(
            name=asked.name, url=asked.url, posts=posts, officer=officer.name, position=position
        )
        self._webhooks.restart(subscriber.id)
        return json({"subscriber": await self._told(subscriber), "secret": secret}, 201)

    async def change(self, request: Request, id: Id, asked: _Change) -> Response:  # noqa: A002 - the path's own word
        """Disable it; or enable it again, to go on where it stopped."""
        officer = officer_of(request)
        try:
            known = self._known.of(officer.posts, id)
        except Rejected as rejected:
            return error(str(rejected), 404)
        await self._known.put(_changed(known, officer, is_enabled=asked.is_enabled))
        self._webhooks.restart(id)
        return json(await self._told(self._known.of(officer.posts, id)))

    async def remove(self, request: Request, id: Id) -> Response:  # noqa: A002 - the path's own word
        """Forget it and its secret."""
        try:
            self._known.of(officer_of(request).posts, id)
        except Rejected as rejected:
            return error(str(rejected), 404)
        await self._known.remove(id)
        self._webhooks.restart(id)
        return Response(status_code=204)

    async def _position(self, since: str | None) -> int:
        return await self._log.find(Cursor.parse(since)) if since else self._log.last

    async def _told(self, one: Subscriber) -> SubscriberTold:
        count, oldest = await self._log.waiting(one.position, one.posts)
        lag = timedelta(0)
        if oldest:
            lag = self._clock.utc_now() - read(oldest).time
        shown = {k: v for k, v in msgspec.structs.asdict(one).items() if k not in HIDDEN}
        return SubscriberTold(
            **shown, lag_changes=count, lag_s=round(max(0.0, lag.total_seconds()), 1)
        )


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

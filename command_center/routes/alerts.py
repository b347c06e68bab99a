"""Alerts for programs: listed, and followed live by server-sent events or a websocket.

A subscriber that was away comes back with its cursor, and misses nothing: what changed meanwhile
is told first. Only if that is kept no longer it is told so: `410` here, `reset` on a stream.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, WebSocket
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from command_center.alert_log import AlertLog
from command_center.answers import error, json, reader_of
from command_center.board import Board
from command_center.cursor import Cursor, NotACursor
from command_center.following import EACH_MAX, FOLLOWERS_MAX, Ended, Following, Item, Over
from command_center.posts import may_see
from command_center.reader import Reader, Who
from contract.link import Unavailable
from contract.messages import Alert, AlertState

PAGE_MAX: Final = 1_000
STALLED_S_MAX: Final = 30.0
"""A subscriber that takes nothing for so long is cut off; it has its cursor."""
RETRY_MS: Final = 1_000
"""After so long a browser comes back."""
ENDED, OVER, NO_CURSOR, FULL = 1012, 4001, 4010, 1013
"""Close codes of the websocket: service restart, signed out, no cursor, try again later."""

_After = Annotated[str, Query(max_length=40)]


class Room:
    """How many follow, in all and each."""

    def __init__(self) -> None:
        self._following: Final[Counter[str]] = Counter()

    @contextmanager
    def taken(self, reader: Reader) -> Iterator[None]:
        """One more; `HTTPException` if there is no room."""
        full = self._following.total() >= FOLLOWERS_MAX
        if full or self._following[reader.name] >= EACH_MAX:
            raise HTTPException(503, "Too many streams are open; close some, or try later.")
        self._following[reader.name] += 1
        try:
            yield
        finally:
            self._following[reader.name] -= 1
            if not self._following[reader.name]:
                del self._following[reader.name]


def router(board: Board, log: AlertLog) -> APIRouter:
    """The routes; those with a name of their own before the one for ids."""
    routes, room = APIRouter(), Room()

    @routes.get("/api/alerts")
    async def listed(
        request: Request,
        *,
        after: _After = "",
        state: Annotated[AlertState | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    ) -> Response:
        """Alerts in the order of their last change, each as it is now, after a cursor or all."""
        since = _cursor(after)
        if since is not None and since.epoch != log.cursor.epoch:
            gone = "This cursor is of another journal or too old: read again without `after`."
            return json({"error": gone, "cursor": str(log.cursor)}, 410)
        found = _found(board, log, since, request)
        chosen = [(n, one) for n, one in found if state in (None, one.state)]
        is_last = len(chosen) <= limit
        upto = log.cursor if is_last else Cursor(log.cursor.epoch, chosen[limit - 1][0])
        alerts = [one for _, one in chosen[:limit]]
        return json({"alerts": alerts, "cursor": str(upto), "is_last": is_last})

    @routes.get("/api/alerts/stream")
    async def stream(request: Request, after: _After = "") -> Response:
        """Every change of an alert as it comes, as server-sent events."""
        who = reader_of(request)
        since = _cursor(request.headers.get("last-event-id", "") or after)
        return _EventStream(Following(log, who), since, who, room)

    @routes.get("/api/alerts/{alert}")
    async def one(request: Request, alert: str) -> Response:
        """One alert as it is now."""
        reader, known = reader_of(request)(), board.alert(alert)
        if reader is None or known is None or not may_see(reader.posts, known):
            return error("No alert has this id.", 404)
        return json(known)

    @routes.websocket("/api/alerts/live")
    async def live(socket: WebSocket, after: str = "") -> None:
        await _follow(socket, log, room, after)

    return routes


def _found(
    board: Board, log: AlertLog, since: Cursor | None, request: Request
) -> list[tuple[int, Alert]]:
    reader = reader_of(request)()
    if reader is None:
        return []
    # The board may be a moment ahead of what is on disk: that comes with the next cursor.
    upto = log.cursor.number
    later = board.changed_after(since.number if since else -1)
    return [(n, one) for n, one in later if n <= upto and may_see(reader.posts, one)]


def _cursor(text: str) -> Cursor | None:
    try:
        return Cursor.parse(text) if text else None
    except NotACursor as not_one:
        raise HTTPException(422, str(not_one)) from not_one


async def _items(following: Following, since: Cursor | None) -> AsyncIterator[Item]:
    for item in await following.begin(since):
        yield item
    while True:
        for item in await following.more():
            yield item


class _EventStream(Response):
    """Server-sent events (WHATWG HTML, section 9.2) until somebody ends it."""

    media_type = "text/event-stream"

    def __init__(self, following: Following, since: Cursor | None, who: Who, room: Room) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._following: Final = following
        self._since: Final = since
        self._who: Final = who
        self._room: Final = room

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3."""
        reader = self._who()
        if reader is None:
            raise HTTPException(401, "Nobody is signed in.")
        with self._room.taken(reader):
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            async with asyncio.TaskGroup() as tasks:
                telling = tasks.create_task(self._tell(send), name="alert stream: tell")
                leaving = tasks.create_task(_left(receive), name="alert stream: leave")
                telling.add_done_callback(lambda _: leaving.cancel())
                leaving.add_done_callback(lambda _: telling.cancel())

    async def _tell(self, send: Send) -> None:
        # Part of the first event: alone, some clients take it for an event without data.
        retry = b"retry: %d\n" % RETRY_MS
        try:
            async for item in _items(self._following, self._since):
                await _send(send, retry + _event(item), is_more=True)
                retry = b""
        except (Over, Ended, Unavailable):
            # Also when the disk fails for a moment: it comes back with its cursor.
            await _send(send, b"", is_more=False)
        except TimeoutError:
            # It takes nothing any more. Without a last message the server cuts the connection.
            return


async def _send(send: Send, body: bytes, *, is_more: bool) -> None:
    async with asyncio.timeout(STALLED_S_MAX):
        await send({"type": "http.response.body", "body": body, "more_body": is_more})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(item: Item) -> bytes:
    id_ = f"id: {item.cursor}\n" if item.cursor else ""
    return f"event: {item.kind}\n{id_}data: ".encode() + item.data + b"\n\n"


async def _follow(socket: WebSocket, log: AlertLog, room: Room, after: str) -> None:
    """The same over a websocket: `{"kind", "cursor", "data"}`."""
    who = reader_of(socket)
    reader = who()
    await socket.accept()
    if reader is None:
        await socket.close(OVER)
        return
    try:
        since = Cursor.parse(after) if after else None
        with room.taken(reader):
            await _serve(socket, Following(log, who), since)
    except NotACursor as not_one:
        await socket.close(NO_CURSOR, str(not_one))
    except HTTPException as full:
        await socket.close(FULL, full.detail)
    except Over:
        await socket.close(OVER)
    except (Ended, Unavailable):
        await socket.close(ENDED)
    except (TimeoutError, WebSocketDisconnect):
        return


async def _serve(socket: WebSocket, following: Following, since: Cursor | None) -> None:
    ended: list[Exception] = []
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_tell(socket, following, since), name="alert socket: tell")
            tasks.create_task(_hear(socket), name="alert socket: hear")
    except* (Over, Ended, Unavailable, TimeoutError, WebSocketDisconnect) as group:
        ended += group.exceptions
    if ended:
        raise ended[0]


async def _tell(socket: WebSocket, following: Following, since: Cursor | None) -> None:
    async for item in _items(following, since):
        told = {"kind": item.kind, "cursor": item.cursor, "data": msgspec.Raw(item.data)}
        async with asyncio.timeout(STALLED_S_MAX):
            await socket.send_text(msgspec.json.encode(told).decode())


async def _hear(socket: WebSocket) -> None:
    """A subscriber has nothing to say; that it left is all there is to hear."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        pass
    raise WebSocketDisconnect(message.get("code", 1005))

"""The board, at once and live, and what officers do to its alerts."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.websockets import WebSocketDisconnect

from command_center.acts import Acts
from command_center.answers import error, json, officer_of, token_of
from command_center.board import Board
from command_center.live import Live, Screen
from command_center.posts import may_see
from command_center.rights import may_act
from contract.messages import TEXT_MAX, Verb

FULL: Final = 1013
"""Try again later (RFC 6455)."""
GOODBYE_S_MAX: Final = 10.0
"""A screen that takes nothing any more is given so long to take its close code."""


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    verb: Verb
    note: Annotated[str, Field(max_length=TEXT_MAX)] = ""
    assignee: Annotated[str, Field(max_length=80)] = ""


def router(board: Board, live: Live, acts: Acts) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/board")
    async def whole(request: Request) -> Response:
        """All that a screen has to know."""
        return Response(live.snapshot(officer_of(request)), media_type="application/json")

    @routes.post("/api/alerts/{alert}/acts", status_code=202)
    async def act(request: Request, alert: str, asked: _Act) -> Response:
        """Do something about an alert; what came of it is told on the live stream."""
        officer = officer_of(request)
        if not may_act(officer.role, asked.verb):
            return error("Your role may not do that.", 403)
        known = board.alert(alert)
        if known is None or not may_see(officer.posts, known):
            return error("No alert has this id.", 404)
        id_ = await acts.act(
            verb=asked.verb,
            alert=known,
            officer=officer.name,
            role=officer.role,
            note=asked.note,
            assignee=asked.assignee,
        )
        return json({"act": id_}, 202)

    @routes.websocket("/api/live")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        screen = live.join(token_of(socket), officer_of(socket))
        if screen is None:
            await socket.close(FULL, "too many screens")
            return
        try:
            await _serve(socket, screen, live)
        finally:
            live.leave(screen)

    return routes


async def _serve(socket: WebSocket, screen: Screen, live: Live) -> None:
    """Until the browser leaves, or is sent away."""
    try:
        async with asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(_tell(socket, screen), name="screen: tell")
            hearing = tasks.create_task(_hear(socket, screen, live), name="screen: hear")
            screen.sent_away.add_done_callback(lambda _: (telling.cancel(), hearing.cancel()))
    except* WebSocketDisconnect:
        screen.sent_away.cancel()
    if screen.sent_away.done() and not screen.sent_away.cancelled():
        try:
            async with asyncio.timeout(GOODBYE_S_MAX):
                await socket.close(screen.sent_away.result())
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            # It takes nothing any more: the server ends the connection.
            return


async def _tell(socket: WebSocket, screen: Screen) -> None:
    while True:
        await socket.send_text(await screen.told())


async def _hear(socket: WebSocket, screen: Screen, live: Live) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        live.hear(screen, message.get("bytes") or (message.get("text") or "").encode())

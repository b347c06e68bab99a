"""What was measured: asked of the gateway, which has it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime

from command_center.answers import error, json, officer_of
from command_center.board import Board
from command_center.pictures import Ask
from command_center.posts import may_see_device
from contract.messages import HistoryAsked, HistoryTold, SeriesAsked, SeriesTold

POINTS_MAX = 5_000
_Name = Annotated[str, Query(min_length=1, max_length=80)]


def router(board: Board, ask: Ask) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/series")
    async def series(request: Request) -> Response:
        """Which devices and metrics have a history."""
        posts = officer_of(request).posts
        told = await ask(SeriesAsked())
        if not isinstance(told, SeriesTold):
            return error("The gateway answers another question.", 503)
        keys = ("device", "metric", "unit")
        theirs = (row for row in told.series if may_see_device(posts, board, row[0]))
        return json({"series": [dict(zip(keys, row, strict=True)) for row in theirs]})

    @routes.get("/api/history")
    async def history(
        request: Request,
        *,
        device: _Name,
        metric: _Name,
        start: AwareDatetime,
        end: AwareDatetime,
        points: Annotated[int, Query(ge=1, le=POINTS_MAX)] = 600,
    ) -> Response:
        """Points of one metric between two instants; a hole is a hole."""
        if not may_see_device(officer_of(request).posts, board, device):
            return error("No device has this name.", 404)
        if not _is_order(start, end):
            return error("The start has to come before the end.", 422)
        told = await ask(
            HistoryAsked(device=device, metric=metric, start=start, end=end, points=points)
        )
        if not isinstance(told, HistoryTold):
            return error("The gateway answers another question.", 503)
        return json({"points": told.points, "unit": told.unit, "step_s": told.step_s})

    return routes


def _is_order(start: datetime, end: datetime) -> bool:
    return start < end

"""What was measured: asked of the gateway, which has it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from command_center.answers import error, json
from command_center.pictures import Ask
from contract.messages import HistoryAsked, HistoryTold, SeriesAsked, SeriesTold

POINTS_MAX = 5_000
_Name = Annotated[str, Query(min_length=1, max_length=80)]


def router(ask: Ask) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/series")
    async def series() -> Response:
        """Which devices and metrics have a history."""
        told = await ask(SeriesAsked())
        if not isinstance(told, SeriesTold):
            return error("The gateway answers another question.", 503)
        keys = ("device", "metric", "unit")
        return json({"series": [dict(zip(keys, row, strict=True)) for row in told.series]})

    @routes.get("/api/history")
    async def history(
        device: _Name,
        metric: _Name,
        start: AwareDatetime,
        end: AwareDatetime,
        points: Annotated[int, Query(ge=1, le=POINTS_MAX)] = 600,
    ) -> Response:
        """Points of one metric between two instants; a hole is a hole."""
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

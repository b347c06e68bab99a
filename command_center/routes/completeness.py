"""Is everything from a device between two instants here? The gateway answers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime

from command_center.answers import error, json, officer_of
from command_center.board import Board
from command_center.pictures import Ask
from command_center.posts import covers, may_see_device, post_of
from contract.messages import CompletenessAsked, CompletenessTold

STEPS_MAX = 200
_Name = Annotated[str, Query(min_length=1, max_length=80)]


def router(board: Board, ask: Ask) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/completeness")
    async def completeness(
        request: Request,
        *,
        device: _Name,
        start: AwareDatetime,
        end: AwareDatetime,
        source: Annotated[str, Query(max_length=80)] = "",
        steps: Annotated[int, Query(ge=1, le=STEPS_MAX)] = 1,
    ) -> Response:
        """Complete, late, missing, declared lost or cannot tell; by stretch, and why."""
        posts = officer_of(request).posts
        known = sorted(one for one in board.sources_of(device) if source in ("", one))
        if not known or not may_see_device(posts, board, device):
            return error("No device has this name.", 404)
        if len(known) > 1:
            named = ", ".join(one for one in known if covers(posts, post_of(one)))
            return error(f"Several agents have a device of this name; say source: {named}.", 422)
        if start >= end:
            return error("The start has to come before the end.", 422)
        told = await ask(
            CompletenessAsked(source=known[0], device=device, start=start, end=end, steps=steps)
        )
        if not isinstance(told, CompletenessTold):
            return error("The gateway answers another question.", 503)
        return json(
            {
                "source": known[0],
                "device": device,
                "status": told.status,
                "reasons": told.reasons,
                "stretches": told.stretches,
                "whole": told.whole,
            }
        )

    return routes

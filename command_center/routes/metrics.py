"""Counters for monitors: to an admin of every post, or to a token for every post."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from command_center.answers import error, reader_of
from command_center.metrics import Collect
from command_center.posts import EVERY
from contract.metrics import CONTENT_TYPE, exposition


def router(collect: Collect) -> APIRouter:
    """The route."""
    routes = APIRouter()

    @routes.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """OpenMetrics text; it counts over every post, so it is for who may see every post."""
        reader = reader_of(request)()
        if reader is None or EVERY not in reader.posts:
            return error("Metrics are for who may see every post.", 403)
        return Response(exposition(await collect()), media_type=CONTENT_TYPE)

    return routes

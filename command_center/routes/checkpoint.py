"""How the gateway's journal stands, signed: for whoever keeps it, so that it cannot be denied."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from command_center.answers import error
from command_center.pictures import Ask
from contract.messages import CheckpointAsked, CheckpointTold


def router(ask: Ask) -> APIRouter:
    """The route."""
    routes = APIRouter()

    @routes.get("/api/checkpoint", response_class=PlainTextResponse)
    async def checkpoint() -> Response:
        """The newest checkpoint: a signed note (C2SP tlog-checkpoint), cosigned by witnesses."""
        told = await ask(CheckpointAsked())
        if not isinstance(told, CheckpointTold):
            return error("The gateway answers another question.", 503)
        return PlainTextResponse(told.checkpoint)

    return routes

"""What admins did: read by admins, within their posts."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from command_center.answers import json, officer_of
from command_center.audit import Audit


def router(audit: Audit) -> APIRouter:
    """The route."""
    routes = APIRouter()

    @routes.get("/api/audit")
    async def shown(request: Request) -> Response:
        """Who changed officers, tokens and subscribers of your posts, newest first."""
        return json({"records": await audit.shown(officer_of(request))})

    return routes

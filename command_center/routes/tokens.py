"""Tokens by which programs read alerts."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from command_center.answers import error, json, officer_of
from command_center.posts import parse
from command_center.routes.officers import PostsAsked
from command_center.tokens import DAYS_MAX, Tokens
from contract.link import Rejected

Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


class _Token(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(min_length=1, max_length=80)]
    posts: PostsAsked
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = 90


def router(tokens: Tokens) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/tokens")
    async def listed(request: Request) -> Response:
        """Your tokens; to an admin all within their posts. What a token is, is not told again."""
        return json({"tokens": tokens.shown(officer_of(request))})

    @routes.post("/api/tokens", status_code=201)
    async def make(request: Request, asked: _Token) -> Response:
        """A token that reads alerts of these posts; `secret` is told this once."""
        officer, lasts = officer_of(request), timedelta(days=asked.days)
        token, secret = await tokens.make(officer, asked.name, parse(asked.posts), lasts)
        return json({"token": token, "secret": secret}, 201)

    @routes.delete("/api/tokens/{id}")
    async def revoke(request: Request, id: Id) -> Response:  # noqa: A002 - the path's own word
        """Take a token back, at once and for ever."""
        try:
            return json(await tokens.revoke(officer_of(request), id))
        except Rejected as rejected:
            return error(str(rejected), 404)

    return routes

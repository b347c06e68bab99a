"""Tokens by which programs read alerts."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from command_center.answers import error, json, officer_of
from command_center.audit import Audit
from command_center.posts import parse
from command_center.routes.officers import PostsAsked
from command_center.tokens import DAYS_MAX, Tokens

Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


class _Token(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(min_length=1, max_length=80)]
    posts: PostsAsked
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = 90


def router(tokens: Tokens, audit: Audit) -> APIRouter:
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
        posts = parse(asked.posts)
        said = f"{asked.name}, for {asked.days} days"
        async with audit.act(officer, "make token", posts=posts, detail=said) as pen:
            token, secret = await tokens.make(officer, asked.name, posts, lasts)
            pen.about(token.id)
        return json({"token": token, "secret": secret}, 201)

    @routes.delete("/api/tokens/{id}")
    async def revoke(request: Request, id: Id) -> Response:  # noqa: A002 - the path's own word
        """Take a token back, at once and for ever."""
        officer = officer_of(request)
        known = next((one for one in tokens.shown(officer) if one.id == id), None)
        if known is None:
            return error("No token of yours has this id.", 404)
        said = f"{known.name}, of {known.officer}"
        async with audit.act(officer, "revoke token", about=id, posts=known.posts, detail=said):
            return json(await tokens.revoke(officer, id))

    return routes

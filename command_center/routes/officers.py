"""Who may sign in: seen by officers, changed by admins."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from command_center.answers import json, officer_of
from command_center.officers import Officer, Officers
from command_center.posts import POSTS_MAX, common, parse

PostsAsked = Annotated[list[Annotated[str, Field(max_length=5)]], Field(max_length=POSTS_MAX)]
_Role = Literal["viewer", "officer", "supervisor", "admin"]


class _Invitation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(max_length=40)]
    role: _Role
    posts: PostsAsked


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    role: _Role | None = None
    is_active: bool | None = None
    posts: PostsAsked | None = None


def router(officers: Officers) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/officers")
    async def all_of_them(request: Request) -> Response:
        """Every officer who holds a post of theirs, by name."""
        posts = officer_of(request).posts
        near = (one for one in officers.all() if common(one.posts, posts))
        return json({"officers": [_told(officer) for officer in near]})

    @routes.post("/api/officers", status_code=201)
    async def invite(request: Request, asked: _Invitation) -> Response:
        """A one-time link for a new officer, or for one who forgot the password."""
        by = officer_of(request).posts
        token = await officers.invite(asked.name, asked.role, parse(asked.posts), by=by)
        return json({"link": f"/first?token={token}"}, 201)

    @routes.post("/api/officers/{name}")
    async def change(request: Request, name: str, asked: _Change) -> Response:
        """Another role, other posts; put out, take back in."""
        changed = await officers.change(
            name,
            role=asked.role,
            is_active=asked.is_active,
            posts=None if asked.posts is None else parse(asked.posts),
            by=officer_of(request).posts,
        )
        return json(_told(changed))

    return routes


def _told(officer: Officer) -> dict[str, object]:
    return {
        "name": officer.name,
        "role": officer.role,
        "posts": officer.posts,
        "is_active": officer.is_active,
        "has_password": bool(officer.password),
    }

"""Who may sign in: seen by officers, changed by admins."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from command_center.answers import error, json, officer_of
from command_center.audit import Audit, Verb
from command_center.officers import Officer, Officers
from command_center.posts import POSTS_MAX, Posts, common, parse
from contract.link import Rejected

PostsAsked = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=POSTS_MAX)]
Name = Annotated[str, Path(min_length=1, max_length=40)]
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


def router(officers: Officers, audit: Audit) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    desk = _Desk(officers, audit)
    routes.get("/api/officers")(desk.listed)
    routes.post("/api/officers", status_code=201)(desk.invite)
    routes.post("/api/officers/{name}/link", status_code=201)(desk.reset)
    routes.post("/api/officers/{name}")(desk.change)
    return routes


class _Desk:
    """Where officers are entered and changed."""

    def __init__(self, officers: Officers, audit: Audit) -> None:
        self._officers: Final = officers
        self._audit: Final = audit

    async def listed(self, request: Request) -> Response:
        """Every officer who holds a post of theirs, by name."""
        posts = officer_of(request).posts
        near = (one for one in self._officers.all() if common(one.posts, posts))
        return json({"officers": [_told(officer) for officer in near]})

    async def invite(self, request: Request, asked: _Invitation) -> Response:
        """A one-time link for a new officer."""
        admin, posts = officer_of(request), parse(asked.posts)
        said = f"as {asked.role}"
        async with self._audit.act(admin, "invite", about=asked.name, posts=posts, detail=said):
            if self._known(asked.name):
                raise Rejected("Another officer has this name.")
            if not posts:
                raise Rejected("An officer holds at least one post.")
            token = await self._officers.invite(asked.name, asked.role, posts, by=admin.posts)
        return json({"link": f"/first?token={token}"}, 201)

    async def reset(self, request: Request, name: Name) -> Response:
        """A one-time link for one who forgot the password, which holds no more; nor do sessions."""
        admin, known = officer_of(request), self._known(name)
        if known is None or not common(known.posts, admin.posts):
            return error("No officer has this name.", 404)
        async with self._audit.act(admin, "reset", about=name, posts=known.posts):
            if name == admin.name:
                raise Rejected("Change your own password yourself.")
            token = await self._officers.invite(name, known.role, known.posts, by=admin.posts)
        return json({"link": f"/first?token={token}"}, 201)

    async def change(self, request: Request, name: Name, asked: _Change) -> Response:
        """Another role, other posts; put out, take back in."""
        admin, known = officer_of(request), self._known(name)
        posts = None if asked.posts is None else parse(asked.posts)
        reach = tuple(sorted({*(posts or ()), *(known.posts if known else ())}))
        verb = _verb(asked)
        said = "" if verb != "change officer" else _said(asked.role, posts)
        async with self._audit.act(admin, verb, about=name, posts=reach, detail=said):
            changed = await self._officers.change(
                name, role=asked.role, is_active=asked.is_active, posts=posts, by=admin.posts
            )
        return json(_told(changed))

    def _known(self, name: str) -> Officer | None:
        return next((one for one in self._officers.all() if one.name == name), None)


def _verb(asked: _Change) -> Verb:
    if asked.is_active is None or asked.role is not None or asked.posts is not None:
        return "change officer"
    return "take back in" if asked.is_active else "put out"


def _said(role: str | None, posts: Posts | None) -> str:
    parts = [f"as {role}"] if role else []
    parts += [f"of {' '.join(posts) or 'no post'}"] if posts is not None else []
    return " ".join(parts)


def _told(officer: Officer) -> dict[str, object]:
    return {
        "name": officer.name,
        "role": officer.role,
        "posts": officer.posts,
        "is_active": officer.is_active,
        "has_password": bool(officer.password),
    }

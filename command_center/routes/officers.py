"""Who may sign in: seen by officers, changed by admins."""

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from command_center.answers import json
from command_center.officers import Officer, Officers

_Role = Literal["viewer", "officer", "supervisor", "admin"]


class _Invitation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(max_length=40)]
    role: _Role


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    role: _Role | None = None
    is_active: bool | None = None


def router(officers: Officers) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/officers")
    async def all_of_them() -> Response:
        """Every officer, by name."""
        return json({"officers": [_told(officer) for officer in officers.all()]})

    @routes.post("/api/officers", status_code=201)
    async def invite(asked: _Invitation) -> Response:
        """A one-time link for a new officer, or for one who forgot the password."""
        token = await officers.invite(asked.name, asked.role)
        return json({"link": f"/first?token={token}"}, 201)

    @routes.post("/api/officers/{name}")
    async def change(name: str, asked: _Change) -> Response:
        """Another role; put out, take back in."""
        return json(_told(await officers.change(name, role=asked.role, is_active=asked.is_active)))

    return routes


def _told(officer: Officer) -> dict[str, object]:
    return {
        "name": officer.name,
        "role": officer.role,
        "is_active": officer.is_active,
        "has_password": bool(officer.password),
    }

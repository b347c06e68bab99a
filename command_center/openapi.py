"""What the API answers, described: OpenAPI 3.1 from the same structs that are encoded."""

from datetime import datetime
from typing import Any, Final

import msgspec
from fastapi import FastAPI

from command_center.acts import Act
from command_center.board import Snapshot
from command_center.silence import GatewayState
from contract.messages import Point, Role


class Me(msgspec.Struct, frozen=True):
    """The officer who asks."""

    name: str
    role: Role
    posts: tuple[str, ...]
    must_set_password: bool


class BoardTold(Snapshot, frozen=True, kw_only=True):
    """All that a screen has to know; the live stream begins with it, as kind `snapshot`."""

    gateway: GatewayState
    acts: tuple[Act, ...]
    me: Me
    now: datetime


class ActTaken(msgspec.Struct, frozen=True):
    """The id by which the live stream tells what came of an act."""

    act: str


class Series(msgspec.Struct, frozen=True):
    """What has a history."""

    device: str
    metric: str
    unit: str


class SeriesList(msgspec.Struct, frozen=True):
    """All of them."""

    series: tuple[Series, ...]


class History(msgspec.Struct, frozen=True):
    """Points, oldest first."""

    points: tuple[Point, ...]
    unit: str
    step_s: float


class OfficerTold(msgspec.Struct, frozen=True):
    """An officer as others see them."""

    name: str
    role: Role
    posts: tuple[str, ...]
    is_active: bool
    has_password: bool


class OfficerList(msgspec.Struct, frozen=True):
    """Every officer, by name."""

    officers: tuple[OfficerTold, ...]


class Invitation(msgspec.Struct, frozen=True):
    """A path with a one-time token."""

    link: str


class Error(msgspec.Struct, frozen=True):
    """Every refusal, as a sentence."""

    error: str


ANSWERS: Final[dict[tuple[str, str, str], type[msgspec.Struct]]] = {
    ("/api/me", "get", "200"): Me,
    ("/api/board", "get", "200"): BoardTold,
    ("/api/alerts/{alert}/acts", "post", "202"): ActTaken,
    ("/api/series", "get", "200"): SeriesList,
    ("/api/history", "get", "200"): History,
    ("/api/officers", "get", "200"): OfficerList,
    ("/api/officers", "post", "201"): Invitation,
    ("/api/officers/{name}", "post", "200"): OfficerTold,
}
"""What each route answers; a test holds the answers against it."""


class Described(FastAPI):
    """FastAPI knows what it reads; what it answers is the contract's, and stands here."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            kinds = [*ANSWERS.values(), Error]
            template = "#/components/schemas/{name}"
            _, components = msgspec.json.schema_components(kinds, ref_template=template)
            document.setdefault("components", {}).setdefault("schemas", {}).update(components)
            for (path, method, status), kind in ANSWERS.items():
                answers = document["paths"][path][method]["responses"]
                answers[status] = _answer("As it is now.", kind)
            for path in document["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
                    operation["responses"]["default"] = _answer("Refused, and why.", Error)
        return super().openapi()


def _answer(description: str, kind: type[msgspec.Struct]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}

"""What the API answers, described: OpenAPI 3.1 from the same structs that are encoded."""

from datetime import datetime
from typing import Any, Final

import msgspec
from fastapi import FastAPI

from command_center.act import Act
from command_center.audit import Record
from command_center.board import Snapshot
from command_center.exports import Export
from command_center.place import Place
from command_center.routes.subscribers import SubscriberTold, TopicsTold
from command_center.silence import GatewayState
from command_center.tokens import Token
from command_center.webhooks import Tried
from contract.messages import Alert, Completeness, Point, Role, Stretch
from contract.pattern import for_documents


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
    places: tuple[Place, ...]
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


class Whole(msgspec.Struct, frozen=True):
    """How whole what a device saw in a time is; the status is the worst of the stretches."""

    source: str
    device: str
    status: Completeness
    reasons: tuple[str, ...]
    """Why it is not simply complete, in sentences."""
    stretches: tuple[Stretch, ...]
    whole: Stretch | None
    """All of them as one, each message counted once; null from a gateway that does not say it."""


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


class AlertPage(msgspec.Struct, frozen=True):
    """Alerts in the order of their last change; `cursor` goes on after them."""

    alerts: tuple[Alert, ...]
    cursor: str
    is_last: bool


class TooOld(msgspec.Struct, frozen=True):
    """The cursor is of another journal or too old; read all, then follow from this one."""

    error: str
    cursor: str


class TokenMade(msgspec.Struct, frozen=True):
    """A token; what it is, is told this once."""

    token: Token
    secret: str


class TokenList(msgspec.Struct, frozen=True):
    """Tokens, oldest first."""

    tokens: tuple[Token, ...]


class SubscriberMade(msgspec.Struct, frozen=True):
    """A subscriber; what its deliveries are signed with is told this once."""

    subscriber: SubscriberTold
    secret: str


class SubscriberList(msgspec.Struct, frozen=True):
    """Subscribers, oldest first; `topics` only where alerts are said on MQTT topics."""

    subscribers: tuple[SubscriberTold, ...]
    topics: TopicsTold | None


class RecordList(msgspec.Struct, frozen=True):
    """What admins did, and who took evidence out, newest first."""

    records: tuple[Record, ...]


class Invitation(msgspec.Struct, frozen=True):
    """A path with a one-time token."""

    link: str


class Error(msgspec.Struct, frozen=True):
    """Every refusal, as a sentence."""

    error: str


ANSWERS: Final[dict[tuple[str, str, str], type[msgspec.Struct]]] = {
    ("/api/me", "get", "200"): Me,
    ("/api/board", "get", "200"): BoardTold,
    ("/api/alerts", "get", "200"): AlertPage,
    ("/api/alerts", "get", "410"): TooOld,
    ("/api/alerts/{alert}", "get", "200"): Alert,
    ("/api/alerts/{alert}/acts", "post", "202"): ActTaken,
    ("/api/alerts/{alert}/evidence", "post", "202"): Export,
    ("/api/evidence/{export}", "get", "200"): Export,
    ("/api/tokens", "get", "200"): TokenList,
    ("/api/tokens", "post", "201"): TokenMade,
    ("/api/tokens/{id}", "delete", "200"): Token,
    ("/api/subscribers", "get", "200"): SubscriberList,
    ("/api/subscribers", "post", "201"): SubscriberMade,
    ("/api/subscribers/{id}", "post", "200"): SubscriberTold,
    ("/api/subscribers/{id}/test", "post", "200"): Tried,
    ("/api/series", "get", "200"): SeriesList,
    ("/api/history", "get", "200"): History,
    ("/api/completeness", "get", "200"): Whole,
    ("/api/officers", "get", "200"): OfficerList,
    ("/api/officers", "post", "201"): Invitation,
    ("/api/officers/{name}", "post", "200"): OfficerTold,
    ("/api/officers/{name}/link", "post", "201"): Invitation,
    ("/api/audit", "get", "200"): RecordList,
}
"""What each route answers; a test holds the answers against it."""
TOKEN_ROUTES: Final = ("/api/alerts", "/api/alerts/stream", "/api/alerts/{alert}")
"""Those that take a token besides an officer's session."""
STREAM: Final = """Server-sent events, each with one line of JSON as its data.

- `alert.changed`: the CloudEvent as the gateway signed it; its `id` is the cursor after it.
- `heartbeat`: nothing new for a while; its `id` is the cursor as well.
- `gap`: the gateway no longer told every change; of each alert the latest state follows.
- `reset`: what follows your cursor is kept no longer. Read `GET /api/alerts`, then go on from here.

Come back with `Last-Event-ID` (or `after`), and nothing is missed. A change may come twice.
`/api/alerts/live` tells the same over a websocket, as `{"kind", "cursor", "data"}`.
"""


class Described(FastAPI):
    """FastAPI knows what it reads; what it answers is the contract's, and stands here."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            kinds = [*ANSWERS.values(), Error]
            template = "#/components/schemas/{name}"
            _, components = msgspec.json.schema_components(kinds, ref_template=template)
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(for_documents(components))
            for (path, method, status), kind in ANSWERS.items():
                answers = document["paths"][path][method]["responses"]
                answers[status] = _answer("As it is now.", kind)
            for path in document["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
                    operation["responses"]["default"] = _answer("Refused, and why.", Error)
            archive = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
            answers = document["paths"]["/api/evidence/{export}/archive"]["get"]["responses"]
            answers["200"] = {"description": "The archive.", "content": archive}
            _secure(document)
        return super().openapi()


def _secure(document: dict[str, Any]) -> None:
    """Who may: an officer by the cookie, and for alerts a program by a token."""
    document["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "greenlane_session"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    document["security"] = [{"session": []}]
    for path in TOKEN_ROUTES:
        document["paths"][path]["get"]["security"] = [{"session": []}, {"token": []}]
    events = {"text/event-stream": {"schema": {"type": "string"}}}
    stream = document["paths"]["/api/alerts/stream"]["get"]
    stream["responses"]["200"] = {"description": STREAM, "content": events}
    last = {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}}
    stream["parameters"].append({**last, "description": "The cursor, as browsers send it."})


def _answer(description: str, kind: type[msgspec.Struct]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}

"""The HTTP edge put together: guard around routes around what they need."""

from dataclasses import dataclass

from fastapi import Depends, FastAPI

from command_center import answers
from command_center.acts import Acts
from command_center.alert_log import AlertLog
from command_center.alert_topics import AlertTopics
from command_center.audit import Audit
from command_center.board import Board
from command_center.exports import Exports
from command_center.guard import App, Guard
from command_center.live import Live
from command_center.metrics import Collect
from command_center.officers import Officers
from command_center.openapi import Described
from command_center.pace import Pace
from command_center.pictures import Ask, Pictures
from command_center.refusals import Refusals
from command_center.routes import (
    alerts,
    asyncapi,
    audits,
    blobs,
    checkpoint,
    completeness,
    evidence,
    history,
    metrics,
    pages,
    session,
    subscribers,
    tokens,
)
from command_center.routes import board as boards
from command_center.routes import officers as staff
from command_center.tokens import Tokens
from command_center.webhooks import Webhooks
from contract.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes stand on."""

    board: Board
    live: Live
    acts: Acts
    officers: Officers
    pictures: Pictures
    ask: Ask
    alert_log: AlertLog
    tokens: Tokens
    webhooks: Webhooks
    audit: Audit
    exports: Exports
    clock: Clock
    public_url: str = ""
    collect: Collect | None = None
    """For monitors; without it there is no /metrics."""
    topics: AlertTopics | None = None
    """None where alerts are not said on MQTT topics."""


def build(parts: Parts) -> App:
    """The ASGI application; every way into it leads through the guard."""
    guard = Guard(
        routes(parts),
        who=parts.officers.who,
        reads=parts.tokens.reads,
        public_url=parts.public_url,
    )
    return Refusals(guard)


def routes(parts: Parts) -> FastAPI:
    """All routes, in the order in which they are tried."""
    app = Described(
        title="Greenlane command center",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    answers.install(app)
    is_secure = parts.public_url.startswith("https:")
    app.include_router(session.router(parts.officers, parts.clock, is_secure=is_secure))
    paced = [Depends(Pace(parts.clock))]
    app.include_router(staff.router(parts.officers, parts.audit), dependencies=paced)
    app.include_router(boards.router(parts.board, parts.live, parts.acts))
    app.include_router(alerts.router(parts.board, parts.alert_log))
    app.include_router(evidence.router(parts.board, parts.exports), dependencies=paced)
    app.include_router(tokens.router(parts.tokens, parts.audit), dependencies=paced)
    subscribing = subscribers.router(
        parts.webhooks, parts.alert_log, parts.topics, parts.audit, parts.clock
    )
    app.include_router(subscribing, dependencies=paced)
    app.include_router(audits.router(parts.audit))
    app.include_router(asyncapi.router(parts.topics))
    app.include_router(history.router(parts.board, parts.ask))
    app.include_router(completeness.router(parts.board, parts.ask))
    app.include_router(checkpoint.router(parts.ask))
    app.include_router(blobs.router(parts.board, parts.pictures))
    if parts.collect:
        app.include_router(metrics.router(parts.collect))
    app.include_router(pages.router())
    return app

"""The HTTP edge put together: guard around routes around what they need."""

from fastapi import FastAPI

from command_center import answers
from command_center.acts import Acts
from command_center.board import Board
from command_center.guard import App, Guard
from command_center.live import Live
from command_center.officers import Officers
from command_center.openapi import Described
from command_center.pictures import Ask, Pictures
from command_center.routes import blobs, history, pages, session
from command_center.routes import board as boards
from command_center.routes import officers as staff
from contract.clock import Clock


def build(
    *,
    board: Board,
    live: Live,
    acts: Acts,
    officers: Officers,
    pictures: Pictures,
    ask: Ask,
    clock: Clock,
    public_url: str = "",
) -> App:
    """The ASGI application; every way into it leads through the guard."""
    return Guard(
        routes(
            board=board,
            live=live,
            acts=acts,
            officers=officers,
            pictures=pictures,
            ask=ask,
            clock=clock,
            is_secure=public_url.startswith("https:"),
        ),
        who=officers.who,
        public_url=public_url,
    )


def routes(
    *,
    board: Board,
    live: Live,
    acts: Acts,
    officers: Officers,
    pictures: Pictures,
    ask: Ask,
    clock: Clock,
    is_secure: bool,
) -> FastAPI:
    """All routes, in the order in which they are tried."""
    app = Described(
        title="Greenlane command center",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    answers.install(app)
    app.include_router(session.router(officers, clock, is_secure=is_secure))
    app.include_router(staff.router(officers))
    app.include_router(boards.router(board, live, acts))
    app.include_router(history.router(board, ask))
    app.include_router(blobs.router(board, pictures))
    app.include_router(pages.router())
    return app

"""Evidence about an alert, for whoever may act on it: made, followed, and handed out as a file."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse, Response

from command_center.answers import error, json, officer_of
from command_center.board import Board
from command_center.exports import Exports
from command_center.officers import Officer
from command_center.posts import Posts, covers, may_see, post_of
from contract.link import Rejected
from contract.messages import Alert

_Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
GONE: Final = "There is no such archive any more: export it again."


def router(board: Board, exports: Exports) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.post("/api/alerts/{alert}/evidence", status_code=202)
    async def begin(request: Request, alert: str) -> Response:
        """Have the gateway make the archive; it is entered in the record of what was done."""
        return _begun(officer_of(request), board.alert(alert), exports)

    @routes.get("/api/evidence/{id}")
    async def followed(request: Request, id: _Id) -> Response:  # noqa: A002 - as the path calls it
        """How far it is."""
        export = exports.of(officer_of(request), id)
        return json(export) if export else error(GONE, 404)

    @routes.get("/api/evidence/{id}/archive")
    async def archive(request: Request, id: _Id) -> Response:  # noqa: A002
        """The archive itself, as `greenlane evidence export` writes it."""
        officer = officer_of(request)
        export = exports.of(officer, id)
        if export is None or not _is_theirs(officer.posts, board.alert(export.alert)):
            return error(GONE, 404)
        if export.state != "ready":
            return error("The archive is not there yet.", 409)
        return FileResponse(
            exports.path(export),
            media_type="application/zip",
            filename=f"evidence-{export.alert}.zip",
        )

    return routes


def _begun(officer: Officer, alert: Alert | None, exports: Exports) -> Response:
    if alert is None or not may_see(officer.posts, alert):
        return error("No alert has this id.", 404)
    if not _is_theirs(officer.posts, alert):
        return error("It rests on messages of a post that is not yours; ask who has both.", 403)
    try:
        return json(exports.begin(officer, alert), 202)
    except Rejected as full:
        return error(str(full), 429)


def _is_theirs(posts: Posts, alert: Alert | None) -> bool:
    """Whether all posts whose messages go out are theirs."""
    if alert is None:
        return False
    theirs = (alert.post, *(post_of(one.source) for one in alert.evidence))
    return all(covers(posts, post) for post in theirs)

"""Evidence about an alert, for whoever may act on it: made, followed, and handed out as a file."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse

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

    @routes.get("/api/evidence/{export}")
    async def followed(request: Request, export: _Id) -> Response:
        """How far it is."""
        told = exports.of(officer_of(request), export)
        return json(told) if told else error(GONE, 404)

    @routes.get("/api/evidence/{export}/archive")
    async def archive(request: Request, export: _Id) -> Response:
        """The archive itself, as `greenlane evidence export` writes it."""
        officer = officer_of(request)
        told = exports.of(officer, export)
        if told is None or not _is_theirs(officer.posts, board.alert(told.alert)):
            return error(GONE, 404)
        if told.state != "ready":
            return error("The archive is not there yet.", 409)
        name = f"evidence-{quote(told.alert, safe='')}.zip"
        headers = {
            "content-disposition": f'attachment; filename="{name}"',
            "content-length": str(told.size_bytes),
        }
        return StreamingResponse(exports.open(told), media_type="application/zip", headers=headers)

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

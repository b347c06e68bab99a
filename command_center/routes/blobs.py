"""Pictures, by the hash of their original bytes."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from command_center.answers import error, officer_of
from command_center.board import Board
from command_center.pictures import Pictures
from command_center.posts import may_see_picture
from contract.link import Rejected

FOREVER = "private, max-age=31536000, immutable"
"""A hash names the same bytes for ever."""


def router(board: Board, pictures: Pictures) -> APIRouter:
    """The routes."""
    routes = APIRouter()

    @routes.get("/api/blobs/{sha256}")
    async def original(request: Request, sha256: str) -> Response:
        """The original bytes."""
        if not may_see_picture(officer_of(request).posts, board, sha256):
            return error("The picture is not here.", 404)
        try:
            body, media_type = await pictures.original(sha256)
        except Rejected as rejected:
            return error(f"The picture is not here: {rejected}", 404)
        return _answer(request, body, media_type, f'"{sha256}"')

    @routes.get("/api/blobs/{sha256}/png")
    async def png(request: Request, sha256: str) -> Response:
        """The picture as every browser can show it."""
        if not may_see_picture(officer_of(request).posts, board, sha256):
            return error("The picture is not here.", 404)
        try:
            body = await pictures.png(sha256)
        except Rejected as rejected:
            return error(f"The picture is not here: {rejected}", 404)
        return _answer(request, body, "image/png", f'"{sha256}-png"')

    return routes


def _answer(request: Request, body: bytes, media_type: str, etag: str) -> Response:
    headers = {"Cache-Control": FOREVER, "ETag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    # Bytes of a device under our own name: nothing in them may run.
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Response(body, media_type=media_type, headers=headers)

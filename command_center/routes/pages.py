"""The pages and their files, read from `web/` and from nowhere else."""

import asyncio
import hashlib
import mimetypes
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from command_center.answers import error, json

WEB: Final = Path(__file__).parent.parent / "web"
FILE_BYTES_MAX: Final = 8 * 1024 * 1024
MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


def router(web: Path = WEB) -> APIRouter:
    """The routes; the last of all, for it answers what no other does."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/healthz")
    async def healthz() -> Response:
        return json({"state": "ready"})

    @routes.get("/{path:path}")
    async def file(request: Request, path: str) -> Response:
        found = await asyncio.to_thread(_read, web, path or "index.html")
        if found is None:
            return error("There is nothing here.", 404)
        body, media_type = found
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"Cache-Control": "no-cache", "ETag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    return routes


def _read(web: Path, path: str) -> tuple[bytes, str] | None:
    """The file, and its media type; none if there is none inside the folder."""
    root = web.resolve()
    for name in (path, f"{path}.html"):
        found = (root / name).resolve()
        if found.is_relative_to(root) and found.is_file():
            if found.stat().st_size > FILE_BYTES_MAX:
                return None
            guess = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
            return found.read_bytes(), MEDIA_TYPES.get(found.suffix, guess)
    return None

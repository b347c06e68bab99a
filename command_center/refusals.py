"""Who asks for a page and is refused gets a page: `web/404.html` and its like, in place of JSON.

    guard ─▶ status, sentence ─▶ [by the status] ─▶ browser

Programs, and the scripts of our own pages, get the sentence as it was said.
"""

from pathlib import Path
from typing import Final

from command_center.guard import App, Message, Receive, Scope, Send
from command_center.routes.pages import WEB

STATUSES: Final = (403, 404, 429)
"""Those that somebody meets who follows a link or types an address."""


class Refusals:
    """An ASGI application around another."""

    def __init__(self, app: App, *, web: Path = WEB) -> None:
        self._app: Final = app
        self._pages: Final = {status: (web / f"{status}.html").read_bytes() for status in STATUSES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI 3."""
        await self._app(scope, receive, self._shown(send) if _is_for_people(scope) else send)

    def _shown(self, send: Send) -> Send:
        page: bytes | None = None

        async def say(message: Message) -> None:
            nonlocal page
            if message["type"] == "http.response.start":
                page = self._pages.get(message["status"])
                if page is not None:
                    message = {**message, "headers": _headers(message, page)}
            elif page is not None:
                if message.get("more_body", False):
                    return
                message = {"type": "http.response.body", "body": page}
            await send(message)

        return say


def _is_for_people(scope: Scope) -> bool:
    """A browser that goes somewhere says that it wants HTML; a script does not."""
    if scope["type"] != "http" or scope["path"].startswith("/api/"):
        return False
    return any(name == b"accept" and b"text/html" in said for name, said in scope["headers"])


def _headers(message: Message, page: bytes) -> list[tuple[bytes, bytes]]:
    ours = {b"content-type": b"text/html; charset=utf-8", b"content-length": b"%d" % len(page)}
    kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
    return [*kept, *ours.items()]

"""Who is refused a page: people read a page, programs a sentence."""

import asyncio
from typing import Any

import pytest

from command_center.guard import App, Message, Receive, Scope, Send
from command_center.refusals import STATUSES, Refusals

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def answering(status: int, *pieces: bytes) -> App:
    """An application that says this, in pieces, whatever it is asked."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        size = b"%d" % sum(map(len, pieces))
        headers = [
            (b"content-type", b"application/json"),
            (b"Content-Length", size),
            (b"x-a", b"b"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for number, piece in enumerate(pieces, start=1):
            is_more = number < len(pieces)
            await send({"type": "http.response.body", "body": piece, "more_body": is_more})

    return app


def asked(app: App, path: str, accept: str) -> tuple[dict[bytes, bytes], bytes]:
    """Headers and body of the answer."""
    said: list[Message] = []

    async def say(message: Message) -> None:
        said.append(message)

    async def nothing() -> Message:
        raise AssertionError("nobody reads the request")

    scope: dict[str, Any] = {
        "type": "http",
        "path": path,
        "headers": [(b"accept", accept.encode())],
    }
    asyncio.run(Refusals(app)(scope, nothing, say))
    start, *bodies = said
    assert [body.get("more_body", False) for body in bodies][-1] is False
    return dict(start["headers"]), b"".join(body["body"] for body in bodies)


@pytest.mark.parametrize("status", STATUSES)
def test_a_browser_reads_a_page(status: int) -> None:
    """Of the same status, with the headers of the answer that it stands for."""
    headers, body = asked(answering(status, b'{"error":', b'"no"}'), "/nowhere", BROWSER)
    assert headers[b"content-type"].startswith(b"text/html")
    assert headers[b"content-length"] == b"%d" % len(body)
    assert headers[b"x-a"] == b"b"
    assert b"Content-Length" not in headers
    assert body.startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("status", "path", "accept"),
    [
        (404, "/nothing.js", "*/*"),
        (404, "/api/nothing", BROWSER),
        (200, "/", BROWSER),
        (422, "/", BROWSER),
    ],
)
def test_everything_else_is_answered_as_it_was_said(status: int, path: str, accept: str) -> None:
    """Scripts and programs, all data, and what has no page."""
    headers, body = asked(answering(status, b"{", b"}"), path, accept)
    assert (headers[b"content-type"], body) == (b"application/json", b"{}")

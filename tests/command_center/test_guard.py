"""From whose page something is asked: with the address that browsers know, and without one."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from command_center.guard import COOKIE, Guard, Message, Receive, Scope, Send
from command_center.officers import Officer
from command_center.reader import Reader

AMINA = Officer("Amina", "admin", "hash", posts=("*",))
PUBLIC = "https://desk.post.example"


async def app(scope: Scope, _receive: Receive, send: Send) -> None:
    """Whatever stands behind the guard."""
    start = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
    await send({"type": start, "status": 204, "headers": []})


def asked(
    method: str, path: str, *, origin: str | None, public_url: str, scheme: str, csrf: str = "1"
) -> Message:
    """What the guard answers first to Amina's browser."""
    headers = [(b"host", b"10.0.0.7:8470"), (b"cookie", f"{COOKIE}=token".encode())]
    headers += [(b"x-greenlane", csrf.encode())] if csrf else []
    headers += [(b"origin", origin.encode())] if origin is not None else []
    kind = "websocket" if method == "WS" else "http"
    scope: dict[str, Any] = {"type": kind, "path": path, "scheme": scheme, "headers": headers}
    scope |= {} if method == "WS" else {"method": method}
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    guard = Guard(app, who={"token": AMINA}.get, reads=lambda _token: None, public_url=public_url)
    asyncio.run(guard(scope, receive, send))
    return told[0]


@pytest.mark.parametrize(
    ("public_url", "origin", "is_let_in"),
    [
        (PUBLIC, PUBLIC, True),
        (PUBLIC + "/", PUBLIC, True),
        (PUBLIC, None, True),
        (PUBLIC, "http://desk.post.example", False),
        (PUBLIC, "https://desk.post.example.evil", False),
        (PUBLIC, "http://10.0.0.7:8470", False),
        (PUBLIC, "null", False),
        ("", "http://10.0.0.7:8470", True),
        ("", "http://10.0.0.7", False),
        ("", "https://10.0.0.7:8470", False),
    ],
)
def test_an_act_comes_from_the_page_that_browsers_know(
    public_url: str, origin: str | None, *, is_let_in: bool
) -> None:
    """Where a proxy stands before us, its address is the one; a program of no page has none."""
    told = asked("POST", "/api/sign-out", origin=origin, public_url=public_url, scheme="http")
    assert told["status"] == (204 if is_let_in else 403)


@pytest.mark.parametrize("csrf", ["", "0", "11"])
def test_an_act_carries_the_header_that_only_our_page_can_set(csrf: str) -> None:
    """Whatever the origin says."""
    told = asked(
        "POST", "/api/sign-out", origin=PUBLIC, public_url=PUBLIC, scheme="http", csrf=csrf
    )
    assert told["status"] == 403


@pytest.mark.parametrize(
    ("public_url", "scheme", "origin", "is_let_in"),
    [
        (PUBLIC, "ws", PUBLIC, True),
        (PUBLIC, "ws", None, False),
        (PUBLIC, "ws", "https://evil.example", False),
        ("", "ws", "http://10.0.0.7:8470", True),
        ("", "wss", "https://10.0.0.7:8470", True),
        ("", "ws", "", False),
    ],
)
def test_a_live_stream_is_for_a_page_of_ours(
    public_url: str, scheme: str, origin: str | None, *, is_let_in: bool
) -> None:
    """A browser sends cookies with any page's websocket, and always says whose page it is."""
    told = asked("WS", "/api/live", origin=origin, public_url=public_url, scheme=scheme, csrf="")
    assert told.get("type") == (
        "websocket.accept" if is_let_in else "websocket.http.response.start"
    )


@pytest.mark.parametrize("public_url", [PUBLIC, "http://desk.post.example", ""])
def test_browsers_that_came_by_https_are_told_to_stay_with_it(public_url: str) -> None:
    """Only then: a desk without a certificate could not be reached any more."""
    told = asked("GET", "/api/board", origin=None, public_url=public_url, scheme="http")
    names = [name for name, _ in told["headers"]]
    assert (b"strict-transport-security" in names) == public_url.startswith("https:")


def test_who_reads_on_is_asked_again() -> None:
    """A stream outlives the request: a session that ended, or lost its password, reads no more."""
    known = {"token": AMINA}
    cookie = (b"cookie", f"{COOKIE}=token".encode())
    scope: dict[str, Any] = {"type": "http", "method": "GET", "scheme": "http"}
    scope |= {"path": "/api/alerts/stream", "headers": [cookie]}

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        return

    asyncio.run(Guard(app, who=known.get, reads=lambda _token: None)(scope, receive, send))
    reader = scope["state"]["reader"]
    assert reader() == Reader("Amina", ("*",))
    known["token"] = replace(AMINA, password="")
    assert reader() is None
    known.clear()
    assert reader() is None

"""An office in use, for the browser tests of the administration: officers, tokens, webhooks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from playwright.sync_api import APIRequestContext, BrowserContext

from tests.web.center import PASSWORD, Center

OURS: Final = {"X-Greenlane": "1"}
HOSTILE: Final = "<img src=x onerror=\"document.title='owned'\">"
OFFICERS: Final = (
    ("Achieng Odhiambo", "supervisor", ["KEMBA"]),
    ("Baraka", "officer", ["KEMBA", "KENBO"]),
    ("Cheptoo", "viewer", ["*"]),
    ("Daudi", "officer", ["KEMBA"]),
)


class Receiver(ThreadingHTTPServer):
    """A program of somebody else: answers `status` and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status = 204
        self.taken: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/alerts"


class _Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Receive until left."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, name="receiver")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def tell(request: APIRequestContext, url: str, data: Any, status: int = 201) -> Any:
    """As a page of ours would."""
    answer = request.post(url, data=data, headers=OURS)
    assert answer.status == status, answer.text()
    return answer.json() if answer.body() else None


def enter_as(context: BrowserContext, center: Center, link: str) -> None:
    """Use a one-time link in this browser, and set the password."""
    assert context.request.get(f"{center.url}{link}").ok
    tell(context.request, f"{center.url}/api/password", {"password": PASSWORD}, 204)


def fill(context: BrowserContext, center: Center, hook: str) -> None:
    """One of everything, made over HTTP by the officer of this browser."""
    request, url = context.request, center.url
    for name, role, posts in OFFICERS:
        tell(request, f"{url}/api/officers", {"name": name, "role": role, "posts": posts})
    tell(request, f"{url}/api/officers/Daudi", {"is_active": False}, 200)
    for name, posts in (("Customs board", ["KEMBA"]), (HOSTILE, ["*"])):
        tell(request, f"{url}/api/tokens", {"name": name, "posts": posts, "days": 30})
    for name, where, posts in (
        ("Customs intranet", hook, ["*"]),
        ("Port authority", "http://127.0.0.1:9/hook?key=abc", ["KEMBA"]),
    ):
        tell(request, f"{url}/api/subscribers", {"name": name, "url": where, "posts": posts})

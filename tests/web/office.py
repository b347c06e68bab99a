"""An office in use, for the browser tests of the administration: officers, tokens, webhooks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Locator, Page, expect

from tests.web.center import PASSWORD, WAIT_MS, Center

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


def row(page: Page, words: str) -> Locator:
    """The row that begins with these words."""
    return page.locator("tbody tr:visible").filter(
        has=page.locator("td:first-child .two > span:first-child", has_text=words)
    )


def tab(page: Page, name: str) -> None:
    """Open one of the lists."""
    page.locator(f"#tabs [data-tab={name}]").click()
    expect(page.locator(f"gl-{name}")).to_be_visible()


def secret(page: Page) -> str:
    """What is shown once; then it is put away."""
    shown = page.locator("#secret").input_value()
    page.get_by_role("button", name="I have it").click()
    expect(page.locator("#secret")).to_have_count(0)
    return shown


def press(page: Page, act: str) -> None:
    """Press a row's act, then the same word in the last question."""
    page.get_by_role("button", name=act).click()
    question = page.get_by_role("dialog").filter(has=page.get_by_role("button", name="Leave"))
    expect(question.get_by_role("button", name="Leave")).to_be_focused()
    question.locator("button[type=submit]").click()
    expect(question).to_have_count(0)


def board_of(browser: Browser, center: Center, link: str) -> tuple[BrowserContext, int]:
    """A new browser that came in by a link, and what the board answers it."""
    context = browser.new_context()
    context.set_default_timeout(WAIT_MS)
    enter_as(context, center, link.removeprefix(center.url))
    return context, context.request.get(f"{center.url}/api/board").status

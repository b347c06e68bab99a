"""A real Chromium, a real command center, an officer who is signed in."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.web import office, post, posts
from tests.web.center import PASSWORD, WAIT_MS, Center

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PAUSED = pytest.StashKey[asyncio.AbstractEventLoop | None]()
"""Playwright's event loop, while no test with a browser runs.

Between two calls Playwright leaves its loop as the running one of this thread. A test elsewhere
that runs a loop of its own would be told that it cannot.
"""


class Shared(NamedTuple):
    """What the tests of a module share."""

    center: Center
    context: BrowserContext


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test with a browser begins: its loop runs."""
    asyncio._set_running_loop(item.config.stash.get(PAUSED, None))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """It has ended, and what it shares with others may have: nobody's loop runs."""
    yield
    item.config.stash[PAUSED] = asyncio._get_running_loop()
    asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """One browser for all."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium at /usr/bin/chromium: `apt-get install chromium`")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        # The last test of all may be one elsewhere.
        asyncio._set_running_loop(asyncio._get_running_loop() or pytestconfig.stash[PAUSED])
        browser.close()


@pytest.fixture
def center(tmp_path: Path) -> Iterator[Center]:
    """A command center that has just heard its gateway."""
    with Center(tmp_path / "state").running() as center:
        yield center


@pytest.fixture(scope="module")
def shared(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """One command center and one officer for a module whose tests leave the board as it is."""
    state = tmp_path_factory.mktemp("shared") / "state"
    with Center(state).running() as center, officer(browser, center) as context:
        yield Shared(center, context)


@pytest.fixture(scope="module")
def told(shared: Shared) -> Shared:
    """The same with a post on it, told once."""
    post.fill(shared.center)
    return shared


@pytest.fixture
def context(browser: Browser, center: Center) -> Iterator[BrowserContext]:
    """One officer's browser: the one-time link was used and the password set."""
    with officer(browser, center) as context:
        yield context


@contextmanager
def officer(browser: Browser, center: Center) -> Iterator[BrowserContext]:
    """A browser of the size of a desk; the first officer is signed in."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT_MS)
    enter(context, center)
    yield context
    context.close()


def enter(context: BrowserContext, center: Center) -> None:
    """Use the one-time link and set the password, as the pages do; a test of its own fills them in.

    The cookies of the requests are those of the context's pages.
    """
    assert context.request.get(center.first_link).ok
    answer = context.request.post(
        f"{center.url}/api/password", data={"password": PASSWORD}, headers={"X-Greenlane": "1"}
    )
    assert answer.status == 204


@pytest.fixture
def faults() -> list[str]:
    """What pages of the test complained about: errors of script, and of the content policy."""
    return []


@pytest.fixture
def page(context: BrowserContext, center: Center, faults: list[str]) -> Iterator[Page]:
    """The desk, live; it may complain about nothing."""
    with faultless(context, faults) as page:
        page.goto(center.url)
        page.locator(".link[data-link=live]").wait_for()
        yield page


@contextmanager
def faultless(context: BrowserContext, faults: list[str]) -> Iterator[Page]:
    """A page that may complain about nothing."""
    page = watched(context, faults)
    yield page
    page.close()
    assert faults == []


def watched(context: BrowserContext, faults: list[str]) -> Page:
    """A page; what it complains about is kept."""
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    return page


@pytest.fixture(scope="module")
def border(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Five posts, told once; one officer for the tests that leave them as they are."""
    state = tmp_path_factory.mktemp("posts") / "state"
    with (
        Center(state, posts=posts.PLACES).running() as center,
        officer(browser, center) as context,
    ):
        posts.fill(center)
        yield Shared(center, context)


def opened(shared: Shared, path: str, faults: list[str]) -> Page:
    """A page of the shared officer; what it complains about is kept."""
    page = watched(shared.context, faults)
    page.goto(f"{shared.center.url}{path}")
    page.locator(".link[data-link=live]").wait_for()
    return page


@pytest.fixture
def hook() -> Iterator[office.Receiver]:
    """A receiver of webhooks."""
    with office.receiver() as receiver:
        yield receiver


@pytest.fixture
def admin(
    context: BrowserContext, center: Center, hook: office.Receiver, faults: list[str]
) -> Iterator[Page]:
    """The administration of an office in use; it may complain about nothing."""
    office.fill(context, center, hook.url)
    with faultless(context, faults) as page:
        page.goto(f"{center.url}/admin")
        expect(office.row(page, "admin")).to_contain_text("you")
        yield page

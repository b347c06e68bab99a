"""Ways in that are not the plain one: a used link, an ended session, another site, no page."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web import scene
from tests.web.center import PASSWORD, Center
from tests.web.office import OURS, enter_as, tell
from tests.web.test_access import assert_no_violation

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def sign_in(page: Page) -> None:
    """Fill in the form that is there."""
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_link_that_was_used_says_what_to_do(
    browser: Browser, context: BrowserContext, center: Center, theme: str
) -> None:
    """Who has set a password signs in on that very page."""
    assert context.pages == []  # the officer of `context` has used the link
    guest = browser.new_context()
    page = guest.new_page()
    page.goto(f"{center.url}/sign-in?theme={theme}")
    page.goto(center.first_link)
    page.wait_for_url("**/sign-in#used-link")
    expect(page.get_by_role("alert")).to_contain_text("If you have set a password, sign in")
    assert_no_violation(page)
    sign_in(page)
    expect(page.locator(".link[data-link=live]")).to_be_visible()
    page.goto(center.first_link)
    page.wait_for_url(center.url + "/")
    guest.close()


def test_a_first_link_that_is_opened_twice_still_leads_to_the_password(
    browser: Browser, center: Center
) -> None:
    """Its session lives on: nobody is shut out by pressing reload."""
    guest = browser.new_context()
    page = guest.new_page()
    for _ in range(2):
        page.goto(center.first_link)
        page.wait_for_url("**/set-password")
        expect(page.get_by_role("heading")).to_have_text("Set your password")
    guest.close()


def test_an_ended_session_leads_back_to_where_one_was(
    context: BrowserContext, center: Center
) -> None:
    """The page says that it ended, and after signing in the same device is there."""
    center.tell(scene.agent(at=scene.now(), devices=scene.devices(scene.now())))
    page = context.new_page()
    page.goto(f"{center.url}/devices?device=scale-2&source=/KEMBA/gate-2")
    expect(page.locator("#twin-title")).to_have_text("scale-2")
    tell(context.request, f"{center.url}/api/sign-out", {}, 204)
    page.wait_for_url("**/sign-in?from=*#ended")
    expect(page.get_by_role("alert")).to_contain_text("Your session has ended.")
    sign_in(page)
    expect(page.locator("#twin-title")).to_have_text("scale-2")


@contextmanager
def elsewhere(link: str) -> Iterator[str]:
    """A page of another site, with a link."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<a href="{link}">the alert</a>'.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, name="another site")
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_link_in_another_site_opens_the_alert(
    browser: Browser, context: BrowserContext, center: Center
) -> None:
    """Signed in: at once, although the cookie does not travel with such a link; else after."""
    center.alert(scene.seal_alert(at=scene.now()))
    with elsewhere(f"{center.url}/?alert=alert-seal") as url:
        page = context.new_page()
        page.goto(url)
        page.get_by_role("link").click()
        expect(page.locator("gl-why .lead")).to_have_text("Seal opened in transit")
        guest = browser.new_context().new_page()
        guest.goto(url)
        guest.get_by_role("link").click()
        guest.wait_for_url("**/sign-in?from=*")
        sign_in(guest)
        expect(guest.locator("gl-why .lead")).to_have_text("Seal opened in transit")
        guest.context.close()


@pytest.mark.parametrize("wanted", ["//example.org/", "/\\example.org", "javascript:alert(1)", "x"])
def test_signing_in_leads_to_no_other_site(
    browser: Browser, context: BrowserContext, center: Center, wanted: str
) -> None:
    """Whatever an address says: a page of ours, or the desk."""
    assert context.pages == []
    page = browser.new_context().new_page()
    page.goto(f"{center.url}/sign-in")
    page.evaluate(
        "wanted => history.replaceState(null, '', `?from=${encodeURIComponent(wanted)}`)", wanted
    )
    sign_in(page)
    page.wait_for_url(center.url + "/")
    page.context.close()


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390)])
def test_who_gets_no_page_reads_why_and_where_to_go(
    browser: Browser, context: BrowserContext, center: Center, theme: str, width: int
) -> None:
    """No such page, and not for this role: a page of ours, never a sentence in JSON."""
    made = context.request.post(
        f"{center.url}/api/officers",
        data={"name": "Cheptoo", "role": "viewer", "posts": ["*"]},
        headers=OURS,
    )
    viewer = browser.new_context(viewport={"width": width, "height": 844})
    enter_as(viewer, center, made.json()["link"])
    page = viewer.new_page()
    page.goto(f"{center.url}/?theme={theme}")
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    for path, status, title in (
        ("/admin", 403, "Not for your role"),
        ("/nowhere", 404, "There is nothing here"),
        ("/Nowhere.php", 404, "There is nothing here"),
    ):
        answer = page.goto(center.url + path)
        assert answer is not None
        assert answer.status == status
        expect(page.get_by_role("heading")).to_have_text(title)
        assert_no_violation(page)
    page.get_by_role("link", name="To the desk").click()
    expect(page.locator(".link[data-link=live]")).to_be_visible()
    viewer.close()

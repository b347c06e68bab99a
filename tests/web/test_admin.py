"""The administration: officers, tokens, subscribers and the record, each act and each state."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from standardwebhooks import Webhook

from tests.web import office, scene
from tests.web.center import Center
from tests.web.conftest import WAIT_MS, faultless
from tests.web.test_access_pages import assert_usable

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TABS = ("officers", "tokens", "subscribers", "records")


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
        expect(row(page, "admin")).to_contain_text("you")
        yield page


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
    office.enter_as(context, center, link.removeprefix(center.url))
    return context, context.request.get(f"{center.url}/api/board").status


def test_an_officer_is_invited_by_a_link_that_is_shown_once(
    admin: Page, browser: Browser, center: Center
) -> None:
    """By keys alone; Esc does not lose the link; the link works once; the record has it."""
    admin.keyboard.press("n")
    form = admin.get_by_role("dialog", name="Invite an officer")
    expect(form.get_by_label("Name")).to_be_focused()
    admin.keyboard.type("Ekiru")
    form.get_by_label("Role").select_option("viewer")
    form.get_by_label("Posts").fill("nowhere")
    admin.keyboard.press("Enter")
    expect(form.locator(".trouble")).to_contain_text("A post is a UN/LOCODE")
    form.get_by_label("Posts").fill("kemba")
    admin.keyboard.press("Enter")
    expect(admin.locator("#secret")).to_be_visible()
    admin.keyboard.press("Escape")
    admin.keyboard.press("Escape")
    link = secret(admin)
    expect(row(admin, "Ekiru")).to_contain_text("Invited")
    other, status = board_of(browser, center, link)
    assert status == 200
    again = other.request.get(link, max_redirects=0)
    assert again.headers["location"] == "/sign-in#used-link"
    expect(row(admin, "Ekiru")).to_contain_text("May sign in")
    tab(admin, "records")
    newest = admin.locator("gl-records tbody tr").first
    expect(newest).to_contain_text("Invite Ekiru")
    expect(newest).to_contain_text("as viewer")
    expect(newest).to_contain_text("Done")
    assert link.rpartition("=")[2] not in (admin.locator("body").text_content() or "")
    other.close()


def test_role_and_posts_change_and_one_who_is_put_out_is_out_at_once(
    admin: Page, browser: Browser, center: Center
) -> None:
    """A new link voids the password; put out ends the session; take back in lets them in again."""
    press(admin, "New link: Baraka")
    other, status = board_of(browser, center, secret(admin))
    assert status == 200
    admin.get_by_role("button", name="Change: Baraka").click()
    form = admin.get_by_role("dialog", name="Change Baraka")
    expect(form.get_by_label("Posts")).to_have_value("KEMBA KENBO")
    form.get_by_label("Role").select_option("supervisor")
    form.get_by_label("Posts").fill("*")
    form.get_by_role("button", name="Change").click()
    expect(row(admin, "Baraka")).to_contain_text("Supervisor")
    expect(row(admin, "Baraka")).to_contain_text("every post")
    press(admin, "Put out: Baraka")
    expect(row(admin, "Baraka")).to_contain_text("Put out")
    assert other.request.get(f"{center.url}/api/board").status == 401
    press(admin, "Take back in: Baraka")
    expect(row(admin, "Baraka")).to_contain_text("May sign in")
    expect(row(admin, "admin").get_by_role("button")).to_have_count(0)
    other.close()


def test_a_token_is_shown_once_and_ends_when_it_is_revoked(admin: Page, center: Center) -> None:
    """Copied by its button; it reads alerts; its use stands in the row; revoked, it opens none."""
    admin.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab(admin, "tokens")
    expect(row(admin, "<img")).to_contain_text("every post")
    admin.keyboard.press("n")
    form = admin.get_by_role("dialog", name="New API token")
    form.get_by_label("Name").fill("Night shift wall")
    form.get_by_role("button", name="Make the token").click()
    admin.get_by_role("button", name="Copy").click()
    expect(admin.get_by_role("dialog")).to_contain_text("Copied.")
    token = str(admin.evaluate("navigator.clipboard.readText()"))
    assert token.startswith("glt_")
    admin.keyboard.press("Escape")
    expect(admin.get_by_role("dialog")).to_have_count(0)
    bearer = {"Authorization": f"Bearer {token}"}
    assert admin.request.get(f"{center.url}/api/alerts", headers=bearer).status == 200
    admin.reload()
    expect(row(admin, "Night shift wall")).to_contain_text("ago")
    press(admin, "Revoke: Night shift wall")
    expect(row(admin, "Night shift wall")).to_contain_text("Taken back")
    assert admin.request.get(f"{center.url}/api/alerts", headers=bearer).status == 401


def test_a_webhook_is_made_tried_paused_resumed_and_removed(
    admin: Page, center: Center, hook: office.Receiver
) -> None:
    """The test is signed like an alert; what waits while it is paused comes when it goes on."""
    tab(admin, "subscribers")
    expect(admin.locator(".topics")).to_contain_text("greenlane/1/+/alerts/+: live")
    admin.keyboard.press("n")
    form = admin.get_by_role("dialog", name="New webhook")
    form.get_by_label("Name").fill("Bonded store")
    form.get_by_label("URL").fill("http://192.168.1.9/x")
    form.get_by_label("Posts").fill("KEMBA")
    form.get_by_role("button", name="Make the webhook").click()
    expect(form.locator(".trouble")).to_contain_text("not public")
    form.get_by_label("URL").fill(hook.url)
    form.get_by_label("Alerts of").select_option("high and critical")
    form.get_by_role("button", name="Make the webhook").click()
    expect(admin.locator("#secret")).to_be_visible()
    key = secret(admin)
    expect(row(admin, "Bonded store")).to_contain_text("high and critical")
    admin.get_by_role("button", name="Send a test: Bonded store").click()
    expect(admin.locator("#toast")).to_contain_text("Bonded store took the test")
    headers, body = hook.taken[-1]
    assert Webhook(key).verify(body, headers)["type"] == "io.greenlane.subscriber.test"
    hook.status = 500
    admin.get_by_role("button", name="Send a test: Bonded store").click()
    expect(admin.locator("#toast")).to_contain_text("did not take the test. The receiver answered")
    hook.status = 204
    press(admin, "Pause: Bonded store")
    expect(row(admin, "Bonded store")).to_contain_text("Paused")
    center.alert(scene.seal_alert(at=scene.now()))
    expect(row(admin, "Bonded store").locator("td").nth(4)).to_contain_text("1")
    expect(row(admin, "Port authority")).to_contain_text("in vain")
    press(admin, "Resume: Bonded store")
    expect(row(admin, "Bonded store").locator("td").nth(3)).to_contain_text("last")
    assert "alert.changed" in json.loads(hook.taken[-1][1])["type"]
    expect(admin.locator(".topics")).to_contain_text("1 change said")
    press(admin, "Remove: Bonded store")
    expect(row(admin, "Bonded store")).to_have_count(0)


def test_keys_move_search_and_turn_the_lists(admin: Page) -> None:
    """Rows by j and k, lists by t, a search that finds, or finds nothing; the address keeps."""
    admin.keyboard.press("j")
    expect(admin.locator("gl-officers tbody tr").first).to_be_focused()
    admin.keyboard.press("/")
    admin.keyboard.type("kenbo")
    expect(admin.locator("gl-officers tbody tr")).to_have_count(1)
    admin.keyboard.type("x")
    expect(admin.locator("gl-officers .mid")).to_contain_text("No row has “kenbox” in it.")
    admin.keyboard.press("Escape")
    expect(admin.locator("gl-officers tbody tr")).to_have_count(5)
    for name in ("tokens", "subscribers", "records"):
        admin.keyboard.press("t")
        expect(admin).to_have_url(re.compile(f"tab={name}"))
        expect(admin.locator(f"gl-{name} tbody tr").first).to_be_visible()


def test_an_admin_of_one_post_sees_and_changes_that_post_alone(
    admin: Page, browser: Browser, center: Center
) -> None:
    """Who is beyond the own posts has no buttons; the command center refuses it besides."""
    url = center.url
    asked = {"name": "Wanjiru", "role": "admin", "posts": ["KEMBA"]}
    made = office.tell(admin.request, f"{url}/api/officers", asked)
    other, _ = board_of(browser, center, made["link"])
    page = other.new_page()
    page.goto(f"{url}/admin")
    expect(row(page, "Achieng").get_by_role("button")).to_have_count(3)
    for beyond in ("Baraka", "Cheptoo", "admin"):
        expect(row(page, beyond).get_by_role("button")).to_have_count(0)
    tab(page, "subscribers")
    expect(row(page, "Port authority")).to_be_visible()
    refused: tuple[tuple[str, Any, int], ...] = (
        ("/api/officers/Cheptoo/link", {}, 422),
        ("/api/officers/Baraka", {"is_active": False}, 422),
        ("/api/officers", {"name": "X", "role": "viewer", "posts": ["*"]}, 422),
        ("/api/officers", {"name": "X", "role": "viewer", "posts": []}, 422),
        ("/api/officers", {"name": "Daudi", "role": "admin", "posts": ["KEMBA"]}, 422),
        ("/api/officers/Wanjiru/link", {}, 422),
        ("/api/officers/Nobody/link", {}, 404),
    )
    for path, body, status in refused:
        office.tell(other.request, f"{url}{path}", body, status)
    every = next(
        one["id"]
        for one in admin.request.get(f"{url}/api/subscribers").json()["subscribers"]
        if one["posts"] == ["*"]
    )
    office.tell(other.request, f"{url}/api/subscribers/{every}/test", {}, 404)
    records = other.request.get(f"{url}/api/audit").json()["records"]
    assert records
    assert {"refused"} < {one["state"] for one in records}
    other.close()


def test_who_is_no_admin_finds_no_way_in(admin: Page, browser: Browser, center: Center) -> None:
    """Neither in the bar nor by its letter, its address or what stands behind it."""
    asked = {"name": "Super", "role": "supervisor", "posts": ["*"]}
    made = office.tell(admin.request, f"{center.url}/api/officers", asked)
    other, _ = board_of(browser, center, made["link"])
    page = other.new_page()
    page.goto(center.url)
    page.locator(".link[data-link=live]").wait_for()
    expect(page.locator(".top nav a", has_text="Admin")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_url(f"{center.url}/")
    for path in ("/admin", "/admin.html", "/api/audit"):
        assert other.request.get(f"{center.url}{path}").status == 403
    assert admin.request.post(f"{center.url}/api/officers", data=asked).status == 403
    other.close()


def test_loading_empty_refused_and_offline_each_say_so(
    admin: Page, context: BrowserContext, center: Center
) -> None:
    """Bones; why there is nothing; what failed, and a button; what it had, and how old that is."""
    page = context.new_page()
    page.route("**/api/officers", lambda _: None)
    answer = {"error": "The disk is full."}
    page.route("**/api/tokens", lambda route: route.fulfill(status=503, json=answer))
    page.goto(f"{center.url}/admin")
    expect(page.locator("gl-officers .bones")).to_be_visible()
    tab(page, "tokens")
    expect(page.locator("gl-tokens .mid")).to_contain_text("API tokens could not be read.")
    expect(page.locator("gl-tokens .mid")).to_contain_text("The disk is full.")
    page.route("**/api/tokens", lambda route: route.fulfill(json={"tokens": []}))
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("gl-tokens .mid")).to_contain_text("No program has a token.")
    page.close()
    center.stop()
    expect(admin.locator("gl-officers")).to_have_attribute("data-trust", "offline")
    expect(admin.locator("gl-officers > header .trust")).to_contain_text("old")
    expect(admin.locator("gl-officers tbody tr")).to_have_count(5)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_list_and_no_question_has_a_violation(
    admin: Page, center: Center, theme: str, width: int
) -> None:
    """Axe-core on each list and each dialog; nothing sideways, nothing too small for a thumb."""
    admin.set_viewport_size({"width": width, "height": 900})
    for name in TABS:
        admin.goto(f"{center.url}/admin?tab={name}&theme={theme}")
        expect(admin.locator(f"gl-{name} tbody tr").first).to_be_visible()
        assert_usable(admin, width)
    tab(admin, "officers")
    admin.get_by_role("button", name="Put out: Baraka").click()
    assert_usable(admin, width)
    admin.keyboard.press("Escape")
    admin.get_by_role("button", name="Invite an officer").click()
    assert_usable(admin, width)
    admin.get_by_label("Name", exact=True).fill("Ekiru")
    admin.get_by_label("Posts").fill("KEMBA")
    admin.get_by_role("button", name="Make the link").click()
    expect(admin.locator("#secret")).to_be_visible()
    assert_usable(admin, width)

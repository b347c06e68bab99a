"""The administration: its lists, their keys and their states."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.web.center import Center
from tests.web.office import tab
from tests.web.test_access_pages import assert_usable

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TABS = ("officers", "tokens", "subscribers", "records")


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

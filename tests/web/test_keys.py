"""An officer without a mouse, or without eyes: every act by keys, focus seen, nothing chatters."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web import office, post, scene
from tests.web.center import WAIT_MS, Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TABS_MAX = 60
FOCUS = """() => {
  const node = document.activeElement;
  const field = node.closest(".field") ?? node;
  const { outlineStyle, outlineWidth } = getComputedStyle(field);
  const box = node.getBoundingClientRect();
  return {
    word: `${node.textContent} ${node.getAttribute("aria-label") ?? ""}`,
    isShown: node !== document.body && node.checkVisibility(),
    isInSight: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    isRinged: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
  };
}"""
LISTEN = """() => {
  window.heard = [];
  const regions = "[aria-live], [role=status], [role=alert], output";
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const node = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      if (!node?.closest(regions) || node.closest("[aria-hidden=true]")) continue;
      window.heard.push(`${node.closest(regions).className}: ${node.textContent}`);
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });
}"""
WHILE_S = 6
"""Longer than a tick of the command center, and than what a page does every second."""


@pytest.fixture
def desk(page: Page, center: Center) -> Page:
    """Two alerts on the desk of somebody who has turned single letters off."""
    for number, title in enumerate(("First", "Second")):
        center.alert(scene.seal_alert(id_=f"alert-{number}", title=title, at=scene.now()))
    page.evaluate("localStorage.setItem('letters-off', '1')")
    page.reload()
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)
    return page


def assert_seen(page: Page) -> None:
    """What has the focus is there, in sight, and has its ring."""
    focus = page.evaluate(FOCUS)
    assert focus["isShown"], focus
    assert focus["isInSight"], focus
    assert focus["isRinged"], focus


def tab_to(page: Page, word: str) -> None:
    """Press Tab until what begins with `word` has the focus; every stop on the way is seen."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        assert_seen(page)
        if page.evaluate(FOCUS)["word"].startswith(word):
            return
    pytest.fail(f"Tab does not lead to {word}")


def test_an_alert_is_taken_to_its_end_with_tab_and_enter_alone(desk: Page) -> None:
    """Filtered, opened, acknowledged, commented, resolved, closed, left; the next one follows."""
    tab_to(desk, "Live 2")
    desk.keyboard.press("ArrowRight")
    assert "No officer 2" in desk.evaluate(FOCUS)["word"]
    desk.keyboard.press("Tab")
    assert_seen(desk)
    desk.keyboard.type("first")
    rows = desk.locator("gl-alerts tr.row")
    expect(rows).to_have_count(1)
    desk.keyboard.press("ArrowDown")
    assert_seen(desk)
    desk.keyboard.press("Enter")
    expect(desk.locator("gl-why .lead")).to_have_text("First")
    for word, state in (("Acknowledge", "Acknowledged"), ("Start", "In progress")):
        tab_to(desk, word)
        desk.keyboard.press("Enter")
        expect(desk.locator("gl-why .state")).to_have_text(state)
    tab_to(desk, "Comment")
    desk.keyboard.press("Enter")
    desk.keyboard.type("Seal and papers agree.")
    tab_to(desk, "Comment")
    desk.keyboard.press("Enter")
    expect(desk.locator("gl-why .done .note:visible")).to_have_text("Seal and papers agree.")
    assert_seen(desk)
    desk.keyboard.press("Shift+Tab")
    desk.keyboard.press("Shift+Tab")
    desk.keyboard.press("Enter")
    expect(desk.locator("gl-why .state")).to_have_text("Resolved")
    tab_to(desk, "Close")
    desk.keyboard.press("Enter")
    expect(desk.locator("gl-why .state")).to_have_text("Closed")
    assert_seen(desk)
    desk.keyboard.press("Escape")
    expect(desk.locator("gl-why")).to_be_hidden()
    desk.keyboard.press("Escape")
    desk.keyboard.press("ArrowDown")
    expect(desk.locator("gl-alerts tr.row[aria-selected=true]")).to_contain_text("Second")
    assert_seen(desk)


def test_keys_stay_where_they_were_when_a_button_goes(page: Page, center: Center) -> None:
    """What waits was shown by a button that is gone then: the list has the focus, not the page."""
    center.alert(scene.seal_alert(id_="one", title="First", at=scene.now()))
    page.locator("gl-alerts tr.row").focus()
    page.keyboard.press("j")
    center.alert(scene.seal_alert(id_="two", title="Second", at=scene.now()))
    expect(page.locator("gl-alerts .fresh")).to_be_visible()
    page.locator("gl-alerts .fresh").focus()
    page.keyboard.press("Enter")
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)
    expect(page.locator("gl-alerts .fresh")).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('gl-alerts') !== null")


@pytest.mark.parametrize(
    "path",
    [
        "/?alert=alert-scan",
        "/devices?device=scale-2&source=/KEMBA/gate-2",
        "/explore?device=scale-2&metric=axle+load",
        "/map",
        "/scans",
    ],
)
def test_a_screen_reader_is_left_in_peace(
    context: BrowserContext, center: Center, faults: list[str], path: str
) -> None:
    """Where nothing happens nothing is said, however many seconds run on the screen."""
    post.fill(center)
    page = context.new_page()
    page.goto(f"{center.url}{path}")
    page.locator(".link[data-link=live]").wait_for()
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.wait_for_timeout(3_000)
    page.evaluate(LISTEN)
    page.wait_for_timeout(WHILE_S * 1_000)
    assert page.evaluate("heard") == []
    assert faults == []


def test_the_keys_that_are_listed_are_those_that_do_something(
    page: Page, browser: Browser, center: Center
) -> None:
    """Who may only look reads of no acts, nor their title; who may act reads of all."""
    page.keyboard.press("?")
    expect(page.locator("#keys h3:visible")).to_have_text(
        ["Pages", "List", "Beside", "Acts", "Everywhere", "Picture"]
    )
    expect(page.locator("#keys li:visible", has_text="Acknowledge")).to_have_count(1)
    asked = {"name": "Cheptoo", "role": "viewer", "posts": ["*"]}
    made = office.tell(page.request, f"{center.url}/api/officers", asked)
    context = browser.new_context()
    context.set_default_timeout(WAIT_MS)
    office.enter_as(context, center, made["link"])
    looking = context.new_page()
    looking.goto(center.url)
    looking.locator(".link[data-link=live]").wait_for()
    looking.keyboard.press("?")
    expect(looking.locator("#keys li:visible", has_text="Print what is opened")).to_have_count(1)
    for word in ("Acknowledge", "Comment", "Export evidence", "Take a comment back"):
        expect(looking.locator("#keys li:visible", has_text=word)).to_have_count(0)
    expect(looking.locator("#keys h3:visible", has_text="Acts")).to_have_count(0)
    context.close()


def test_a_screen_reader_hears_that_the_link_is_lost_and_back(page: Page, center: Center) -> None:
    """Once each; what an officer does is said when it is done."""
    center.stop()
    expect(page.locator("#polite")).to_have_text("Offline")
    center.start()
    expect(page.locator("#polite")).to_have_text("Live again", timeout=60_000)

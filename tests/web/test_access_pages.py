"""Whether the pages beside the desk can be used by everyone: axe-core, phone, keys between."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.web import post
from tests.web.center import Center
from tests.web.conftest import Shared
from tests.web.test_access import assert_no_violation

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TWIN = "/devices?device=reefer-2&source=/KEMBA/gate-2"
CHARTS = "/explore?device=reefer-2&metric=supply+air&device=scale-2&metric=axle+load&span=1+h"
SMALL = """[...document.querySelectorAll('button, select, .thumb a, .device-row, .pick')]
  .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 40)
  .map((node) => node.outerHTML)"""


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than its screen."""
    return max(0, int(page.evaluate("document.documentElement.scrollWidth - innerWidth")))


def assert_usable(page: Page, width: int) -> None:
    """No violation, no sideways scroll, and on a phone nothing too small for a thumb."""
    assert_no_violation(page)
    assert sideways(page) == 0
    if width < 720:
        assert page.evaluate(SMALL) == [], "a thumb needs 44 px"


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_has_a_violation(told: Shared, theme: str, width: int) -> None:
    """Devices and a twin, the explorer empty and full, the gallery and its viewer."""
    page = told.context.new_page()
    page.set_viewport_size({"width": width, "height": 900})

    def go(path: str) -> None:
        page.goto(f"{told.center.url}{path}{'&' if '?' in path else '?'}theme={theme}")

    go("/devices")
    expect(page.locator(".device-row")).to_have_count(4)
    assert_usable(page, width)
    go(TWIN)
    expect(page.locator("gl-metric canvas")).to_have_count(3)
    assert_usable(page, width)
    go("/explore")
    expect(page.locator(".pick")).to_have_count(5)
    assert_usable(page, width)
    go(CHARTS)
    expect(page.locator("gl-plot canvas")).to_have_count(2)
    assert_usable(page, width)
    go("/scans")
    expect(page.locator(".card")).to_have_count(4)
    assert_usable(page, width)
    page.locator(".card").first.click()
    expect(page.locator("gl-viewer .stage img")).to_be_visible()
    assert_usable(page, width)
    page.close()


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390)])
def test_empty_and_offline_have_no_violation(
    context: BrowserContext, center: Center, theme: str, width: int
) -> None:
    """What a page says when there is nothing, and when the command center is gone."""
    pages = []
    for path in ("/devices", "/explore", "/scans"):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{center.url}{path}?theme={theme}")
        expect(page.locator("main .mid:visible").first).to_be_visible()
        assert_usable(page, width)
        pages.append(page)
    center.stop()
    for page in pages:
        page.bring_to_front()
        expect(page.locator(".situation.trouble")).to_be_visible()
        assert_usable(page, width)


def test_g_and_a_letter_lead_from_page_to_page(told: Shared) -> None:
    """From each to each, and the bar says where one is; on a phone the thumb does it."""
    page = told.context.new_page()
    page.goto(told.center.url)
    for key, path, name in (
        ("v", "/devices", "Devices"),
        ("e", "/explore", "Explore"),
        ("s", "/scans", "Scans"),
        ("d", "/", "Desk"),
    ):
        page.locator(".link[data-link=live]").wait_for()
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**{path}")
        expect(page.locator(".top nav [aria-current=page]")).to_contain_text(name)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".thumb a", has_text="Scans").click()
    page.wait_for_url("**/scans")
    expect(page.locator(".thumb [aria-current=page]")).to_have_text("Scans")
    page.close()


def test_loading_keeps_the_shape_and_stale_says_how_old(
    context: BrowserContext, center: Center
) -> None:
    """Bones before the first word; after 30 s without one the age, and all it had."""
    post.fill(center)
    parts = (
        ("/devices", "gl-devices", ".device-row"),
        ("/explore", "gl-plots", "gl-plots"),
        ("/scans", "gl-gallery", ".card"),
    )
    for path, panel, _ in parts:
        page = context.new_page()
        page.route_web_socket("**/api/live", lambda _: None)
        page.goto(f"{center.url}{path}")
        expect(page.locator(f"{panel} .bones")).to_be_visible()
        page.close()
    pages = []
    for path, panel, row in parts:
        page = context.new_page()
        page.goto(f"{center.url}{path}")
        expect(page.locator(panel)).to_have_attribute("data-trust", "live")
        expect(page.locator(row).first).to_be_visible()
        pages.append((page, panel, row))
    center.silence()
    for page, panel, row in pages:
        page.bring_to_front()
        expect(page.locator(panel)).to_have_attribute("data-trust", "stale")
        expect(page.locator(f"{panel} > header .trust")).to_contain_text("old")
        expect(page.locator(row).first).to_be_visible()

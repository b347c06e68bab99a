"""Whether the desk can be used by everyone: axe-core on each page and state, in both themes."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from contract.messages import ScanChanged
from tests.web import scene
from tests.web.center import Center

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-core")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


def assert_no_violation(page: Page) -> None:
    """Axe finds nothing against WCAG 2.2 A and AA, nor against best practice."""
    found = axe.Axe().run(page, options=OPTIONS).response["violations"]
    assert [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found] == []


def fill(center: Center) -> None:
    """One of everything."""
    at, body = scene.now(), scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.gateway.series = (("scale-2", "axle load", "kg"),)
    center.tell(
        scene.agent(at=at, devices=scene.devices(at)),
        scene.agent(scene.XRAY, state="silent", at=at),
        scene.whole(),
        scene.holed(),
        ScanChanged(scan=scene.scan(body, at=at)),
    )
    for number, level in enumerate(("critical", "high", "medium", "low")):
        center.alert(scene.seal_alert(id_=f"alert-{number}", severity=level, at=at))
    center.alert(scene.scan_alert(body, at=at))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_desk_has_no_violation(
    context: BrowserContext, center: Center, theme: str, width: int
) -> None:
    """The list with a row open, the picture with its words, the list of keys, and offline."""
    fill(center)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{center.url}/?theme={theme}")
    page.locator("gl-alerts tr.row", has_text="Tusk-like").click()
    assert_no_violation(page)
    page.keyboard.press("Enter")
    expect(page.locator("gl-viewer .stage img")).to_be_visible()
    assert_no_violation(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert_no_violation(page)
    page.keyboard.press("Escape")
    center.stop()
    expect(page.locator(".situation.trouble")).to_be_visible()
    assert_no_violation(page)


def test_the_pages_before_the_desk_have_no_violation(browser: Browser, center: Center) -> None:
    """Sign in, and set the first password."""
    page = browser.new_page()
    page.goto(f"{center.url}/sign-in")
    assert_no_violation(page)
    page.goto(center.first_link)
    expect(page.get_by_label("Name")).to_have_value("admin")
    assert_no_violation(page)
    page.context.close()


def test_nothing_moves_by_itself_under_reduced_motion(
    context: BrowserContext, center: Center
) -> None:
    """No animation and no transition, and the focus ring stays."""
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(center.url)
    center.alert(scene.seal_alert(at=scene.now()))
    expect(page.locator("gl-alerts tr.row")).to_have_count(1)
    page.keyboard.press("j")
    assert page.evaluate("document.getAnimations().length") == 0
    outline = page.locator("tr.row").evaluate("(row) => getComputedStyle(row).outlineWidth")
    assert outline == "2px"

"""What an officer reads where something does not come, or comes late."""

import pytest
from playwright.sync_api import Page, expect

from tests.web import post, scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_picture_that_is_slow_to_come_says_how_long(page: Page, center: Center) -> None:
    """It is asked for, no answer comes: after some seconds the screen says so, with the boxes."""
    page.route("**/api/blobs/**", lambda _: None)
    center.alert(scene.scan_alert(scene.bag(), at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    note = page.locator("gl-viewer .away-note")
    expect(note).to_contain_text("Reading the picture.")
    expect(note).to_contain_text("The network is slow: asked for")
    expect(page.locator("gl-viewer [data-box]")).to_have_count(len(scene.BOXES))


def test_a_refusal_is_a_sentence_before_the_next_one(page: Page, center: Center) -> None:
    """Whoever says why not, and however it ends."""
    post.fill(center)
    refusal = {"error": "/KEMBA/gateway does not answer"}
    page.route("**/api/history*", lambda route: route.fulfill(status=503, json=refusal))
    page.reload()
    expect(page.locator("gl-chart .mid")).to_contain_text("/KEMBA/gateway does not answer. Asked")


def test_a_place_is_in_degrees(page: Page) -> None:
    """The units of latitude and longitude are signs that people know."""
    units = page.evaluate("""async () => {
      const { unit } = await import("/words.js");
      return ["lat", "lon", "Cel", "kg"].map(unit);
    }""")
    assert units == ["°", "°", "°C", "kg"]

"""An alert on paper: whole, dark on white, with what a pointer would show written out."""

from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from contract.messages import ActDone, ScanChanged
from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def alert(page: Page, center: Center) -> Page:
    """A desk in the dark with an alert opened that has a picture, and that an officer took."""
    at = scene.now()
    body = scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.tell(ScanChanged(scan=scene.scan(body, at=at)))
    noted = ActDone(
        act="a1", verb="comment", officer="Amina", role="officer", at=at, note="Opened with a guide"
    )
    center.alert(msgspec.structs.replace(scene.scan_alert(body, at=at), acts=(noted,)))
    center.alert(scene.seal_alert(at=at - timedelta(minutes=3)))
    page.goto(f"{center.url}/?alert=alert-scan")
    expect(page.locator("gl-viewer img")).to_be_visible()
    expect(page.locator("gl-why .thumbnail")).to_be_hidden()
    return page


def test_paper_has_the_whole_alert_and_nothing_that_only_a_screen_needs(alert: Page) -> None:
    """The picture with its numbers, reasons, acts, whole hashes, who printed it and when."""
    alert.emulate_media(media="print")
    why = alert.locator("gl-why")
    picture = why.locator(".thumbnail")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("data-state", "here")
    expect(picture.locator("text")).to_have_text(["1", "2"])
    expect(why).to_contain_text("Opened with a guide")
    today = scene.now().date().isoformat()
    expect(why).to_contain_text(f"Printed from Greenlane {today}")
    expect(why).to_contain_text("by admin; a time without a date is of that day.")
    for gone in (".top", "#alerts", "gl-viewer", "gl-why gl-acts", "gl-evidence", "gl-why button"):
        expect(alert.locator(gone).first).to_be_hidden()
    hashes = why.locator(".evidence [title]").evaluate_all(
        "nodes => nodes.map((node) => getComputedStyle(node, '::after').content.length)"
    )
    assert hashes == [len('""') + 64]
    style = "getComputedStyle(document.querySelector('gl-why .lead'))"
    assert alert.evaluate(f"{style}.color") == "rgb(19, 24, 27)"
    assert why.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
    cut = why.locator(".scroll").evaluate("node => node.scrollHeight - node.clientHeight")
    assert cut == 0


def test_p_prints_what_is_opened_and_nothing_else(alert: Page) -> None:
    """A key and a button; without anything opened the key does nothing."""
    alert.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
    alert.keyboard.press("p")
    alert.locator("gl-evidence").get_by_role("button", name="Print").click()
    assert alert.evaluate("window.printed") == 2
    alert.keyboard.press("Escape")
    expect(alert.locator("gl-why")).to_be_hidden()
    alert.keyboard.press("p")
    assert alert.evaluate("window.printed") == 2

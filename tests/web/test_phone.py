"""The desk on a phone, on a tablet and at 200 %: one column, the acts at the thumb."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.web import scene
from tests.web.center import Center
from tests.web.test_access_pages import sideways

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_phone_needs_no_sideways_scroll(
    context: BrowserContext, center: Center, faults: list[str]
) -> None:
    """At 390 px every part fits, with an alert open and with the picture open."""
    at = scene.now()
    body = scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.alert(scene.scan_alert(body, at=at))
    center.tell(scene.agent(at=at, devices=scene.devices(at)), scene.holed(), scene.whole())
    phone = context.new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.goto(center.url)
    phone.locator("gl-alerts tr.row").click()
    expect(phone.locator("tr.more")).to_be_visible()
    assert sideways(phone) == 0
    phone.locator("tr.more [data-do=open]").click()
    expect(phone.locator("gl-viewer img")).to_be_visible()
    assert sideways(phone) == 0
    small = phone.evaluate(
        "[...document.querySelectorAll('button, select, .thumb a')]"
        ".filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 40)"
        ".map((node) => node.outerHTML)"
    )
    assert small == [], "a thumb needs 44 px"
    assert faults == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_on_a_phone_the_acts_stand_at_the_thumb(
    context: BrowserContext, center: Center, theme: str
) -> None:
    """Beside the whole picture, wherever the page is scrolled to, and over none of its words."""
    body = scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.alert(scene.scan_alert(body, at=scene.now()))
    phone = context.new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.goto(f"{center.url}/?alert=alert-scan&theme={theme}")
    expect(phone.locator("gl-viewer img")).to_be_visible()
    acts = phone.locator("gl-why gl-acts")
    for button in acts.get_by_role("button").all():
        expect(button).to_be_in_viewport(ratio=1)
    above = phone.locator("gl-viewer").bounding_box()
    bar = acts.bounding_box()
    thumb = phone.locator(".thumb").bounding_box()
    assert above is not None
    assert bar is not None
    assert thumb is not None
    assert above["y"] + above["height"] <= bar["y"], "the whole picture and its looks are seen"
    assert bar["y"] + bar["height"] <= thumb["y"] + 1
    phone.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = phone.locator("gl-why dd:visible").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= bar["y"]
    acts.get_by_role("button", name="Acknowledge").click()
    expect(phone.locator("gl-why .state")).to_have_text("Acknowledged")
    # Gone with what they act on.
    phone.locator("gl-viewer").get_by_role("button", name="Back").click()
    expect(acts).to_be_hidden()
    ends = phone.evaluate("getComputedStyle(document.body).paddingBottom")
    assert float(ends.removesuffix("px")) == pytest.approx(thumb["height"], abs=1)


@pytest.mark.parametrize("width", [390, 720, 1100])
def test_in_one_column_what_is_opened_stands_alone(
    context: BrowserContext, center: Center, width: int
) -> None:
    """On a phone, a tablet and at 200 %: not below a list of many, and the keys are in it."""
    at = scene.now()
    for number in range(12):
        center.alert(scene.seal_alert(id_=f"a{number}", title=f"Seal {number}", at=at))
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(center.url)
    row = page.locator("gl-alerts tr.row", has_text="Seal 7")
    row.click()
    page.locator("tr.more [data-do=open]").click()
    expect(page.locator("gl-why .lead")).to_have_text("Seal 7")
    expect(page.locator("gl-why .lead")).to_be_in_viewport()
    expect(page.locator("gl-why gl-acts .btn").first).to_be_in_viewport()
    expect(page.locator("gl-alerts")).to_be_hidden()
    expect(page.locator("gl-why")).to_be_focused()
    page.locator("gl-why").get_by_role("button", name="Back").click()
    expect(row).to_be_in_viewport()
    expect(row).to_be_focused()

"""The gallery of scans: filters, keys into the viewer and back, and every state."""

import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from contract.messages import ScanChanged
from tests.web import growing, post, scene
from tests.web.center import Center
from tests.web.conftest import Shared, faultless

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCANS = 150


@pytest.fixture
def gallery(told: Shared, faults: list[str]) -> Iterator[Page]:
    """The gallery with four scans; it may complain about nothing."""
    with faultless(told.context, faults) as page:
        page.goto(f"{told.center.url}/scans")
        expect(page.locator(".card")).to_have_count(4)
        yield page


def kind(page: Page, name: str) -> None:
    """Press one of the filters."""
    page.locator(f"gl-gallery [data-kind={name}]").click()


def test_each_filter_lets_its_kind_through(gallery: Page) -> None:
    """With boxes, nothing found, failed, on its way; each says how many there are."""
    cards = gallery.locator(".card")
    expect(gallery.locator("[data-kind=boxes]")).to_have_text("With boxes 2")
    for name, words in (
        ("nothing", "Nothing found"),
        ("failed", f"Not looked at: {post.FAILED}"),
        ("away", "picture on its way"),
    ):
        kind(gallery, name)
        expect(cards).to_have_count(1)
        expect(cards).to_contain_text(words)
    kind(gallery, "boxes")
    expect(cards.first).to_contain_text("2 boxes: tusk, carving")
    expect(cards.first).to_contain_text("High")


def test_device_label_and_subject_narrow_it_and_the_address_keeps_them(gallery: Page) -> None:
    """By device, by label, by the subject as typed; a reload shows the same."""
    gallery.get_by_role("combobox", name="Device").select_option("xray-b")
    expect(gallery.locator(".card")).to_have_count(1)
    gallery.get_by_role("combobox", name="Device").select_option("")
    gallery.get_by_role("combobox", name="What the model saw").select_option("carving")
    expect(gallery.locator(".card")).to_have_count(1)
    gallery.get_by_role("combobox", name="What the model saw").select_option("")
    gallery.locator("h1").evaluate("() => document.activeElement.blur()")
    gallery.keyboard.press("/")
    gallery.keyboard.type("7700 000")
    expect(gallery.locator(".card")).to_have_count(1)
    expect(gallery).to_have_url(re.compile(r"search=7700"))
    gallery.reload()
    expect(gallery.locator(".card")).to_have_count(1)
    expect(gallery.locator("gl-gallery .sum")).to_have_text("1 of 4 scans")
    gallery.get_by_placeholder("Subject").fill("no such bag")
    expect(gallery.locator("gl-gallery .mid")).to_contain_text("No scan passes this filter.")
    gallery.get_by_role("button", name="Show all scans").click()
    expect(gallery.locator(".card")).to_have_count(4)


def test_keys_lead_into_the_viewer_through_it_and_back(gallery: Page) -> None:
    """Move, open, the next one inside the viewer, back to its card; an alert's acts are there."""
    gallery.keyboard.press("j")
    expect(gallery.locator(".card").nth(0)).to_be_focused()
    gallery.keyboard.press("Enter")
    expect(gallery.locator("gl-viewer .stage img")).to_be_visible()
    expect(gallery.locator("gl-why .lead")).to_have_text("Tusk-like shape in the scan")
    expect(gallery.locator("gl-why gl-acts")).to_be_visible()
    gallery.keyboard.press("j")
    expect(gallery.locator("gl-why .lead")).to_have_text("The model boxed nothing")
    gallery.keyboard.press("j")
    expect(gallery.locator("gl-why .lead")).to_have_text("The model could not look at this picture")
    gallery.keyboard.press("j")
    expect(gallery.locator("gl-viewer .away-note")).to_contain_text(
        "The picture is on its way: 12 messages of bulk still wait"
    )
    gallery.keyboard.press("Escape")
    expect(gallery.locator("gl-viewer")).to_be_hidden()
    expect(gallery.locator(".card").nth(3)).to_be_focused()
    gallery.keyboard.press("ArrowLeft")
    expect(gallery.locator(".card").nth(2)).to_be_focused()
    gallery.keyboard.press("f")
    expect(gallery.locator("[data-kind=boxes]")).to_have_attribute("aria-pressed", "true")


def test_a_new_scan_waits_while_a_card_is_chosen(page: Page, center: Center) -> None:
    """Empty at first; then live; and nothing moves under the hand."""
    page.goto(f"{center.url}/scans")
    expect(page.locator("gl-gallery .mid")).to_contain_text("No picture has been scanned yet.")
    at, body = scene.now(), scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    one = scene.scan(body, at=at)
    center.tell(ScanChanged(scan=one))
    expect(page.locator(".card")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator(".card")).to_be_focused()
    later = msgspec.structs.replace(one, id="two", observed_at=at + timedelta(seconds=9))
    center.tell(ScanChanged(scan=later))
    expect(page.locator("gl-gallery .fresh")).to_contain_text("1 new")
    expect(page.locator(".card")).to_have_count(1)
    page.keyboard.press(".")
    expect(page.locator(".card")).to_have_count(2)
    center.stop()
    expect(page.locator("gl-gallery")).to_have_attribute("data-trust", "offline")
    expect(page.locator(".card")).to_have_count(2)


def test_hundreds_of_cards_come_a_few_a_frame(page: Page, center: Center) -> None:
    """The newest first; the last of all is reached by its key at once."""
    at, body = scene.now(), scene.bag()
    one = msgspec.structs.replace(scene.scan(body, at=at), is_kept=False)
    for n in range(SCANS):
        earlier = at - timedelta(seconds=n)
        center.tell(ScanChanged(scan=msgspec.structs.replace(one, id=f"s{n}", observed_at=earlier)))
    page.add_init_script(growing.watch(".card"))
    page.goto(f"{center.url}/scans")
    cards = page.locator(".card")
    expect(cards).to_have_count(SCANS)
    assert growing.longest_step(page) <= growing.ROWS_A_FRAME
    expect(cards.first).to_have_attribute("data-scan", "s0")
    page.keyboard.press("k")
    expect(cards.last).to_be_focused()

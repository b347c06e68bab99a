"""An officer takes evidence out: by button or key, followed, saved; or refused in words."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.web import scene
from tests.web.center import Center
from tests.web.test_access_pages import sideways

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ARCHIVE = b"PK\x03\x04" + bytes(range(256)) * 1_000


def test_evidence_is_saved_as_the_gateway_made_it(page: Page, center: Center) -> None:
    """One click; the file has the gateway's bytes, and the record says who took it."""
    center.gateway.archives["alert-seal"] = ARCHIVE
    center.alert(scene.seal_alert(at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    block = page.locator("gl-evidence")
    with page.expect_download() as saved:
        block.get_by_role("button", name="Export evidence").click()
    assert saved.value.suggested_filename == "evidence-alert-seal.zip"
    assert Path(saved.value.path()).read_bytes() == ARCHIVE
    expect(block.locator(".fate")).to_contain_text("Saved: 250 KiB")
    expect(block.locator(".notes li")).to_have_text(["Back-dating is excluded from 12:00 on."])
    expect(page.locator("#toast")).to_contain_text("Evidence saved: Seal opened in transit")
    with page.expect_download() as again:
        block.get_by_role("button", name="Save again").click()
    assert Path(again.value.path()).read_bytes() == ARCHIVE
    (record,) = page.request.get(f"{center.url}/api/audit").json()["records"]
    assert (record["verb"], record["about"], record["state"]) == (
        *("export evidence", "alert-seal"),
        "done",
    )
    page.goto(f"{center.url}/admin?tab=records")
    expect(page.locator("gl-records")).to_contain_text("Export evidence")


def test_a_refusal_is_a_sentence_and_the_key_shows_where(page: Page, center: Center) -> None:
    """From the list, by key: the alert is opened, and why there is no archive stands there."""
    center.alert(scene.seal_alert(at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("e")
    block = page.locator("gl-evidence")
    expect(block.locator(".fate[data-kind=refused]")).to_have_text("It was not made. Not here")
    expect(block).to_be_in_viewport()
    (record,) = page.request.get(f"{center.url}/api/audit").json()["records"]
    assert (record["state"], record["reason"]) == ("refused", "not here")


def test_a_viewer_takes_no_evidence_out(page: Page, center: Center, faults: list[str]) -> None:
    """The button says why; the command center refuses as well."""
    center.gateway.archives["alert-seal"] = ARCHIVE
    center.alert(scene.seal_alert(at=scene.now()))
    invited = page.request.post(
        f"{center.url}/api/officers",
        data={"name": "Looker", "role": "viewer", "posts": ["*"]},
        headers={"X-Greenlane": "1"},
    ).json()
    browser = page.context.browser
    assert browser is not None
    context: BrowserContext = browser.new_context(viewport={"width": 390, "height": 844})
    assert context.request.get(f"{center.url}{invited['link']}").ok
    context.request.post(
        f"{center.url}/api/password",
        data={"password": "three calm gulls rest"},
        headers={"X-Greenlane": "1"},
    )
    phone = context.new_page()
    phone.goto(f"{center.url}/?alert=alert-seal")
    button = phone.locator("gl-evidence").get_by_role("button", name="Export evidence")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", "A viewer may look, not take evidence out.")
    assert sideways(phone) == 0
    refused = context.request.post(
        f"{center.url}/api/alerts/alert-seal/evidence", headers={"X-Greenlane": "1"}
    )
    assert refused.status == 403
    assert center.gateway.asked_evidence == []
    context.close()
    assert faults == []

"""Programs in the administration: their tokens, and the webhooks that go to them."""

import json

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.web import office, scene
from tests.web.center import Center
from tests.web.office import press, row, secret, tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


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

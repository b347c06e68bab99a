"""The desk in a real browser, against a real command center: what an officer sees and does."""

from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from contract.messages import DeviceTwin
from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_an_alert_appears_without_a_reload(page: Page, center: Center) -> None:
    """The list is live: what the gateway says is a row a moment later, with both its times."""
    expect(page.get_by_text("Nothing waits for an officer.")).to_be_visible()
    seen = scene.now() - timedelta(hours=2)
    center.alert(scene.seal_alert(at=seen, told=timedelta(hours=1, minutes=46)))
    one = page.locator("gl-alerts tr.row")
    expect(one).to_have_count(1)
    expect(one).to_contain_text("Critical")
    expect(one).to_contain_text("GLZU 318204 1")
    expect(page.locator("#urgent")).to_contain_text("Seal opened in transit")
    page.keyboard.press("j")
    expect(page.locator("tr.more .told")).to_contain_text("UTC, told us")
    expect(page.locator("tr.more .told")).to_contain_text("1 h 46 later")


def test_nothing_moves_while_a_row_is_selected(page: Page, center: Center) -> None:
    """A new alert waits behind a button, however urgent; the bar says it all the same."""
    at = scene.now()
    center.alert(scene.seal_alert(id_="one", severity="low", title="First", at=at))
    page.locator("gl-alerts tr.row").click()
    center.alert(scene.seal_alert(id_="two", title="Second", at=at))
    expect(page.locator(".fresh")).to_contain_text("1 new")
    expect(page.locator("gl-alerts tr.row")).to_have_count(1)
    expect(page.locator(".situation").first).to_contain_text("1 critical")
    page.keyboard.press(".")
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)
    expect(page.locator("gl-alerts tr.row").first).to_contain_text("Second")
    expect(page.locator("gl-alerts tr.row[aria-selected=true]")).to_contain_text("First")


def test_hostile_text_stays_text(page: Page, center: Center) -> None:
    """Markup in what a device says is shown as it was said, everywhere, and never runs."""
    alert = scene.seal_alert(title=scene.HOSTILE, at=scene.now(), subject=scene.HOSTILE)
    proof = scene.evidence("seal.read", scene.HOSTILE, at=scene.now())
    center.alert(msgspec.structs.replace(alert, detail=scene.HOSTILE, evidence=(proof,)))
    hostile = DeviceTwin(device=scene.HOSTILE, family="seal", title=scene.HOSTILE, is_found=False)
    center.tell(
        scene.agent(at=scene.now(), devices=(msgspec.structs.replace(hostile, reason="<b>"),))
    )
    page.locator("gl-alerts tr.row").click()
    expect(page.locator("gl-alerts tr.row .title")).to_have_text(scene.HOSTILE)
    expect(page.locator(".spot")).to_contain_text(scene.HOSTILE)
    page.keyboard.press("m")
    page.keyboard.press("m")
    expect(page.locator(".devices")).to_contain_text(scene.HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("gl-why .evidence")).to_contain_text(scene.HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    assert page.title() != "owned"


def test_the_desk_works_by_keys_alone(page: Page, center: Center) -> None:
    """Move, open, act, search and leave: no mouse; letters can be turned off."""
    at = scene.now()
    for number, title in enumerate(("Alpha", "Beta", "Gamma")):
        told = at - timedelta(minutes=number)
        center.alert(scene.seal_alert(id_=title, severity="high", title=title, at=told))
    expect(page.locator("gl-alerts tr.row")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    selected = page.locator("gl-alerts tr.row[aria-selected=true]")
    expect(selected).to_contain_text("Beta")
    expect(selected).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("gl-why .lead")).to_have_text("Beta")
    page.keyboard.press("i")
    expect(page.locator("gl-why .state")).to_have_text("In progress")
    page.keyboard.press("k")
    expect(page.locator("gl-why .lead")).to_have_text("Alpha")
    page.keyboard.press("Escape")
    expect(page.locator("gl-why")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("gam")
    expect(page.locator("gl-alerts tr.row")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("gl-alerts tr.row")).to_have_count(3)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Single letters act").press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("r")
    expect(page.locator(".fate:visible", has_text="Resolve")).to_have_count(0)
    assert all(alert.state != "resolved" for alert in center.gateway.alerts.values())


def test_no_row_moves_under_the_pointer(page: Page, center: Center) -> None:
    """While the mouse moves over the rows a new one waits; it comes when they rest."""
    center.alert(scene.seal_alert(id_="one", severity="low", title="First", at=scene.now()))
    page.locator("gl-alerts tr.row").hover()
    center.alert(scene.seal_alert(id_="two", title="Second", at=scene.now()))
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)
    first = page.locator("gl-alerts tr.row").first
    expect(first).to_contain_text("Second")
    first.click()
    expect(first).to_have_attribute("aria-selected", "true")
    first.click()
    expect(first).to_have_attribute("aria-selected", "false")


def test_what_is_opened_is_in_the_address(page: Page, center: Center) -> None:
    """It survives a reload; closed it is gone; of an alert that is not here the desk says so."""
    center.alert(scene.seal_alert(at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    page.wait_for_url("**/?alert=alert-seal")
    page.reload()
    expect(page.locator("gl-why .lead")).to_have_text("Seal opened in transit")
    page.keyboard.press("Escape")
    page.wait_for_url(center.url + "/")
    page.goto(f"{center.url}/?alert=of-last-year")
    expect(page.locator("#toast")).to_contain_text("is not on this desk: it was closed long ago")
    page.wait_for_url(center.url + "/")

"""Handing over, closing, opening again, commenting; the one-time link and the own password."""

from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.web import scene
from tests.web.center import PASSWORD, Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ANOTHER = "five loud cranes dance"


def test_an_alert_is_handed_to_another_officer(page: Page, center: Center) -> None:
    """The list names who may act; who has it then stands in the row; words go along."""
    answer = page.request.post(
        f"{center.url}/api/officers",
        data={"name": "Achieng", "role": "officer", "posts": ["*"]},
        headers={"X-Greenlane": "1"},
    )
    assert answer.status == 201
    page.request.post(
        f"{center.url}/api/officers",
        data={"name": "Looker", "role": "viewer", "posts": ["*"]},
        headers={"X-Greenlane": "1"},
    )
    center.alert(scene.seal_alert(at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("h")
    who = page.get_by_role("dialog", name="Hand over").get_by_label("To")
    expect(who.locator("option")).to_have_text(["Achieng", "admin (you)"])
    who.select_option("Achieng")
    page.get_by_label("What they should know").fill("Seal is in lane 2.")
    page.get_by_role("dialog").get_by_role("button", name="Hand over").click()
    expect(page.locator("#toast")).to_contain_text("Handed over: Seal opened in transit")
    expect(page.locator("gl-alerts tr.row .who")).to_have_text("Achieng")
    assert center.gateway.alerts["alert-seal"].assigned_to == "Achieng"
    assert center.gateway.alerts["alert-seal"].acts[0].note == "Seal is in lane 2."


def test_what_is_resolved_is_closed_and_opened_again(page: Page, center: Center) -> None:
    """Both keys, and buttons only where they make sense."""
    alert = scene.seal_alert(at=scene.now())
    center.alert(alert)
    page.locator("gl-alerts tr.row").click()
    bar = page.locator("tr.more gl-acts")
    expect(bar.locator("[data-verb=close]")).to_be_hidden()
    page.keyboard.press("c")
    expect(page.locator("#toast")).to_contain_text("Close refused: The alert is open.")
    page.keyboard.press("r")
    expect(bar.locator("[data-verb=close]")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("#toast")).to_contain_text("Closed: Seal opened in transit")
    page.keyboard.press("o")
    expect(page.locator("gl-alerts tr.row .state")).to_have_text("Open")
    expect(bar.locator("[data-verb=reopen]")).to_be_hidden()


def test_a_link_of_the_desk_opens_its_alert(page: Page, center: Center) -> None:
    """Other pages lead to an alert by its address, which stays: it can be reloaded."""
    for number in (1, 2):
        alert = scene.seal_alert(id_=f"a-{number}", at=scene.now())
        center.alert(msgspec.structs.replace(alert, title=f"Alert {number}"))
    page.goto(f"{center.url}/?alert=a-2")
    expect(page.locator("gl-why .lead")).to_have_text("Alert 2")
    assert page.url == f"{center.url}/?alert=a-2"
    page.reload()
    expect(page.locator("gl-why .lead")).to_have_text("Alert 2")


def test_the_first_password_is_set_and_later_changed(browser: Browser, center: Center) -> None:
    """The link asks for one; later the officer's name leads there, with the present one."""
    context: BrowserContext = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(center.first_link)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Set it").click()
    page.wait_for_url(center.url + "/")
    page.locator(".top .me").click()
    page.wait_for_url("**/set-password")
    expect(page.get_by_role("heading")).to_have_text("Change your password")
    expect(page.get_by_role("link", name="back to the desk")).to_be_visible()
    page.get_by_label("Present password").fill("not the password")
    page.get_by_label("New password").fill(ANOTHER)
    page.get_by_label("The same again").fill(ANOTHER)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Present password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(center.url + "/")
    expect(page.locator(".link[data-link=live]")).to_be_visible()
    context.close()


def test_an_act_that_makes_no_sense_is_refused_before_it_is_sent(
    page: Page, center: Center
) -> None:
    """The screen says why, and nothing goes to the journal."""
    alert = scene.seal_alert(at=scene.now())
    center.alert(msgspec.structs.replace(alert, state="in progress"))
    center.gateway.holds_acts = True
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("The alert is in progress.")
    button = page.locator("gl-acts [data-verb=acknowledge]").first
    expect(button).to_have_attribute("aria-disabled", "true")
    assert center.gateway.held == []


def test_a_comment_can_be_taken_back_and_then_sent(context: BrowserContext, center: Center) -> None:
    """It waits some seconds before it is sent; taken back, its words are there again."""
    page = context.new_page()
    page.clock.install()
    page.goto(center.url)
    center.alert(scene.seal_alert(at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("n")
    page.keyboard.type("Lane 2 sends it round again.")
    # The seconds stand still, however slow this machine is.
    page.clock.pause_at(scene.now() + timedelta(minutes=1))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text("not sent yet")
    page.keyboard.press("z")
    expect(page.get_by_role("textbox", name="Everyone sees it")).to_have_value(
        "Lane 2 sends it round again."
    )
    assert center.gateway.alerts["alert-seal"].acts == ()
    page.clock.resume()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text("Commented: Seal opened in transit")
    page.keyboard.press("Enter")
    expect(page.locator("gl-why .done")).to_contain_text("Commented by admin")
    expect(page.locator("gl-why .done .note")).to_have_text("Lane 2 sends it round again.")

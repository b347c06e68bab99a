"""The browser's Back and Forward: what is opened over a page is a step, and so is a dialog."""

from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from contract.messages import DeviceTwin, ScanChanged
from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PHONE = {"width": 390, "height": 844}
SIZES = [PHONE, {"width": 1440, "height": 900}]


def three(center: Center) -> None:
    """Three alerts, Alpha first, and enough others that a phone has to scroll."""
    at = scene.now()
    for number, title in enumerate(("Alpha", "Beta", "Gamma", *"defghijklmno")):
        told = at - timedelta(minutes=number)
        center.alert(scene.seal_alert(id_=title, severity="high", title=title, at=told))


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_back_closes_what_is_opened_and_forward_opens_it_again(
    page: Page, center: Center, size: dict[str, int]
) -> None:
    """Neither leaves the page; a reload keeps what is opened, and the step with it."""
    page.set_viewport_size(size)  # type: ignore[arg-type]  # width and height
    three(center)
    row = page.locator("gl-alerts tr.row", has_text="Gamma")
    row.click()
    page.keyboard.press("Enter")
    lead = page.locator("gl-why .lead")
    expect(lead).to_have_text("Gamma")
    page.wait_for_url("**/?alert=Gamma")
    page.evaluate("window.isTheSamePage = true")
    page.go_back()
    expect(page.locator("gl-why")).to_be_hidden()
    expect(row).to_be_in_viewport()
    expect(row).to_be_focused()
    assert page.url == f"{center.url}/"
    page.go_forward()
    expect(lead).to_have_text("Gamma")
    assert page.evaluate("window.isTheSamePage")
    page.reload()
    expect(lead).to_have_text("Gamma")
    page.go_back()
    expect(row).to_be_visible()
    expect(page.locator("gl-why")).to_be_hidden()


def test_who_walks_through_the_alerts_takes_one_step(page: Page, center: Center) -> None:
    """Opened, the next, the next, Esc: Back then leads to where the officer came from."""
    page.goto(f"{center.url}/devices")
    page.locator("nav").get_by_role("link", name="Desk").click()
    three(center)
    page.locator("gl-alerts tr.row").first.click()
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("gl-why .lead")).to_have_text("Gamma")
    page.wait_for_url("**/?alert=Gamma")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{center.url}/")
    page.locator("gl-alerts tr.row", has_text="Beta").dblclick()
    page.wait_for_url("**/?alert=Beta")
    page.go_back()
    page.wait_for_url(f"{center.url}/")
    expect(page.locator("gl-why")).to_be_hidden()
    page.go_back()
    page.wait_for_url("**/devices")


def test_from_an_alert_entered_by_its_link_back_leads_to_where_the_link_was(
    page: Page, center: Center
) -> None:
    """It was no step of this page; closed by Esc it is the list, in the same step."""
    three(center)
    page.goto(f"{center.url}/devices")
    page.goto(f"{center.url}/?alert=Beta")
    lead = page.locator("gl-why .lead")
    expect(lead).to_have_text("Beta")
    expect(page.locator("gl-alerts tr.row")).to_have_count(15)
    expect(page.locator("gl-alerts tr.row[aria-selected=true]")).to_contain_text("Beta")
    page.go_back()
    page.wait_for_url("**/devices")
    page.go_forward()
    expect(lead).to_have_text("Beta")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{center.url}/")
    page.go_back()
    page.wait_for_url("**/devices")


def test_back_leaves_a_dialog_and_nothing_else(page: Page, center: Center) -> None:
    """The alert under it stays open, the words stay its draft; closed by hand its step is gone."""
    three(center)
    page.locator("gl-alerts tr.row", has_text="Beta").dblclick()
    page.wait_for_url("**/?alert=Beta")
    page.keyboard.press("n")
    asked = page.get_by_role("dialog", name="Comment")
    page.keyboard.type("The seal was cut")
    page.go_back()
    expect(asked).to_be_hidden()
    expect(page.locator("gl-why .lead")).to_have_text("Beta")
    page.keyboard.press("n")
    expect(asked.get_by_role("textbox")).to_have_value("The seal was cut")
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    page.wait_for_function("() => history.state.depth === 1")
    page.go_back()
    expect(page.locator("gl-why")).to_be_hidden()
    assert page.url == f"{center.url}/"


def test_back_cannot_lose_a_secret_that_is_shown_once(page: Page, center: Center) -> None:
    """The link of a new officer stays until it was taken, as with Esc."""
    page.goto(f"{center.url}/admin")
    page.locator(".link[data-link=live]").wait_for()
    page.get_by_role("button", name="Invite an officer").click()
    page.get_by_label("Name", exact=True).fill("officer 12")
    page.get_by_label("Posts").fill("KEMBA")
    page.get_by_role("button", name="Make the link").click()
    once = page.get_by_role("dialog", name="One-time link")
    expect(once).to_be_visible()
    page.wait_for_function("() => history.state?.depth === 1")
    page.go_back()
    page.wait_for_function("() => history.state?.depth === 1")
    expect(once).to_be_visible()
    once.get_by_role("button", name="I have it").click()
    expect(once).to_be_hidden()
    assert page.url == f"{center.url}/admin"


def test_scans_and_devices_are_steps_as_well(
    context: BrowserContext, center: Center, faults: list[str]
) -> None:
    """The address of a scan or a device opens it; Back takes it away and stays on its page."""
    at = scene.now()
    body = scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.tell(ScanChanged(scan=scene.scan(body, at=at)))
    twin = DeviceTwin(device="scale-2", family="modbus", title="Axle scale")
    center.tell(scene.agent(at=at, devices=(twin,)))
    phone = context.new_page()
    phone.on("pageerror", lambda error: faults.append(str(error)))
    phone.set_viewport_size(PHONE)  # type: ignore[arg-type]  # width and height
    phone.goto(f"{center.url}/scans?device=xray-a")
    phone.locator(".card").click()
    phone.wait_for_url("**/scans?device=xray-a&scan=scan-1")
    phone.reload()
    expect(phone.locator("gl-viewer")).to_be_visible()
    phone.go_back()
    expect(phone.locator(".card")).to_be_visible()
    phone.goto(f"{center.url}/devices")
    phone.locator(".device-row").click()
    expect(phone.locator("gl-twin h2")).to_have_text("scale-2")
    phone.go_back()
    expect(phone.locator("gl-twin")).to_contain_text("Choose a device.")
    phone.goto(f"{center.url}/scans?scan=of-last-year")
    expect(phone.locator("#toast")).to_contain_text("The scan of this link is out of sight")
    phone.wait_for_url(f"{center.url}/scans")
    assert faults == []

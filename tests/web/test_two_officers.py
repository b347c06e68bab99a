"""Two officers and one alert: both see what was done, and the journal decides who was first."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_an_acknowledgement_is_seen_on_a_second_screen(
    page: Page, context: BrowserContext, center: Center
) -> None:
    """Sending until the journal has it, then done; a second screen sees both without a reload."""
    second = context.new_page()
    second.goto(center.url)
    center.alert(scene.seal_alert(at=scene.now()))
    center.gateway.holds_acts = True
    expect(second.locator("gl-alerts tr.row")).to_contain_text("Open")
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("a")
    for screen in (page, second):
        expect(screen.locator("gl-alerts tr.row .fate")).to_contain_text("Acknowledge: sending")
        expect(screen.locator("gl-alerts tr.row .state")).to_have_text("Open")
    expect_held(center)
    center.do(center.gateway.judge_held())
    for screen in (page, second):
        expect(screen.locator("gl-alerts tr.row .state")).to_have_text("Acknowledged")
        expect(screen.locator("gl-alerts tr.row")).to_contain_text("admin")
    expect(page.locator("#toast")).to_contain_text("Acknowledged: Seal opened in transit")


def expect_held(center: Center, acts: int = 1) -> None:
    """Wait until so many acts have reached the gateway through outbox and uplink."""
    center.wait_until(lambda: len(center.gateway.held) == acts)


def test_of_two_officers_at_once_the_journal_refuses_the_second(
    page: Page, context: BrowserContext, center: Center
) -> None:
    """Both press before either is judged: one is done, the other refused with the reason."""
    second = context.new_page()
    second.goto(center.url)
    center.alert(scene.seal_alert(at=scene.now()))
    center.gateway.holds_acts = True
    for number, screen in enumerate((page, second), start=1):
        screen.locator("gl-alerts tr.row").click()
        screen.keyboard.press("a")
        expect_held(center, number)
    center.do(center.gateway.judge_held())
    fate = second.locator("tr.more gl-acts .fate")
    expect(fate).to_contain_text("Acknowledge: refused. It cannot be acknowledged: the alert is")
    expect(second.locator("#toast")).to_contain_text("Acknowledge refused")
    expect(second.locator("gl-alerts tr.row .state")).to_have_text("Acknowledged")

"""The desk in a real browser, against a real command center: what an officer sees and does."""

from datetime import timedelta

import pytest
from tests.web import scene
from tests.web.center import Center
from playwright.sync_api import BrowserContext, Page, expect

from contract.messages import (
    AgentChanged,
    AlertChanged,
    CompletenessChanged,
    ScanChanged,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def row(page: Page, words: str) -> object:
    """The row of an alert."""
    return page.locator("gl-alerts tr.row", has_text=words)


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

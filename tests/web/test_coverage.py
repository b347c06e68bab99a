"""Whether everything of a device is here: the strip on its page, for a time that one chooses."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.web import post, scene
from tests.web.conftest import Shared

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def device(shared: Shared, faults: list[str]) -> Iterator[Page]:
    """The page of one device; it may complain about nothing."""
    post.fill(shared.center)
    page = shared.context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{shared.center.url}/devices?device=reefer-2&source=/KEMBA/gate-2")
    expect(page.locator("gl-coverage .coverage-answer")).to_be_visible()
    yield page
    page.close()
    assert faults == []


def test_one_word_the_reasons_and_a_strip(device: Page, shared: Shared) -> None:
    """Then for an hour that was typed, and back to the clock; what is not whole is never colour."""
    panel = device.locator("gl-coverage")
    expect(panel.locator(".coverage-answer strong")).to_have_text("Missing")
    expect(panel).to_contain_text("600 messages of its agent here, 1 missing")
    expect(panel.locator("li")).to_have_text("1 message (events) of gate-2 is not here.")
    expect(panel.locator(".coverage-strip span")).to_have_count(60)
    expect(panel.locator(".coverage-strip")).to_have_attribute(
        "aria-label",
        "75 % of the time complete, 12 % of the time missing, 13 % of the time declared lost",
    )
    start = (scene.now() - timedelta(hours=5)).replace(minute=0, second=0, microsecond=0)
    half = start + timedelta(minutes=30)
    panel.get_by_label("From, UTC").fill(f"{start:%Y-%m-%dT%H:%M}")
    panel.get_by_label("To, UTC").fill(f"{half:%Y-%m-%dT%H:%M}")
    panel.get_by_role("button", name="Ask").click()
    expect(panel.locator(".coverage-answer strong")).to_have_text("Complete")
    asked = shared.center.gateway.asked_whole[-1]
    assert (asked.source, asked.device, asked.steps) == ("/KEMBA/gate-2", "reefer-2", 60)
    assert (asked.start, asked.end) == (start, half)
    panel.get_by_role("button", name="Follow the clock").click()
    expect(panel.locator(".coverage-answer strong")).to_have_text("Missing")
    panel.get_by_label("To, UTC").fill("2020-01-01T00:00")
    panel.get_by_role("button", name="Ask").click()
    asked_before = len(shared.center.gateway.asked_whole)
    assert panel.get_by_label("To, UTC").evaluate("node => node.validity.customError")
    assert len(shared.center.gateway.asked_whole) == asked_before


def test_a_gateway_without_an_answer_is_said_in_a_sentence(device: Page) -> None:
    """Nothing old stays as if it were the answer to another question."""
    device.route("**/api/completeness?**", lambda route: route.abort())
    panel = device.locator("gl-coverage")
    panel.get_by_label("From, UTC").fill("2026-01-01T00:00")
    panel.get_by_role("button", name="Ask").click()
    expect(panel).to_contain_text("It could not be asked. The command center cannot be reached.")
    expect(panel.locator(".coverage-answer")).to_be_hidden()

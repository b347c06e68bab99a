"""Whether everything of a device is here: the strip on its page, for a time that one chooses."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from contract.messages import DeviceTwin
from tests.web import post, scene
from tests.web.conftest import Shared, faultless

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def device(shared: Shared, faults: list[str]) -> Iterator[Page]:
    """The page of one device; it may complain about nothing."""
    post.fill(shared.center)
    with faultless(shared.context, faults) as page:
        page.goto(f"{shared.center.url}/devices?device=reefer-2&source=/KEMBA/gate-2")
        expect(page.locator("gl-coverage .coverage-answer")).to_be_visible()
        yield page


def test_one_word_the_reasons_and_a_strip(device: Page, shared: Shared) -> None:
    """Then for an hour that was typed, and back to the clock; what is not whole is never colour."""
    panel = device.locator("gl-coverage")
    expect(panel.locator(".coverage-answer strong")).to_have_text("Missing")
    expect(panel).to_contain_text("200 messages of its agent here, 1 missing")
    expect(panel.locator("li")).to_have_text("1 message (events) of gate-2 is not here.")
    expect(panel.locator(".coverage-strip span")).to_have_count(60)
    expect(panel.locator(".coverage-strip")).to_have_attribute(
        "aria-label",
        "75 % of the time complete, 12 % of the time missing, 13 % of the time declared lost",
    )
    lost, missing = (
        panel.locator(f"[data-status={what}]").last for what in ("'declared lost'", "missing")
    )
    assert missing.evaluate("node => getComputedStyle(node).outlineStyle") == "dashed"
    assert lost.evaluate("node => getComputedStyle(node).backgroundImage").count("gradient") == 2
    start = (scene.now() - timedelta(hours=5)).replace(minute=0, second=0, microsecond=0)
    half = start + timedelta(minutes=30)
    panel.get_by_label("From, UTC").fill(f"{start:%Y-%m-%d %H:%M}")
    panel.get_by_label("To, UTC").fill(f"{half:%Y-%m-%d %H:%M}")
    panel.get_by_role("button", name="Ask").click()
    expect(panel.locator(".coverage-answer strong")).to_have_text("Complete")
    asked = shared.center.gateway.asked_whole[-1]
    assert (asked.source, asked.device, asked.steps) == ("/KEMBA/gate-2", "reefer-2", 60)
    assert (asked.start, asked.end) == (start, half)
    panel.get_by_role("button", name="Follow the clock").click()
    expect(panel.locator(".coverage-answer strong")).to_have_text("Missing")
    panel.get_by_label("To, UTC").fill("2020-01-01 00:00")
    panel.get_by_role("button", name="Ask").click()
    asked_before = len(shared.center.gateway.asked_whole)
    assert panel.get_by_label("To, UTC").evaluate("node => node.validity.customError")
    assert len(shared.center.gateway.asked_whole) == asked_before


def test_the_clock_is_followed_as_far_as_the_device_promises(shared: Shared) -> None:
    """The newest seconds are never promised: asked for, every device would be one to distrust."""
    asked = shared.center.gateway.asked_whole
    for behind_s, is_promised in ((20, True), (600, False)):
        upto = scene.now() - timedelta(seconds=behind_s)
        twin = DeviceTwin(device="plug-7", family="modbus", said_up_to=upto)
        shared.center.tell(scene.agent(at=scene.now(), devices=(twin,)))
        page = shared.context.new_page()
        page.goto(f"{shared.center.url}/devices?device=plug-7&source=/KEMBA/gate-2")
        expect(page.locator("gl-coverage .coverage-answer")).to_be_visible()
        end = asked[-1].end
        assert abs((end - upto).total_seconds()) < 1 if is_promised else end > upto
        assert asked[-1].end - asked[-1].start == timedelta(hours=1)
        page.close()


def test_a_gateway_without_an_answer_is_said_in_a_sentence(device: Page) -> None:
    """Nothing old stays as if it were the answer to another question."""
    away: list[bool] = []
    # The page is loaded anew: a page that is there learns of a route some time later.
    device.route(
        "**/api/completeness?**", lambda route: route.abort() if away else route.continue_()
    )
    device.reload()
    panel = device.locator("gl-coverage")
    expect(panel.locator(".coverage-answer")).to_be_visible()
    away.append(True)
    panel.get_by_label("From, UTC").fill("2026-01-01 00:00")
    panel.get_by_role("button", name="Ask").click()
    expect(panel).to_contain_text("It could not be asked. The command center cannot be reached.")
    expect(panel.locator(".coverage-answer")).to_be_hidden()

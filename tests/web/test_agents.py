"""The panel of agents beside the alerts: who is heard, how whole it is, how many are drawn."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from contract.messages import DeviceTwin
from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_agents_are_shown_as_stale_and_as_holed_as_they_are(page: Page, center: Center) -> None:
    """A silent agent says since when; missing, lost and waiting numbers are named."""
    at = scene.now()
    center.tell(
        scene.agent(at=at, devices=scene.devices(at)),
        scene.agent(scene.XRAY, state="silent", at=at - timedelta(minutes=4)),
        scene.whole(),
        scene.holed(),
    )
    page.get_by_role("button", name="Agents").click()
    agents = page.locator("gl-agents .agent")
    expect(agents).to_have_count(2)
    silent, alive = agents.nth(0), agents.nth(1)
    expect(silent).to_contain_text("silent, heard")
    expect(silent).to_contain_text("4 min ago")
    expect(silent).to_contain_text("4 missing")
    expect(silent).to_contain_text("42 declared lost")
    expect(silent).to_contain_text("12 waiting")
    expect(alive).to_contain_text("alive")
    expect(alive).to_contain_text("Nothing is missing: 1,204 events, 84,120 readings, 318 bulk.")
    expect(alive).to_contain_text("lost since")
    expect(page.locator(".situation").first).to_contain_text(
        "1 of 2 agents alive, 3 devices, 1 lost"
    )
    expect(page.locator(".situation").first).to_contain_text("1 source with holes")


def test_the_panel_of_agents_draws_a_part_of_thousands(page: Page, center: Center) -> None:
    """The lost ones among them; the rest is on the page of devices."""
    twins = tuple(
        DeviceTwin(device=f"sensor-{n:04}", family="modbus", is_found=n != 4_000, reason="gone")
        for n in range(5_000)
    )
    center.tell(scene.agent(at=scene.now(), devices=twins))
    page.get_by_role("button", name="Agents").click()
    devices = page.locator("gl-agents .devices li")
    expect(devices).to_have_count(50)
    expect(devices.first).to_contain_text("sensor-4000")
    expect(page.locator("gl-agents .beyond")).to_have_text("4,950 more devices: see the devices.")

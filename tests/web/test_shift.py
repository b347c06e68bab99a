"""Eight hours of work: a page that stays open keeps no more than it shows."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from contract.messages import DeviceTwin, Point
from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROUNDS = 5
"""So often an officer looks from one device to the other and back."""


def test_a_chart_that_left_the_page_is_forgotten(page: Page, center: Center) -> None:
    """However many devices an officer looks at: no listener and no canvas stays behind."""
    at = scene.now()
    names = ("scale-1", "scale-2")
    center.gateway.series = tuple((name, "axle load", "kg") for name in names)
    center.gateway.points = tuple(
        Point(at=at - timedelta(seconds=s), mean=s, low=s, high=s, count=1) for s in (90, 60, 30)
    )
    twins = tuple(DeviceTwin(device=name, family="modbus") for name in names)
    center.tell(scene.agent(at=at, devices=twins))
    page.goto(f"{center.url}/devices")
    browser = page.context.new_cdp_session(page)

    def look() -> None:
        for name in names:
            page.locator(".device-row", has_text=name).click()
            expect(page.locator("gl-twin h2")).to_have_text(name)
            expect(page.locator("gl-metric canvas")).to_be_visible()

    def kept() -> tuple[int, int]:
        browser.send("HeapProfiler.collectGarbage")
        counters = browser.send("Memory.getDOMCounters")
        return counters["nodes"], counters["jsEventListeners"]

    look()
    look()
    nodes, listeners = kept()
    for _ in range(ROUNDS):
        look()
    more_nodes, more_listeners = kept()
    # A chart has 40 nodes and 12 listeners; twice `ROUNDS` of them came and went.
    assert more_nodes - nodes < 100
    assert more_listeners - listeners < 20


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


def test_the_plan_of_a_large_post_stands_whole_though_it_comes_in_parts(
    page: Page, center: Center
) -> None:
    """A few lanes with each frame, so that no drawing is long; what is beyond forty is said."""
    twins = tuple(
        DeviceTwin(device=f"scale-{n}", family="modbus", lane=str(n)) for n in range(1, 46)
    )
    center.tell(scene.agent(at=scene.now(), devices=twins))
    lanes = page.locator("gl-lanes .lanes > .lane-row")
    expect(lanes).to_have_count(40)
    expect(lanes.last).to_contain_text("Lane 40")
    expect(page.locator("gl-lanes .beyond")).to_have_text("5 more lanes: see the devices.")

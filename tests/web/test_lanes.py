"""The plan of lanes, on its page and beside the alerts of the desk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Shared, opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def desk(border: Shared, faults: list[str]) -> Iterator[Page]:
    """The desk of somebody who is here for the first time."""
    page = opened(border, "/", faults)
    page.evaluate("localStorage.removeItem('side')")
    page.reload()
    yield page
    page.close()
    assert faults == []


def test_a_post_has_a_plan_of_its_lanes(border: Shared, faults: list[str]) -> None:
    """Lanes by number, the devices in each, what is open; `j` leads to the next post."""
    chart = opened(border, "/map", faults)
    lanes = chart.locator("gl-lanes")
    expect(lanes.locator(".post-head")).to_contain_text("KEMBA")
    heads = lanes.locator(".lanes h3")
    expect(heads).to_have_text(["Lane 1", "Lane 2", "Lane 10", "No lane"])
    second = lanes.locator(".lanes > li").nth(1)
    expect(second.locator(".lane-head")).to_contain_text("Critical")
    expect(second.locator(".lane-head")).to_contain_text("2 open")
    seal = second.locator(".spot", has_text="seal-2")
    expect(seal.locator(".alerts")).to_contain_text("Critical2")
    expect(second.locator(".spot", has_text="reefer-2")).to_contain_text("lost, 4 min")
    expect(lanes.locator(".spot", has_text="modbus-1")).to_contain_text("1 taken")
    expect(lanes.locator(".loose")).to_contain_text("Agent was silent for 2 min")
    chart.keyboard.press("j")
    chart.wait_for_url("**/map?post=KENBO")
    expect(lanes.locator(".post-head")).to_contain_text("Nairobi")
    expect(lanes.locator(".spot")).to_have_count(2)
    chart.locator(".post-plate", has_text="TZDAR").click()
    expect(lanes.locator(".post-head")).to_contain_text("numbers are missing")
    chart.goto(f"{border.center.url}/map?post=UGEBB")
    expect(lanes.locator(".mid")).to_contain_text("No device stands at UGEBB yet.")
    chart.goto(f"{border.center.url}/map?post=KEMBA")
    lanes.locator(".spot .name", has_text="seal-2").click()
    chart.wait_for_url("**/devices?device=seal-2**")
    chart.close()
    assert faults == []


def test_the_desk_shows_lanes_map_or_agents_beside_the_alerts(desk: Page) -> None:
    """Lanes first; `m` or a press changes it for good; a post of the map leads to its lanes."""
    lanes, chart = desk.locator("gl-lanes"), desk.locator("gl-map")
    expect(lanes).to_be_visible()
    expect(chart).to_be_hidden()
    desk.keyboard.press("m")
    expect(chart).to_be_visible()
    expect(lanes).to_be_hidden()
    desk.reload()
    expect(chart).to_be_visible()
    chart.locator(".post-plate", has_text="KENBO").click()
    expect(lanes.locator(".post-head")).to_contain_text("KENBO")
    expect(lanes.get_by_role("button", name="Lanes")).to_be_focused()
    lanes.get_by_role("button", name="Agents").click()
    expect(desk.locator("gl-agents .agent").first).to_be_visible()
    expect(desk.locator("gl-agents").get_by_role("button", name="Agents")).to_be_focused()


def test_what_is_open_about_a_device_narrows_the_list(desk: Page, border: Shared) -> None:
    """On the desk at once; from the page of the map by the way of an address."""
    rows = desk.locator("gl-alerts tr.row")
    expect(rows).to_have_count(6)
    desk.locator("gl-lanes .spot", has_text="seal-2").locator(".alerts").click()
    expect(rows).to_have_count(2)
    expect(desk.locator("input#search")).to_have_value("seal-2")
    desk.goto(f"{border.center.url}/map?post=KEMBA")
    desk.locator("gl-lanes .spot", has_text="seal-2").locator(".alerts").click()
    expect(desk.locator("input#search")).to_have_value("seal-2")
    expect(rows).to_have_count(2)
    assert desk.url == f"{border.center.url}/"

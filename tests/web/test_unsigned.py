"""Devices that are not ours: marked wherever they are named, and their readings are asked for."""

import pytest
from playwright.sync_api import expect

from tests.web import posts, scene
from tests.web.conftest import Shared
from tests.web.test_access_pages import assert_usable

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_foreign_device_says_that_it_is_unsigned_wherever_it_is_named(border: Shared) -> None:
    """Lanes, agents, devices, its own page, the explorer, an alert about it; ours have no plate."""
    page = border.context.new_page()
    plate = ".plate:visible"

    def go(path: str) -> None:
        page.goto(f"{border.center.url}{path}")
        page.locator(".link[data-link=live]").wait_for()

    go("/map?post=KEMBA")
    expect(page.locator(".spot", has_text="cold-plug").locator(plate)).to_have_text("unsigned")
    expect(page.locator(".spot", has_text="seal-2").locator(plate)).to_have_count(0)
    go("/")
    page.locator(".sides:visible").get_by_role("button", name="Agents").click()
    expect(page.locator(".agent", has_text=posts.STRANGER).locator(plate)).to_have_count(1)
    page.locator(".sides:visible").get_by_role("button", name="Lanes").click()
    page.locator("tr.row", has_text="Plug is off").click()
    page.keyboard.press("Enter")
    expect(page.locator("gl-why").locator(plate)).to_have_text("unsigned")
    go("/devices?device=cold-plug&source=/KEMBA/zigbee")
    expect(page.locator(".device-row", has_text="cold-plug").locator(plate)).to_have_count(1)
    expect(page.locator("gl-twin > header").locator(plate)).to_have_count(1)
    expect(page.locator("gl-twin .unsigned")).to_contain_text("carry no signature and no number")
    assert_usable(page, 1440)
    go("/explore?device=cold-plug&metric=power&span=1+h")
    expect(page.locator(".pick", has_text="power").locator(plate)).to_have_count(1)
    expect(page.locator("gl-plot").locator(plate)).to_have_count(1)
    assert_usable(page, 1440)
    page.close()


def test_readings_of_a_foreign_device_are_asked_for_every_five_seconds(border: Shared) -> None:
    """They carry no signature, so no stream has them; each chart says how often it asks."""
    page = border.context.new_page()
    page.goto(f"{border.center.url}/devices?device=cold-plug&source=/KEMBA/zigbee")
    metric = page.locator("gl-metric")
    expect(metric).to_contain_text("every 5 s")
    expect(metric.locator(".now-value")).to_have_text("41.5 W")
    asked = border.center.gateway.asked
    asked.clear()
    fresh = posts.track(scene.now(), 43.5)
    border.center.gateway.points_of["cold-plug", "power"] = fresh
    expect(metric.locator(".now-value")).to_have_text("43.5 W")
    assert {(one.device, one.metric) for one in asked} == {("cold-plug", "power")}
    page.goto(f"{border.center.url}/explore?device=cold-plug&metric=power&span=1+h")
    expect(page.locator("gl-plot")).to_contain_text("every 5 s")
    page.goto(f"{border.center.url}/explore?device={posts.PATROL}&metric=latitude&span=1+h")
    expect(page.locator("gl-plot")).to_contain_text("reading")
    expect(page.locator("gl-plot")).not_to_contain_text("every 5 s")
    page.close()

"""Eight hours of work: a page that stays open keeps no more than it shows."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from contract.messages import DeviceTwin, Point
from contract.signing import Key
from tests.web import busy, growing, scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROUNDS = 5
"""So often an officer looks from one device to the other and back."""
ALERTS = 30
"""Opened, taken and closed in one round of a busy post."""
SCALE = "device=scale-1&source=/KEMBA/gate-2"
WORK = {
    "/": ("j", "Escape", "m"),
    f"/devices?{SCALE}": ("j", "k", "]", "["),
    "/explore?device=scale-1&metric=axle+load&span=24+h": ("+", "0"),
    "/scans": (".",),
    "/map": ("j",),
}
"""Every page on which somebody sits for hours, and the keys of one round."""


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


@pytest.mark.parametrize("path", WORK)
def test_a_busy_post_leaves_nothing_on_an_open_page(page: Page, center: Center, path: str) -> None:
    """Alerts, scans, readings and broken lines come and go: after each round it keeps the same."""
    post = busy.Busy(center, Key.make())
    post.begin()
    page.add_init_script(busy.TIMERS)
    page.goto(f"{center.url}{path}")
    browser = page.context.new_cdp_session(page)

    def work() -> dict[str, int]:
        post.turn(ALERTS)
        page.evaluate(busy.LEAVE)
        page.wait_for_function(busy.HAS, arg=post.told)
        for key in WORK[path]:
            page.keyboard.press(key)
        return busy.kept(page, browser)

    work()
    before = work()
    after = [work() for _ in range(ROUNDS)][-1]
    assert after["nodes"] - before["nodes"] < 150
    assert after["listeners"] - before["listeners"] < 20
    assert after["timers"] - before["timers"] < 5
    assert after["watched"] == before["watched"]
    assert after["acts"] == 0


def test_the_plan_of_a_large_post_stands_whole_though_it_comes_in_parts(
    page: Page, center: Center
) -> None:
    """A few devices with each frame, in lanes that stood before too; what is beyond is said."""
    at = scene.now()
    twins = tuple(
        DeviceTwin(device=f"scale-{n}-{lane}", family="modbus", lane=str(lane))
        for n in range(9)
        for lane in range(1, 46)
    )
    page.add_init_script(growing.watch("gl-lanes .spot"))
    page.reload()
    center.tell(scene.agent(at=at, devices=twins[:45]))
    spots = page.locator("gl-lanes .spot")
    expect(spots).to_have_count(40)
    center.tell(scene.agent(at=at, devices=twins))
    expect(spots).to_have_count(360)
    assert growing.longest_step(page) <= growing.ROWS_A_FRAME
    lanes = page.locator("gl-lanes .lanes > .lane-row")
    expect(lanes).to_have_count(40)
    expect(lanes.last).to_contain_text("Lane 40")
    expect(page.locator("gl-lanes .beyond")).to_have_text("5 more lanes: see the devices.")

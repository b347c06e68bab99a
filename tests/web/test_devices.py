"""The page of devices: the twin as of now, its metrics, and every state."""

import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from contract.identifiers import Source
from contract.messages import DRIFT_METRIC, DeviceTwin, Point, Reading
from contract.signing import Key
from tests.web import growing, post, scene
from tests.web.center import Center
from tests.web.conftest import Shared, faultless

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def devices(told: Shared, faults: list[str]) -> Iterator[Page]:
    """The page of devices; it may complain about nothing."""
    with faultless(told.context, faults) as page:
        page.goto(f"{told.center.url}/devices")
        expect(page.locator(".device-row")).to_have_count(4)
        yield page


def test_what_is_lost_comes_first_and_says_why(devices: Page) -> None:
    """The list by need; the twin with since when, why, its agent, clock and version."""
    expect(devices.locator("gl-twin .mid")).to_contain_text("Choose a device.")
    expect(devices.locator(".device-row").first).to_contain_text("reefer-2")
    devices.keyboard.press("j")
    twin = devices.locator("gl-twin")
    expect(twin.locator("h2")).to_have_text("reefer-2")
    expect(twin).to_contain_text("no answer on 3 reads")
    expect(twin).to_contain_text("Simulated: this is no real device.")
    expect(twin).to_contain_text("/KEMBA/gate-2")
    expect(twin).to_contain_text("synchronised, ± 12 ms")
    expect(twin).to_contain_text("v0.1.0")
    expect(twin).to_contain_text(re.compile(r"3 h 0\d ago"))
    expect(twin.locator(".device-alerts")).to_contain_text("Reefer too warm")
    expect(twin.locator(".wide-table")).to_contain_text("84,120")


def test_each_metric_shows_its_latest_reading_its_age_and_its_past(devices: Page) -> None:
    """Not the mean of a step but the reading itself; another time asks anew."""
    devices.locator(".device-row", has_text="reefer-2").click()
    metrics = devices.locator("gl-metric")
    expect(metrics).to_have_count(3)
    expect(metrics.locator("canvas")).to_have_count(3)
    latest = post.readings(scene.now())[-1].mean
    expect(metrics.first.locator(".now-value")).to_have_text(f"{latest:g} °C")
    expect(metrics.first.locator(".room")).to_have_attribute("role", "img")
    with devices.expect_response(lambda answer: "/api/history" in answer.url):
        devices.keyboard.press("]")
    expect(devices.get_by_role("button", name="24 h")).to_have_attribute("aria-pressed", "true")
    devices.keyboard.press("x")
    devices.wait_for_url("**/explore?**")
    expect(devices.locator("gl-plot")).to_have_count(3)


def test_a_device_without_readings_says_so_and_shows_its_pictures(devices: Page) -> None:
    """A scanner: no metrics; its agent is silent and holed; its scans lead to the gallery."""
    devices.locator(".device-row", has_text="xray-a").click()
    twin = devices.locator("gl-twin")
    expect(twin).to_contain_text("It has told no readings")
    expect(twin).to_contain_text("agent silent")
    expect(twin).to_contain_text("What rests on this agent may be wrong")
    expect(twin).to_contain_text("gl-bag-nano 0.4.2, sha256")
    twin.get_by_role("link", name="All its 3 scans").click()
    devices.wait_for_url("**/scans?device=xray-a")
    expect(devices.locator(".card")).to_have_count(3)


def test_search_and_lost_narrow_the_list(devices: Page, told: Shared) -> None:
    """Words of the device or its agent; the address of one that is not there says so."""
    devices.keyboard.press("/")
    devices.keyboard.type("axle")
    expect(devices.locator(".device-row")).to_have_count(1)
    devices.keyboard.press("Escape")
    devices.get_by_role("button", name="Lost 1").click()
    expect(devices.locator(".device-row")).to_have_count(1)
    devices.goto(f"{told.center.url}/devices?device=gone-9")
    expect(devices.locator("gl-twin .mid")).to_contain_text("No device is called “gone-9”.")


def test_of_thousands_the_neediest_are_listed(page: Page, center: Center) -> None:
    """The page stays quick: 200 rows, what is lost among them, the rest by search or address."""
    twins = tuple(
        DeviceTwin(device=f"sensor-{n:04}", family="modbus", is_found=n != 4_000, reason="gone")
        for n in range(5_000)
    )
    page.add_init_script(growing.watch(".device-row"))
    page.goto(f"{center.url}/devices?device=sensor-3000")
    center.tell(scene.agent(at=scene.now(), devices=twins))
    rows = page.locator(".device-row")
    expect(rows).to_have_count(200)
    assert growing.longest_step(page) <= growing.ROWS_A_FRAME + 1, "and the chosen one"
    expect(rows.first).to_contain_text("sensor-4000")
    expect(rows.last).to_contain_text("sensor-3000")
    beyond = page.locator("gl-devices .beyond")
    expect(beyond).to_have_text("4,800 more devices: search to see them.")
    page.keyboard.press("/")
    page.keyboard.type("sensor-49")
    expect(rows).to_have_count(100)
    expect(beyond).to_be_hidden()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.04, "like those its model was made for: they differ by 0.04, told 12 min ago"),
        (0.18, "a little unlike those its model was made for: they differ by 0.18"),
        (0.61, "What is known of its hits and false alarms does not hold."),
    ],
)
def test_a_scanner_says_whether_its_pictures_are_those_its_model_knows(
    page: Page, center: Center, value: float, words: str
) -> None:
    """By the latest report of its agent, among the facts of the device."""
    at = scene.now()
    center.gateway.series = (("xray-a", DRIFT_METRIC, "/"),)
    reported = Point(at=at - timedelta(minutes=12), mean=value, low=value, high=value, count=1)
    center.gateway.points = (reported,)
    page.goto(f"{center.url}/devices?device=xray-a")
    twin = DeviceTwin(device="xray-a", family="scan_folder", title="Bag X-ray")
    center.tell(scene.agent(at=at, devices=(twin,)))
    expect(page.locator("gl-twin .passport").first).to_contain_text(words)


def test_the_twin_is_live_and_says_when_its_past_cannot_be_read(page: Page, center: Center) -> None:
    """A signed reading as it comes; lost, and why; a store that is down harms nothing else."""
    agent, key, at = Source("/KEMBA/gate-2"), Key.make(), scene.now()
    center.gateway.series = (("scale-2", "axle load", "kg"),)
    page.goto(f"{center.url}/devices?device=scale-2&source=/KEMBA/gate-2")
    twin = DeviceTwin(device="scale-2", family="modbus", title="Axle scale")
    there = scene.agent(at=at, devices=(twin,), public_key=key.public)
    center.tell(there)
    metric = page.locator("gl-metric")
    expect(metric).to_contain_text("No readings in the last 1 h.")
    center.wait_until(lambda: center.hub_hears("/KEMBA/gate-2/readings"))
    reading = Reading(
        device="scale-2", metric="axle load", value=18_420, unit="kg", observed_at=scene.now()
    )
    center.do(center.gateway.read_out(agent, key, reading))
    expect(metric.locator(".now-value")).to_have_text("18,420 kg")
    gone = msgspec.structs.replace(
        twin, is_found=False, reason="cable pulled", since=at - timedelta(minutes=1)
    )
    center.tell(msgspec.structs.replace(there, devices=(gone,)))
    expect(page.locator("gl-twin > header .fare")).to_contain_text("lost")
    expect(page.locator("gl-twin")).to_contain_text("cable pulled")
    center.gateway.store_is_down = True
    page.keyboard.press("]")
    expect(metric).to_contain_text("Its past could not be read. The store does not answer.")
    center.stop()
    expect(page.locator("gl-twin")).to_have_attribute("data-trust", "offline")
    expect(page.locator("gl-twin")).to_contain_text("cable pulled")

"""The explorer: compare, zoom down to the readings, alerts and holes in their place, take away."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from contract.messages import HistoryAsked
from tests.web import post, scene
from tests.web.center import Center
from tests.web.conftest import Shared, faultless

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


class Told(NamedTuple):
    """A post, and the query of its last hour."""

    center: Center
    context: BrowserContext
    hour: str


SUPPLY = "device=reefer-2&metric=supply+air"
LOAD = "device=scale-2&metric=axle+load"


@pytest.fixture(scope="module")
def told(shared: Shared) -> Told:
    """The post, told once; its tests look at the hour before that, however long they take."""
    at = post.fill(shared.center)
    start = (at - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    end = at.isoformat().replace("+00:00", "Z")
    return Told(shared.center, shared.context, f"from={start}&to={end}")


@pytest.fixture
def page(told: Told, faults: list[str]) -> Iterator[Page]:
    """A page that may complain about nothing."""
    with faultless(told.context, faults) as page:
        yield page


def explore(page: Page, told: Told, query: str, charts: int) -> None:
    """Open the explorer, and wait for its charts."""
    page.goto(f"{told.center.url}/explore?{query}")
    expect(page.locator("gl-plot canvas")).to_have_count(charts)
    expect(page.locator("gl-plot [aria-busy]")).to_have_count(0)


def last_asked(told: Told) -> HistoryAsked:
    """What the store was asked for last."""
    return told.center.gateway.asked[-1]


def test_up_to_four_series_are_compared(page: Page, told: Told) -> None:
    """Chosen by keys; a fifth is refused in words; each can be taken out; the address has them."""
    page.goto(f"{told.center.url}/explore")
    expect(page.locator("gl-plots .mid")).to_contain_text("Choose up to four series")
    boxes = page.locator(".pick input")
    expect(boxes).to_have_count(5)
    for _ in range(5):
        page.keyboard.press("j")
        page.keyboard.press("Space")
    expect(page.locator("gl-plot canvas")).to_have_count(4)
    expect(page.locator("#polite")).to_have_text("At most 4 are compared: take one out first.")
    expect(boxes.nth(4)).not_to_be_checked()
    page.reload()
    expect(page.locator("gl-plot canvas")).to_have_count(4)
    page.get_by_role("button", name="Take out").first.click()
    expect(page.locator("gl-plot")).to_have_count(3)
    expect(page.locator("gl-picker header")).to_contain_text("3 of at most 4")


def test_dragging_looks_nearer_and_asks_the_store_anew(page: Page, told: Told) -> None:
    """From steps to the readings themselves; `u` goes back out, `0` follows the clock."""
    explore(page, told, f"{SUPPLY}&span=24+h", 1)
    step = page.locator("gl-plot .block-head .push")
    expect(step).to_contain_text("a point is")
    over = page.locator("gl-plot .u-over").bounding_box()
    assert over is not None
    y = over["y"] + over["height"] / 2
    # The last twelve hundredths of a day hold the two hours that were read.
    page.mouse.move(over["x"] + over["width"] * 0.975, y)
    page.mouse.down()
    page.mouse.move(over["x"] + over["width"] * 0.995, y, steps=6)
    page.mouse.up()
    expect(step).to_contain_text("readings")
    asked = last_asked(told)
    assert timedelta(minutes=20) < asked.end - asked.start < timedelta(minutes=40)
    expect(page.locator("gl-plots .when")).not_to_contain_text("following")
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("gl-plots .when")).to_contain_text("min")
    page.keyboard.press("u")
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator("gl-plots .when")).to_contain_text("following the clock")
    expect(step).to_contain_text("a point is")


def test_holes_and_alerts_stand_where_they_were(page: Page, told: Told) -> None:
    """The hole of the last hour is drawn and counted, the alert marked and listed with its link."""
    explore(page, told, f"{SUPPLY}&{LOAD}&{told.hour}", 2)
    supply, load = page.locator("gl-plot").nth(0), page.locator("gl-plot").nth(1)
    expect(supply.locator(".block-head")).to_contain_text("1 hole")
    expect(supply.locator(".room")).to_have_attribute("aria-label", re_ending("1 hole, 1 alert"))
    expect(load.locator(".room")).to_have_attribute("aria-label", re_ending("1 hole, 0 alerts"))
    assert ink(page, 0, share=0.8, colour=(243, 189, 82)) > 20, "the alert's line, in amber"
    assert ink(page, 1, share=0.8, colour=(243, 189, 82)) == 0
    hole = 1 - post.HOLE_S[0] / 3_600
    assert ink(page, 0, share=hole, colour=(215, 163, 234)) > 20, "the hole's edge, in violet"
    page.locator("gl-plots .device-alerts a").click()
    expect(page.locator("gl-why .lead")).to_have_text("Reefer too warm")


def re_ending(words: str) -> re.Pattern[str]:
    """Ends with these words."""
    return re.compile(re.escape(words) + "$")


INK = """(canvas, [share, colour]) => {
  const over = canvas.parentNode.querySelector(".u-over");
  const ratio = devicePixelRatio;
  const x = Math.round((over.offsetLeft + over.offsetWidth * share) * ratio) - 6;
  const { data } = canvas.getContext("2d").getImageData(x, 0, 12, canvas.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4) {
    const off = colour.reduce((sum, c, k) => sum + Math.abs(c - data[i + k]), 0);
    if (data[i + 3] > 120 && off < 60) n += 1;
  }
  return n;
}"""


def ink(page: Page, number: int, *, share: float, colour: tuple[int, int, int]) -> int:
    """How many pixels near that share of the axis of time have that colour."""
    canvas = page.locator("gl-plot canvas").nth(number)
    return int(canvas.evaluate(INK, [share, list(colour)]))


def test_what_is_shown_can_be_taken_away(page: Page, told: Told, tmp_path: Path) -> None:
    """CSV with every point shown, and nothing that a spreadsheet would run; PNG as drawn."""
    explore(page, told, f"{SUPPLY}&{LOAD}&{told.hour}", 2)
    with page.expect_download() as download:
        page.keyboard.press("e")
    assert download.value.suggested_filename.endswith(".csv")
    download.value.save_as(tmp_path / "taken.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "taken.csv").read_text())))
    assert {row["metric"] for row in rows} == {"supply air", "axle load"}
    assert {row["step_s"] for row in rows} == {"0"}
    held = (post.HOLE_S[0] - post.HOLE_S[1]) / post.READ_S
    assert len(rows) == pytest.approx(2 * (3_600 / post.READ_S - held), abs=8)
    with page.expect_download() as download:
        page.keyboard.press("p")
    download.value.save_as(tmp_path / "taken.png")
    picture = scene.pixels_of((tmp_path / "taken.png").read_bytes())
    assert picture.shape[0] > 300
    assert picture.shape[1] > 800


def test_a_formula_in_a_name_stays_text(page: Page, told: Told) -> None:
    """A device that calls itself a formula must not run in somebody's spreadsheet."""
    page.goto(f"{told.center.url}/explore")
    text = page.evaluate(
        """async () => {
          const { csvOf } = await import("/csv.js");
          const point = { at: 1e12, mean: -1.5, low: -2, high: -1 };
          const series = { device: '=cmd|"x"', metric: "a,b", unit: "", points: [point], stepS: 5 };
          return csvOf([series], [0, 2e12]);
        }"""
    )
    line = text.splitlines()[1]
    assert line == '2001-09-09T01:46:40.000Z,"\'=cmd|""x""","a,b",,-1.5,-2,-1,5'


def test_a_store_that_is_down_is_said_and_asked_again(page: Page, told: Told) -> None:
    """Each chart says it, so does the list of series; asked again, both work."""

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"error": "The store does not answer."})

    page.route("**/api/history*", refuse)
    page.goto(f"{told.center.url}/explore?{SUPPLY}&{told.hour}")
    note = page.locator("gl-plot .plot-note")
    expect(note).to_contain_text("This series could not be read. The store does not answer.")
    page.unroute_all()
    note.get_by_role("button", name="Read again").click()
    expect(note).to_be_hidden()
    expect(page.locator("gl-plot canvas")).to_be_visible()
    page.route("**/api/series", refuse)
    page.reload()
    expect(page.locator("gl-picker .mid")).to_contain_text("The series could not be read.")
    page.unroute_all()
    page.get_by_role("button", name="Read again").click()
    expect(page.locator(".pick")).to_have_count(5)


def test_a_new_series_appears_without_a_reload(page: Page, told: Told) -> None:
    """At once for who opens the list, else by itself; what is chosen stays, no row moves."""
    page.goto(f"{told.center.url}/explore?{SUPPLY}")
    rows = page.locator(".pick")
    expect(rows).to_have_count(5)
    before = told.center.gateway.series
    try:
        told.center.gateway.series = (("a-new-one", "depth", "m"), *before)
        page.get_by_role("textbox", name="Search series").focus()
        expect(rows).to_have_count(6)
        expect(rows.first).to_contain_text("a-new-one")
        box = page.get_by_role("checkbox", name="supply air")
        expect(box).to_be_checked()
        box.focus()
        told.center.gateway.series = (("a-later-one", "depth", "m"), *told.center.gateway.series)
        expect(rows).to_have_count(7, timeout=60_000)
        expect(rows.last).to_contain_text("a-later-one")
        expect(box).to_be_focused()
        page.keyboard.press("Escape")
        expect(rows.first).to_contain_text("a-later-one")
        expect(box).to_be_checked()
        expect(page.locator("gl-plot canvas")).to_have_count(1)
    finally:
        told.center.gateway.series = before


def test_one_scale_holds_for_all_of_a_unit(page: Page, told: Told) -> None:
    """Pressed, series of one unit share lowest and highest; the button says whether."""
    explore(page, told, f"{SUPPLY}&device=reefer-2&metric=return+air&{told.hour}", 2)
    page.keyboard.press("y")
    expect(page.get_by_role("button", name="One scale")).to_have_attribute("aria-pressed", "true")

"""A desk with hundreds of alerts: what is done once is not done with every frame."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from contract.messages import AlertChanged
from tests.web import growing, scene
from tests.web.conftest import Shared, faultless

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ALERTS = 400
ROWS_MAX = 200
PARSED = """
window.parsed = 0;
const parse = Date.parse;
Date.parse = (text) => { window.parsed += 1; return parse(text); };
"""
DRAW = """(times) => {
  const { view } = document.querySelector("gl-alerts");
  for (let n = 0; n < times; n += 1) view.renderNow();
}"""


@pytest.fixture
def page(shared: Shared, faults: list[str]) -> Iterator[Page]:
    """The desk of the officer of this module, watched."""
    at, center = scene.now(), shared.center
    if not center.gateway.alerts:
        one = scene.seal_alert(at=at)
        center.tell(
            *(
                AlertChanged(
                    alert=msgspec.structs.replace(
                        one, id=f"a{n:03}", told_at=at - timedelta(seconds=n)
                    )
                )
                for n in range(ALERTS)
            )
        )
    with faultless(shared.context, faults) as page:
        page.add_init_script(PARSED + growing.watch("gl-alerts tr.row"))
        page.goto(center.url)
        expect(page.locator("gl-alerts tr.row")).to_have_count(ROWS_MAX)
        yield page


def test_a_long_list_is_made_a_few_rows_a_frame(page: Page) -> None:
    """Two hundred rows at once were most of the first drawing; the newest are there first."""
    assert growing.longest_step(page) <= growing.ROWS_A_FRAME
    expect(page.locator("gl-alerts tr.row").first).to_have_attribute("data-id", "a000")
    expect(page.locator("gl-alerts .beyond")).to_contain_text(f"{ALERTS - ROWS_MAX} more alerts")


def test_a_frame_reads_no_time_of_the_alerts_again(page: Page) -> None:
    """Each time is read when it is told: twenty frames more read fewer than there are alerts."""
    before = page.evaluate("parsed")
    assert before >= 2 * ALERTS, "opened and told"
    page.evaluate(DRAW, 20)
    assert page.evaluate("parsed") - before < ALERTS


def test_the_first_drawing_measures_itself(page: Page) -> None:
    """Once, from the first script of the frame until it is painted."""
    page.evaluate(DRAW, 3)
    durations = page.evaluate(
        "performance.getEntriesByName('first drawing').map((m) => m.duration)"
    )
    assert len(durations) == 1
    assert durations[0] > 0


def test_a_row_far_down_is_selected_at_once(page: Page) -> None:
    """`k` goes to the last row that is drawn, also where the list has just begun anew."""
    page.keyboard.press("/")
    page.keyboard.type("no such")
    expect(page.locator("gl-alerts tr.row")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    expect(page.locator("gl-alerts tr.row[aria-selected=true]")).to_have_attribute(
        "data-id", "a199"
    )

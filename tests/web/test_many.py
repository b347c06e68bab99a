"""A desk with hundreds of alerts: what is done once is not done with every frame."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from playwright.sync_api import Page, expect

from contract.messages import AlertChanged
from tests.web import scene
from tests.web.conftest import Shared

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ALERTS = 400
ROWS_MAX = 200
ROWS_A_FRAME = 40
WATCH = """
window.made = [];
window.parsed = 0;
const parse = Date.parse;
Date.parse = (text) => { window.parsed += 1; return parse(text); };
// Once for whatever one frame made.
new MutationObserver(() => {
  window.made.push(document.querySelectorAll("gl-alerts tr.row").length);
}).observe(document, { childList: true, subtree: true });
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
    page = shared.context.new_page()
    page.add_init_script(WATCH)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(shared.center.url)
    expect(page.locator("gl-alerts tr.row")).to_have_count(ROWS_MAX)
    yield page
    page.close()
    assert faults == []


def test_a_long_list_is_made_a_few_rows_a_frame(page: Page) -> None:
    """Two hundred rows at once were most of the first drawing; the newest are there first."""
    made = [0, *page.evaluate("made")]
    steps = [after - before for before, after in pairwise(made)]
    assert max(steps) <= ROWS_A_FRAME
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

"""What is read in passing stands on one line, whatever it is called and however old it is."""

from datetime import timedelta
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from contract.messages import DeviceTwin
from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LANES: Final = ("Abfertigungsspur 3", "Ausreisekontrolle", "Grünkanal", "7")
LINES: Final = """(nodes) => nodes.map((node) => {
  const words = document.createRange();
  words.selectNodeContents(node);
  return new Set([...words.getClientRects()].map(({ top }) => Math.round(top))).size;
})"""
"""On how many lines the words of each node stand."""
HEIGHTS: Final = "(nodes) => [...new Set(nodes.map((node) => node.offsetHeight))]"


def test_a_lane_is_called_on_one_line(page: Page, center: Center) -> None:
    """Lanes have names as long as those of any language; their devices stand below."""
    at = scene.now()
    twins = tuple(
        DeviceTwin(device=f"siegelleser-{n}", family="seal", title="Siegelleser", lane=lane)
        for n, lane in enumerate(LANES)
    )
    center.tell(scene.agent(at=at, devices=twins))
    names = page.locator("gl-lanes .lanes h3")
    expect(names).to_have_count(len(LANES))
    assert names.evaluate_all(LINES) == [1] * len(LANES)
    page.goto(f"{center.url}/devices")
    rows = page.locator(".device-row")
    expect(rows).to_have_count(len(LANES))
    assert len(rows.evaluate_all(HEIGHTS)) == 1, "rows are two lines each"
    expect(rows.first).to_contain_text("Lane Abfertigungsspur 3, Siegelleser")


def test_an_age_stands_on_one_line(page: Page, center: Center) -> None:
    """Of minutes, hours and days alike."""
    at = scene.now()
    ages = (timedelta(seconds=3), timedelta(minutes=48), timedelta(hours=23), timedelta(days=12))
    for number, ago in enumerate(ages):
        center.alert(scene.seal_alert(id_=f"alert-{number}", at=at - ago))
    cells = page.locator("gl-alerts tr.row td.num")
    expect(cells).to_have_count(len(ages))
    assert cells.evaluate_all(LINES) == [1] * len(ages)

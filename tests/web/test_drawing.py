"""What drawing costs: a row that goes moves no other, what was just drawn is not drawn again."""

import pytest
from playwright.sync_api import Page, expect

from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ROWS = 12
WATCH = """() => {
  window.put = [];
  const rows = new MutationObserver((changes) => put.push(...changes.flatMap(({ addedNodes }) =>
    [...addedNodes].map((node) => node.className))));
  rows.observe(document.querySelector("gl-alerts tbody"), { childList: true });
}"""
DRAWINGS = """async () => {
  const { view } = document.querySelector("gl-top");
  const frame = () => new Promise(requestAnimationFrame);
  const { draw } = view;
  let drawn = 0;
  view.draw = () => { drawn += 1; draw.call(view); };
  const counted = [];
  for (let i = 0; i < 9; i += 1) {
    await frame();
    drawn = 0;
    view.render();
    view.renderNow();
    await frame();
    counted.push(drawn);
  }
  view.draw = draw;
  return Math.min(...counted);
}"""
"""Drawings for one that was asked for and came early; what comes each second is left out."""


def test_the_rows_behind_one_that_goes_stay_where_they_are(page: Page, center: Center) -> None:
    """The next is selected: what stood below the first goes, the like of it comes, nothing else."""
    at = scene.now()
    for number in range(ROWS):
        center.alert(scene.seal_alert(id_=f"alert-{number}", at=at))
    rows = page.locator("gl-alerts tr.row")
    expect(rows).to_have_count(ROWS)
    page.keyboard.press("j")
    expect(rows.first).to_have_attribute("aria-selected", "true")
    page.evaluate(WATCH)
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.locator("gl-alerts tr.more")).to_have_count(1)
    assert page.evaluate("put") == ["more"]


def test_what_a_key_drew_is_not_drawn_again_with_the_frame(page: Page) -> None:
    """A frame draws what is asked for, if nobody was faster."""
    assert page.evaluate(DRAWINGS) == 1

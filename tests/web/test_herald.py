"""New alerts for who does not look: said aloud, and never babbled."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web import scene
from tests.web.center import Center
from tests.web.conftest import Shared, opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SAY = """async (steps) => {
  const { Herald } = await import("/herald.js");
  const [said, waits] = [[], []];
  let now = 0;
  const herald = new Herald({
    urgent: (words) => said.push([now, "urgent", words]),
    polite: (words) => said.push([now, "polite", words]),
    after: (act, ms) => waits.push([now + ms, act]),
  });
  for (const [at, severity, title] of [...steps, [3_600_000]]) {
    for (let due; (due = waits.filter(([to]) => to <= at).sort((a, b) => a[0] - b[0])[0]);) {
      waits.splice(waits.indexOf(due), 1);
      now = due[0];
      due[1]();
    }
    now = at;
    if (severity) herald.hear({ severity, title, subject: "GLZU3182041", post: "KEMBA" });
  }
  return said;
}"""
"""What is said when, in ms, of alerts that come at some times; an hour passes after them."""
PLACE = "GLZU 318204 1, KEMBA"


@pytest.fixture(scope="module")
def anywhere(shared: Shared) -> Iterator[Page]:
    """A page that may import."""
    page = opened(shared, "/", [])
    yield page
    page.close()


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([(0, "critical", "Seal")], [[0, "urgent", f"Critical: Seal, {PLACE}"]]),
        (
            [(0, "critical", "Seal"), *((n, "critical", f"Seal {n}") for n in range(1, 149))],
            [
                [0, "urgent", f"Critical: Seal, {PLACE}"],
                [5_000, "urgent", f"148 critical alerts, the last: Seal 148, {PLACE}"],
            ],
        ),
        (
            [(0, "low", "Reader"), (10, "high", "Reefer"), (20, "medium", "Scale")],
            [[0, "polite", "1 new alert"], [30_000, "polite", "2 new alerts"]],
        ),
        (
            [(0, "low", "Reader"), (10, "critical", "Seal"), (60_000, "critical", "Seal")],
            [
                [0, "polite", "1 new alert"],
                [10, "urgent", f"Critical: Seal, {PLACE}"],
                [60_000, "urgent", f"Critical: Seal, {PLACE}"],
            ],
        ),
    ],
    ids=["one at once", "a burst in two sentences", "the others now and then", "each by itself"],
)
def test_new_alerts_are_said_and_not_babbled(
    anywhere: Page, steps: list[tuple[int, str, str]], said: list[list[Any]]
) -> None:
    """A critical one interrupts by name; what follows it closely is counted."""
    assert anywhere.evaluate(SAY, steps) == said


def test_the_same_words_are_news_again(page: Page, center: Center) -> None:
    """A second alert of the same name is a change of the region, which a screen reader says."""
    center.alert(scene.seal_alert(id_="one", at=scene.now()))
    expect(page.locator("#urgent")).to_contain_text("Critical: Seal opened in transit")
    page.evaluate("() => { window.first = document.querySelector('#urgent').firstChild; }")
    center.alert(scene.seal_alert(id_="two", at=scene.now()))
    page.wait_for_function("() => document.querySelector('#urgent').firstChild !== window.first")
    expect(page.locator("#urgent")).to_have_text(
        "Critical: Seal opened in transit, GLZU 318204 1, KEMBA"
    )
    center.alert(scene.seal_alert(id_="three", severity="low", at=scene.now()))
    expect(page.locator("#polite")).to_have_text("1 new alert")

"""Every page on a desk, a tablet, a phone and at twice the size of text, with the longest names."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
import pytest
from playwright.sync_api import Page, expect

from contract.messages import DeviceTwin, ScanChanged
from tests.web import office, post, scene
from tests.web.conftest import Shared, faultless

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NAME = "x" * 76
"""As long as a device may be called."""
WORDS = "A sentence that somebody could have made shorter, and did not. " * 4
LOAD_MS = 60_000
"""A page of sixty files, on a machine that is loaded."""
SIZES = ((1440, 900), (768, 1024), (720, 450), (390, 844))
"""The third is a desk at 200 %."""
PATHS = {
    "the desk": "/",
    "a picture": "/?alert=alert-scan",
    "words": "/?alert=alert-seal",
    "the map": "/map",
    "the devices": "/devices",
    "a device": f"/devices?device={NAME}&source=/KEMBA/gate-2",
    "a chart": f"/explore?device={NAME}&metric={NAME}",
    "the scans": "/scans",
    "the administration": "/admin",
}
BEYOND = """() => {
  const page = document.documentElement.scrollWidth - innerWidth;
  const aside = ".visually-hidden, .skip, .tabs, .marks, .strip-of-scans, nav, .wide-table, dialog";
  const outside = [...document.querySelectorAll("button, input, select, h2, h3, p, dd")]
    .filter((node) => node.checkVisibility() && !node.closest(aside))
    .filter((node) => {
      const { left, right, width } = node.getBoundingClientRect();
      return width && (left < -1 || right > innerWidth + 1);
    });
  return { page: Math.max(0, page), outside: outside.map((node) => node.outerHTML.slice(0, 90)) };
}"""

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def fill(shared: Shared, at: datetime) -> None:
    """One of everything, as long as it may be."""
    center, body = shared.center, scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.gateway.series = ((NAME, NAME, "furlongs/fortnight"),)
    center.gateway.points = post.readings(at)
    long = DeviceTwin(
        device=NAME,
        family="modbus",
        title=WORDS[:200],
        lane=NAME[:40],
        is_found=False,
        reason=WORDS,
    )
    scan = msgspec.structs.replace(scene.scan(body, at=at), subject=NAME, device=NAME)
    alerts = (scene.scan_alert(body, at=at), scene.seal_alert(at=at))
    center.tell(scene.agent(at=at, devices=(long, *scene.devices(at))), ScanChanged(scan=scan))
    for alert in alerts:
        center.alert(
            msgspec.structs.replace(
                alert, title=WORDS[:190], detail=WORDS, subject=NAME, device=NAME
            )
        )
    office.tell(
        shared.context.request,
        f"{center.url}/api/officers",
        {"name": "A name of forty letters and not one less", "role": "supervisor", "posts": ["*"]},
    )


@pytest.fixture(scope="module")
def told(shared: Shared) -> Shared:
    """The board, told once."""
    fill(shared, scene.now())
    return shared


@pytest.fixture
def page(told: Shared, faults: list[str]) -> Iterator[Page]:
    """A page that may complain about nothing."""
    with faultless(told.context, faults) as page:
        page.set_default_timeout(LOAD_MS)
        yield page


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_nothing_stands_outside_the_screen(page: Page, told: Shared, path: str) -> None:
    """No page is wider than its screen, and nothing that is read or pressed is cut off."""
    page.goto(f"{told.center.url}{path}")
    page.locator(".link[data-link=live]").wait_for()
    expect(page.locator(".bones:visible")).to_have_count(0)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(DRAWN)
        assert page.evaluate(BEYOND) == {"page": 0, "outside": []}, f"{width} px"

"""The scan viewer in a real browser: the picture, its boxes, looks that end with their key."""

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from contract.messages import Likelihood, ScanChanged
from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

WHITE_CAP = 0.886
"""In the dark theme white is shown as 226."""
COLOUR_OFF_MAX = 6
"""Grey levels by which a colour on the screen may differ."""


def shown(center: Center, page: Page) -> bytes:
    """A scan alert whose picture has arrived, opened."""
    body = scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.tell(ScanChanged(scan=scene.scan(body, at=scene.now())))
    center.alert(scene.scan_alert(body, at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    expect(page.locator("gl-viewer .stage img")).to_be_visible()
    return body


def photograph(stage: Locator) -> npt.NDArray[np.uint8]:
    """What is on the screen, blue green red."""
    return scene.pixels_of(stage.screenshot(animations="disabled"))


def places(page: Page) -> list[tuple[float, ...]]:
    """Where the boxes are drawn, in px of the stage."""
    texts = page.locator("gl-viewer [data-box]").evaluate_all(
        "nodes => nodes.map((node) => node.dataset.box)"
    )
    return [tuple(float(n) for n in text.split()) for text in texts]


def assert_boxes_hold(page: Page) -> None:
    """Within each box is the colour of its block, and just outside it is not."""
    picture = photograph(page.locator("gl-viewer .stage"))
    for (x1, y1, x2, y2), colour in zip(places(page), scene.COLOURS, strict=True):
        # Away from the corners, whose drawn lines would be seen.
        middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
        dark = np.array(colour) * WHITE_CAP
        for x, y in (
            (middle_x, y1 + 4),
            (middle_x, y2 - 5),
            (x1 + 4, middle_y),
            (x2 - 5, middle_y),
        ):
            if 0 <= y < picture.shape[0] and 0 <= x < picture.shape[1]:
                assert np.abs(picture[int(y), int(x)] - dark).max() <= COLOUR_OFF_MAX
        for x, y in (
            (middle_x, y1 - 4),
            (middle_x, y2 + 3),
            (x1 - 4, middle_y),
            (x2 + 3, middle_y),
        ):
            if 0 <= y < picture.shape[0] and 0 <= x < picture.shape[1]:
                assert np.abs(picture[int(y), int(x)] - dark).max() > COLOUR_OFF_MAX


def test_boxes_stand_where_the_model_saw_something(page: Page, center: Center) -> None:
    """To a few pixels of the screen, whole and near, and after the picture was moved."""
    shown(center, page)
    expect(page.locator("gl-why .saw li")).to_have_text(["1tuskscore 0.83", "2carvingscore 0.41"])
    expect(page.locator("gl-why")).to_contain_text("A score is not a probability.")
    expect(page.locator("gl-why")).to_contain_text("gl-bag-nano 0.4.2, sha256")
    assert_boxes_hold(page)
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(page.locator("gl-viewer output")).to_have_text("156 %")
    assert_boxes_hold(page)
    stage = page.locator("gl-viewer .stage")
    stage.focus()
    page.keyboard.press("ArrowRight")
    assert_boxes_hold(page)
    page.keyboard.press("0")
    expect(page.locator("gl-viewer output")).to_have_text("100 %")
    page.keyboard.press("b")
    expect(page.locator("gl-viewer .overlay")).to_be_hidden()


def test_the_mouse_draws_the_picture_nearer_and_moves_it(page: Page, center: Center) -> None:
    """The wheel zooms around the pointer; dragging moves, and boxes go along."""
    shown(center, page)
    box = page.locator("gl-viewer .stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    expect(page.locator("gl-viewer output")).not_to_have_text("100 %")
    before = places(page)[0]
    page.mouse.down()
    page.mouse.move(x - 40, y - 25, steps=4)
    page.mouse.up()
    after = places(page)[0]
    assert after[0] - before[0] == pytest.approx(-40, abs=1)
    assert after[1] - before[1] == pytest.approx(-25, abs=1)
    assert_boxes_hold(page)


def test_a_look_ends_with_its_key(page: Page, center: Center) -> None:
    """Inverse while the key is down, the plain picture as soon as it is up."""
    shown(center, page)
    stage = page.locator("gl-viewer .stage")
    plain = photograph(stage)
    page.keyboard.down("2")
    expect(stage).to_have_attribute("data-look", "inverse")
    inverse = photograph(stage)
    page.keyboard.up("2")
    expect(stage).not_to_have_attribute("data-look", "inverse")
    x1, y1, x2, y2 = places(page)[0]
    middle = int((y1 + y2) / 2), int((x1 + x2) / 2)
    turned = 255 - np.array(scene.COLOURS[0])
    assert np.abs(inverse[middle] - turned).max() <= COLOUR_OFF_MAX
    assert np.array_equal(photograph(stage)[middle], plain[middle])
    page.keyboard.down("1")
    expect(stage).to_have_attribute("data-look", "grey")
    blue, green, red = photograph(stage)[middle].tolist()
    assert blue == green == red
    page.keyboard.up("1")


def test_a_picture_on_its_way_says_so_and_then_comes(page: Page, center: Center) -> None:
    """What the model saw comes first; the picture is shown when it has arrived, by itself."""
    body = scene.bag()
    scan = scene.scan(body, is_kept=False, at=scene.now())
    center.tell(ScanChanged(scan=scan), scene.holed())
    center.alert(scene.scan_alert(body, at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    note = page.locator("gl-viewer .away-note")
    expect(note).to_contain_text("The picture is on its way: 12 messages of bulk still wait")
    assert len(places(page)) == len(scene.BOXES)
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.tell(ScanChanged(scan=msgspec.structs.replace(scan, is_kept=True)))
    expect(page.locator("gl-viewer .stage img")).to_be_visible()
    expect(note).to_be_hidden()
    assert_boxes_hold(page)


def test_a_picture_that_was_erased_is_told_apart(page: Page, center: Center) -> None:
    """Kept once and gone, or of a scan out of sight: neither is on its way, nor asked for anew."""
    body = scene.bag()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    center.tell(ScanChanged(scan=scene.scan(body, at=scene.now())))
    center.alert(scene.scan_alert(body, at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    note = page.locator("gl-viewer .away-note")
    expect(note).to_contain_text("The picture is not here any more.")
    page.wait_for_timeout(2_000)
    assert len([url for url in asked if "/api/blobs/" in url]) <= 4, "small, large, and once again"
    page.keyboard.press("Escape")
    other = scene.bag(seed=2)
    center.alert(scene.scan_alert(other, id_="old", at=scene.now()))
    page.goto(f"{center.url}/?alert=old")
    expect(note).to_contain_text("nobody can tell here whether it is still on its way")
    assert len(places(page)) == len(scene.BOXES)


def test_a_tiff_is_shown_as_a_png_and_kept_as_it_was(page: Page, center: Center) -> None:
    """Browsers cannot read TIFF; the original stays to be had, byte by byte."""
    body = cv2.imencode(".tif", scene.pixels_of(scene.bag()))[1].tobytes()
    told = scene.picture_of(body, media_type="image/tiff")
    center.gateway.blobs[told.sha256] = body
    alert = scene.scan_alert(scene.bag(), at=scene.now())
    center.alert(msgspec.structs.replace(alert, picture=told))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    expect(page.locator("gl-viewer .stage img")).to_be_visible()
    assert_boxes_hold(page)
    original = page.get_by_role("link", name="Original").get_attribute("href")
    assert page.request.get(f"{center.url}{original}").body() == body


def test_what_a_score_weighs_is_said_in_words(page: Page, center: Center) -> None:
    """How often, between what limits, on which bags; where the data end; else as before."""
    body = scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    alert = scene.scan_alert(body, at=scene.now())
    one, two = alert.detections
    on, put = "simulated bags", msgspec.structs.replace
    weighed = (
        put(one, likelihood=Likelihood(ratio=7.95, low=5.3, high=12, measured_on=on)),
        put(one, likelihood=Likelihood(ratio=246.6, low=14.8, high=None)),
        two,
    )
    center.alert(msgspec.structs.replace(alert, detections=weighed))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    weights = page.locator("gl-why .found .weight")
    expect(weights.nth(0)).to_have_text(
        "A bag that hides one scores like this 8 [5.3, 12] times as often as an honest bag; "
        "measured on simulated bags."
    )
    expect(weights.nth(1)).to_have_text(
        "A bag that hides one scores like this at least 15 times as often as an honest bag, "
        "and no honest bag ever did."
    )
    expect(weights.nth(2)).to_be_hidden()
    expect(page.locator("gl-why")).to_contain_text("A score is not a probability.")


def test_a_scan_without_an_alert_opens_from_the_strip(page: Page, center: Center) -> None:
    """A picture in which nothing was found opens too, and says that this shows little."""
    body = scene.bag(seed=2)
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    scan = msgspec.structs.replace(scene.scan(body, at=scene.now()), detections=())
    center.tell(ScanChanged(scan=scan))
    expect(page.locator("gl-scans .found")).to_have_text("nothing found")
    page.locator("gl-scans .one-scan").click()
    expect(page.locator("gl-viewer .stage img")).to_be_visible()
    expect(page.locator("gl-why")).to_contain_text("That does not show that nothing is there.")
    page.keyboard.press("Escape")
    expect(page.locator("gl-viewer")).to_be_hidden()


STILL = """() => new Promise((done) => {
  let [at, frames] = [scrollY, 0];
  const look = () => {
    frames = scrollY === at ? frames + 1 : 0;
    at = scrollY;
    if (frames < 10) requestAnimationFrame(look);
    else done();
  };
  requestAnimationFrame(look);
})"""
"""What a finger has flung goes on for a while."""


def swept(context: BrowserContext, page: Page) -> float:
    """How far the page has come by a finger that sweeps up over the picture, in px."""
    page.evaluate(STILL)
    before: float = page.evaluate("() => scrollY")
    box = page.locator("gl-viewer .stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.75
    wire = context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        *(("touchMove", [{"x": x, "y": y - 25 * k}]) for k in range(1, 12)),
        ("touchEnd", []),
    ):
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.evaluate(STILL)
    return float(page.evaluate("() => scrollY")) - before


def test_a_finger_scrolls_past_a_whole_picture_and_moves_a_near_one(
    browser: Browser, page: Page, center: Center
) -> None:
    """On a phone the picture is most of the screen; what officers do stands below it."""
    shown(center, page)
    phone = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        storage_state=page.context.storage_state(),
    )
    held = phone.new_page()
    held.goto(f"{center.url}/?alert=alert-scan")
    expect(held.locator("gl-viewer img")).to_be_visible()
    assert swept(phone, held) > 100
    held.evaluate("() => scrollTo(0, 0)")
    held.keyboard.press("+")
    expect(held.locator("gl-viewer .stage")).to_have_css("touch-action", "none")
    assert swept(phone, held) == 0
    phone.close()

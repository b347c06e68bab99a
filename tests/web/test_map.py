"""The map in a real browser: which post wants an officer, without internet, in every state."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web import posts, scene
from tests.web.center import PASSWORD, WAIT_MS, Center
from tests.web.conftest import Shared, enter, opened
from tests.web.test_access_pages import assert_usable

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

INKED = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
  return inked / (data.length / 4);
}"""
"""Which share of the map is drawn upon: dots and their lines are next to nothing."""
LAND_MIN = 0.2
OVERLAPS = """(marks) => {
  const boxes = [...marks.children].filter((one) => one.checkVisibility())
    .map((one) => one.getBoundingClientRect());
  return boxes.filter((a, i) => boxes.some((b, j) => i !== j && a.left < b.right
    && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length;
}"""


@pytest.fixture
def chart(border: Shared, faults: list[str]) -> Iterator[Page]:
    """The page of the map; it may complain about nothing, the content policy included."""
    page = opened(border, "/map", faults)
    yield page
    page.close()
    assert faults == []


def test_the_map_says_which_post_wants_an_officer(chart: Page) -> None:
    """Severity as shape and word, what is open and taken, lost devices, holes."""
    plates = chart.locator("gl-map .post")
    expect(plates).to_have_count(5)
    busy = plates.filter(has_text="KEMBA")
    expect(busy.locator(".sev")).to_have_attribute("data-level", "critical")
    expect(busy).to_contain_text("4 open, 1 taken")
    expect(busy).to_contain_text("1 lost")
    calm = plates.filter(has_text="KENBO")
    expect(calm).to_contain_text("nothing open")
    expect(calm.locator(".sev")).to_be_hidden()
    expect(plates.filter(has_text="TZDAR")).to_contain_text("holes")
    expect(plates.filter(has_text="UGEBB")).to_contain_text("not heard")
    expect(plates.filter(has_text="UGEBB")).not_to_contain_text("nothing open")
    assert chart.locator(".marks").evaluate(OVERLAPS) == 0


def test_the_land_comes_from_our_own_files(border: Shared, faults: list[str]) -> None:
    """Nothing is asked of anybody else; without the land the posts stand where they are."""
    page = border.context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{border.center.url}/map")
    expect(page.locator("gl-map .post").first).to_be_visible()
    page.wait_for_function(f"() => ({INKED})(document.querySelector('gl-map canvas')) > {LAND_MIN}")
    assert all(url.startswith(border.center.url) for url in asked)
    page.route("**/vendor/world-atlas/*", lambda route: route.abort())
    page.reload()
    expect(page.locator("gl-map .map-note")).to_contain_text("The land could not be loaded")
    expect(page.locator("gl-map .marks .post")).to_have_count(4)
    assert page.locator("gl-map canvas").evaluate(INKED) <= LAND_MIN
    page.close()
    assert faults == []


def test_nearer_further_and_by_hand(chart: Page) -> None:
    """Keys, buttons and a drag move the map; `0` brings all posts back."""
    far = chart.locator(".marks .post", has_text="UGEBB")
    expect(far).to_be_visible()
    box, room = far.bounding_box(), chart.locator(".map-room").bounding_box()
    assert box is not None
    assert room is not None

    def is_at(axis: str, sign: str) -> None:
        """Wait until it has gone that way, or is where it was."""
        chart.wait_for_function(
            """([axis, sign, was]) => {
              const marks = [...document.querySelectorAll(".marks .post")];
              const far = marks.find((one) => one.textContent.includes("UGEBB"));
              const moved = far.getBoundingClientRect()[axis] - was;
              return sign === "=" ? Math.abs(moved) < 2 : moved > 30;
            }""",
            arg=[axis, sign, box[axis]],  # type: ignore[literal-required]  # x or y
        )

    chart.keyboard.press("ArrowUp")
    is_at("y", "+")
    chart.keyboard.press("0")
    is_at("y", "=")
    for _ in range(4):
        chart.get_by_role("button", name="Nearer").click()
    expect(far).to_be_hidden()
    chart.get_by_role("button", name="All", exact=True).click()
    expect(far).to_be_visible()
    chart.mouse.move(room["x"] + 40, room["y"] + 400)
    chart.mouse.down()
    chart.mouse.move(room["x"] + 140, room["y"] + 400, steps=4)
    chart.mouse.up()
    is_at("x", "+")


def test_a_device_that_tells_its_position_is_on_the_map(border: Shared, faults: list[str]) -> None:
    """Where it was last, from its readings; it leads to its page."""
    for number, metric in enumerate(("longitude", "latitude")):
        track = posts.track(scene.now(), posts.AT[number])
        border.center.gateway.points_of[posts.PATROL, metric] = track
    page = opened(border, "/map", faults)
    boat = page.locator(".mover", has_text=posts.PATROL)
    expect(boat).to_be_visible()
    expect(boat).not_to_have_attribute("data-old", "true")
    boat.get_by_role("link").click()
    page.wait_for_url(f"**/devices?device={posts.PATROL}")
    page.close()


def test_an_officer_of_one_post_sees_that_post_alone(browser: Browser, border: Shared) -> None:
    """Neither the places nor the lanes of another are told to their screen."""
    asked = {"name": "Wanjiru", "role": "officer", "posts": ["KENBO"]}
    headers = {"X-Greenlane": "1"}
    api = border.context.request
    answer = api.post(f"{border.center.url}/api/officers", data=asked, headers=headers)
    assert answer.status == 201
    guest = browser.new_context()
    guest.set_default_timeout(WAIT_MS)
    link = border.center.url + answer.json()["link"]
    assert guest.request.get(link).ok
    guest.request.post(
        f"{border.center.url}/api/password", data={"password": PASSWORD}, headers=headers
    )
    page = guest.new_page()
    told_texts: list[str | bytes] = []

    def heard(text: str | bytes) -> None:
        told_texts.append(text)

    page.on("websocket", lambda ws: ws.on("framereceived", heard))
    page.goto(f"{border.center.url}/map")
    expect(page.locator("gl-map .post")).to_have_count(1)
    expect(page.locator("gl-map .post")).to_contain_text("KENBO")
    expect(page.locator("gl-lanes .spot")).to_have_count(2)
    expect(page.locator("gl-lanes select")).to_be_hidden()
    assert told_texts
    assert not [text for text in told_texts if "Mombasa" in str(text) or "KEMBA/gate" in str(text)]
    guest.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 760, 390])
def test_map_and_lanes_have_no_violation(border: Shared, theme: str, width: int) -> None:
    """The page, and both panels on the desk; on a phone the map is a list of posts."""
    page = border.context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{border.center.url}/map?theme={theme}")
    expect(page.locator("gl-lanes .spot").first).to_be_visible()
    expect(page.locator("gl-map .post")).to_have_count(5)
    assert_usable(page, width)
    if width < 720:
        expect(page.locator("gl-map canvas")).to_be_hidden()
    page.goto(f"{border.center.url}/?theme={theme}")
    for side in ("Lanes", "Map"):
        page.locator(".sides:visible").get_by_role("button", name=side).click()
        assert_usable(page, width)
    page.close()


def test_without_positions_it_says_how_to_give_them(page: Page, center: Center) -> None:
    """First no post at all, then one without a place; its plan of lanes is there all the same."""
    page.goto(f"{center.url}/map")
    expect(page.locator("gl-map .map-how")).to_contain_text("No post is known yet.")
    expect(page.locator("gl-lanes .mid")).to_contain_text("No post is known yet.")
    center.tell(scene.agent(at=scene.now(), devices=scene.devices(scene.now())))
    expect(page.locator("gl-map .map-how")).to_contain_text("No post has a position")
    expect(page.locator("gl-map pre")).to_contain_text('post = "KEMBA"')
    expect(page.locator("gl-map .rest .post")).to_contain_text("KEMBA")
    expect(page.locator("gl-lanes .spot")).to_have_count(3)
    assert_usable(page, 1440)


def test_map_and_lanes_are_live_and_say_when_they_are_not(browser: Browser, tmp_path: Path) -> None:
    """Loading, a new alert, its acknowledgement, stale, offline: all kept, nothing invented."""
    with Center(tmp_path / "posts", posts=posts.PLACES).running() as center:
        mine = browser.new_context(viewport={"width": 1440, "height": 900})
        mine.set_default_timeout(WAIT_MS)
        enter(mine, center)
        page = mine.new_page()
        page.route_web_socket("**/api/live", lambda _: None)
        page.goto(f"{center.url}/map")
        for panel in ("gl-map", "gl-lanes"):
            expect(page.locator(f"{panel} .bones")).to_be_visible()
        page.close()
        page = mine.new_page()
        page.goto(f"{center.url}/map")
        at = scene.now()
        center.tell(scene.agent(at=at, devices=scene.devices(at)))
        spot = page.locator(".spot", has_text="seal-reader-2")
        expect(spot.locator(".alerts")).to_be_hidden()
        one = scene.seal_alert(at=at)
        center.alert(one)
        expect(spot.locator(".alerts")).to_contain_text("Critical")
        expect(page.locator(".post", has_text="KEMBA")).to_contain_text("1 open")
        center.alert(msgspec.structs.replace(one, state="acknowledged"))
        expect(spot.locator(".alerts")).to_contain_text("1 taken")
        expect(page.locator(".post", has_text="KEMBA").locator(".sev")).to_be_hidden()
        center.silence()
        for panel in ("gl-map", "gl-lanes"):
            expect(page.locator(panel)).to_have_attribute("data-trust", "stale")
            expect(page.locator(f"{panel} > header .trust")).to_contain_text("old")
        center.stop()
        for panel in ("gl-map", "gl-lanes"):
            expect(page.locator(panel)).to_have_attribute("data-trust", "offline")
        expect(spot).to_be_visible()
        assert_usable(page, 1440)
        mine.close()

"""Map and lanes in a real browser: which post, which lane, which device has something open."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.web import posts, scene
from tests.web.center import PASSWORD, Center
from tests.web.conftest import WAIT_MS, Shared, enter
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


@pytest.fixture(scope="module")
def told(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Five posts, told once; one officer for the tests that leave them as they are."""
    state = tmp_path_factory.mktemp("posts") / "state"
    with Center(state, posts=posts.PLACES).running() as center:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(WAIT_MS)
        enter(context, center)
        posts.fill(center)
        yield Shared(center, context)
        context.close()


def opened(shared: Shared, path: str, faults: list[str]) -> Page:
    """A page of the shared officer; what it complains about is kept."""
    page = shared.context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.goto(f"{shared.center.url}{path}")
    page.locator(".link[data-link=live]").wait_for()
    return page


@pytest.fixture
def chart(told: Shared, faults: list[str]) -> Iterator[Page]:
    """The page of the map; it may complain about nothing, the content policy included."""
    page = opened(told, "/map", faults)
    yield page
    page.close()
    assert faults == []


@pytest.fixture
def desk(told: Shared, faults: list[str]) -> Iterator[Page]:
    """The desk of somebody who is here for the first time."""
    page = opened(told, "/", faults)
    page.evaluate("localStorage.removeItem('side')")
    page.reload()
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


def test_the_land_comes_from_our_own_files(told: Shared, faults: list[str]) -> None:
    """Nothing is asked of anybody else; without the land the posts stand where they are."""
    page = told.context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{told.center.url}/map")
    expect(page.locator("gl-map .post").first).to_be_visible()
    page.wait_for_function(f"({INKED})(document.querySelector('gl-map canvas')) > {LAND_MIN}")
    assert all(url.startswith(told.center.url) for url in asked)
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


def test_a_post_has_a_plan_of_its_lanes(chart: Page, told: Shared) -> None:
    """Lanes by number, the devices in each, what is open; `j` leads to the next post."""
    lanes = chart.locator("gl-lanes")
    expect(lanes.locator(".post-head")).to_contain_text("KEMBA")
    heads = lanes.locator(".lanes h3")
    expect(heads).to_have_text(["Lane 1", "Lane 2", "Lane 10", "No lane"])
    second = lanes.locator(".lanes > li").nth(1)
    expect(second.locator(".lane-head")).to_contain_text("Critical")
    expect(second.locator(".lane-head")).to_contain_text("2 open")
    seal = second.locator(".spot", has_text="seal-2")
    expect(seal.locator(".alerts")).to_contain_text("Critical2")
    expect(second.locator(".spot", has_text="reefer-2")).to_contain_text("lost, 4 min")
    expect(lanes.locator(".spot", has_text="modbus-1")).to_contain_text("1 taken")
    expect(lanes.locator(".loose")).to_contain_text("Agent was silent for 2 min")
    chart.keyboard.press("j")
    chart.wait_for_url("**/map?post=KENBO")
    expect(lanes.locator(".post-head")).to_contain_text("Nairobi")
    expect(lanes.locator(".spot")).to_have_count(2)
    chart.locator(".post-plate", has_text="TZDAR").click()
    expect(lanes.locator(".post-head")).to_contain_text("numbers are missing")
    chart.goto(f"{told.center.url}/map?post=UGEBB")
    expect(lanes.locator(".mid")).to_contain_text("No device stands at UGEBB yet.")
    chart.goto(f"{told.center.url}/map?post=KEMBA")
    lanes.locator(".spot .name", has_text="seal-2").click()
    chart.wait_for_url("**/devices?device=seal-2**")


def test_a_device_that_tells_its_position_is_on_the_map(told: Shared, faults: list[str]) -> None:
    """Where it was last, from its readings; it leads to its page."""
    for number, metric in enumerate(("longitude", "latitude")):
        track = posts.track(scene.now(), posts.AT[number])
        told.center.gateway.points_of[posts.PATROL, metric] = track
    page = opened(told, "/map", faults)
    boat = page.locator(".mover", has_text=posts.PATROL)
    expect(boat).to_be_visible()
    expect(boat).not_to_have_attribute("data-old", "true")
    boat.get_by_role("link").click()
    page.wait_for_url(f"**/devices?device={posts.PATROL}")
    page.close()


def test_the_desk_shows_lanes_map_or_agents_beside_the_alerts(desk: Page) -> None:
    """Lanes first; `m` or a press changes it for good; a post of the map leads to its lanes."""
    lanes, chart = desk.locator("gl-lanes"), desk.locator("gl-map")
    expect(lanes).to_be_visible()
    expect(chart).to_be_hidden()
    desk.keyboard.press("m")
    expect(chart).to_be_visible()
    expect(lanes).to_be_hidden()
    desk.reload()
    expect(chart).to_be_visible()
    chart.locator(".post-plate", has_text="KENBO").click()
    expect(lanes.locator(".post-head")).to_contain_text("KENBO")
    expect(lanes.get_by_role("button", name="Lanes")).to_be_focused()
    lanes.get_by_role("button", name="Agents").click()
    expect(desk.locator("gl-agents .agent").first).to_be_visible()
    expect(desk.locator("gl-agents").get_by_role("button", name="Agents")).to_be_focused()


def test_what_is_open_about_a_device_narrows_the_list(desk: Page, told: Shared) -> None:
    """On the desk at once; from the page of the map by the way of an address."""
    rows = desk.locator("gl-alerts tr.row")
    expect(rows).to_have_count(6)
    desk.locator("gl-lanes .spot", has_text="seal-2").locator(".alerts").click()
    expect(rows).to_have_count(2)
    expect(desk.locator("input#search")).to_have_value("seal-2")
    desk.goto(f"{told.center.url}/map?post=KEMBA")
    desk.locator("gl-lanes .spot", has_text="seal-2").locator(".alerts").click()
    expect(desk.locator("input#search")).to_have_value("seal-2")
    expect(rows).to_have_count(2)
    assert desk.url == f"{told.center.url}/"


def test_an_officer_of_one_post_sees_that_post_alone(browser: Browser, told: Shared) -> None:
    """Neither the places nor the lanes of another are told to their screen."""
    asked = {"name": "Wanjiru", "role": "officer", "posts": ["KENBO"]}
    headers = {"X-Greenlane": "1"}
    api = told.context.request
    answer = api.post(f"{told.center.url}/api/officers", data=asked, headers=headers)
    assert answer.status == 201
    guest = browser.new_context()
    guest.set_default_timeout(WAIT_MS)
    link = told.center.url + answer.json()["link"]
    assert guest.request.get(link).ok
    guest.request.post(
        f"{told.center.url}/api/password", data={"password": PASSWORD}, headers=headers
    )
    page = guest.new_page()
    told_texts: list[str | bytes] = []

    def heard(text: str | bytes) -> None:
        told_texts.append(text)

    page.on("websocket", lambda ws: ws.on("framereceived", heard))
    page.goto(f"{told.center.url}/map")
    expect(page.locator("gl-map .post")).to_have_count(1)
    expect(page.locator("gl-map .post")).to_contain_text("KENBO")
    expect(page.locator("gl-lanes .spot")).to_have_count(2)
    expect(page.locator("gl-lanes select")).to_be_hidden()
    assert told_texts
    assert not [text for text in told_texts if "Mombasa" in str(text) or "KEMBA/gate" in str(text)]
    guest.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 1100, 390])
def test_map_and_lanes_have_no_violation(told: Shared, theme: str, width: int) -> None:
    """The page, and both panels on the desk; on a phone the map is a list of posts."""
    page = told.context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{told.center.url}/map?theme={theme}")
    expect(page.locator("gl-lanes .spot").first).to_be_visible()
    expect(page.locator("gl-map .post")).to_have_count(5)
    assert_usable(page, width)
    if width < 720:
        expect(page.locator("gl-map canvas")).to_be_hidden()
    page.goto(f"{told.center.url}/?theme={theme}")
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


def test_map_and_lanes_are_live_and_say_when_they_are_not(
    context: BrowserContext, tmp_path: Path, browser: Browser
) -> None:
    """Loading, a new alert, its acknowledgement, stale, offline: all kept, nothing invented."""
    del context
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
        center.gateway.is_mute = True
        center.clock.leap_s = 42
        for panel in ("gl-map", "gl-lanes"):
            expect(page.locator(panel)).to_have_attribute("data-trust", "stale")
            expect(page.locator(f"{panel} > header .trust")).to_contain_text("old")
        center.stop()
        for panel in ("gl-map", "gl-lanes"):
            expect(page.locator(panel)).to_have_attribute("data-trust", "offline")
        expect(spot).to_be_visible()
        assert_usable(page, 1440)
        mine.close()


def test_a_foreign_device_says_that_it_is_unsigned_wherever_it_is_named(told: Shared) -> None:
    """Lanes, agents, devices, its own page, the explorer, an alert about it; ours have no plate."""
    page = told.context.new_page()
    plate = ".plate:visible"

    def go(path: str) -> None:
        page.goto(f"{told.center.url}{path}")
        page.locator(".link[data-link=live]").wait_for()

    go("/map?post=KEMBA")
    expect(page.locator(".spot", has_text="cold-plug").locator(plate)).to_have_text("unsigned")
    expect(page.locator(".spot", has_text="seal-2").locator(plate)).to_have_count(0)
    go("/")
    page.locator(".sides:visible").get_by_role("button", name="Agents").click()
    expect(page.locator(".agent", has_text=posts.STRANGER).locator(plate)).to_have_count(1)
    page.locator(".sides:visible").get_by_role("button", name="Lanes").click()
    page.locator("tr.row", has_text="Plug is off").click()
    page.keyboard.press("Enter")
    expect(page.locator("gl-why").locator(plate)).to_have_text("unsigned")
    go("/devices?device=cold-plug&source=/KEMBA/zigbee")
    expect(page.locator(".device-row", has_text="cold-plug").locator(plate)).to_have_count(1)
    expect(page.locator("gl-twin > header").locator(plate)).to_have_count(1)
    expect(page.locator("gl-twin .unsigned")).to_contain_text("carry no signature and no number")
    assert_usable(page, 1440)
    go("/explore?device=cold-plug&metric=power&span=1+h")
    expect(page.locator(".pick", has_text="power").locator(plate)).to_have_count(1)
    expect(page.locator("gl-plot").locator(plate)).to_have_count(1)
    assert_usable(page, 1440)
    page.close()


def test_readings_of_a_foreign_device_are_asked_for_every_five_seconds(told: Shared) -> None:
    """They carry no signature, so no stream has them; each chart says how often it asks."""
    page = told.context.new_page()
    asked: list[str] = []

    def counted(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    page.goto(f"{told.center.url}/devices?device=cold-plug&source=/KEMBA/zigbee")
    metric = page.locator("gl-metric")
    expect(metric).to_contain_text("every 5 s")
    expect(metric.locator(".now-value")).to_have_text("41.5 W")
    page.route("**/api/history*", counted)
    fresh = posts.track(scene.now(), 43.5)
    told.center.gateway.points_of["cold-plug", "power"] = fresh
    expect(metric.locator(".now-value")).to_have_text("43.5 W")
    assert "metric=power" in asked[0]
    page.goto(f"{told.center.url}/explore?device=cold-plug&metric=power&span=1+h")
    expect(page.locator("gl-plot")).to_contain_text("every 5 s")
    page.goto(f"{told.center.url}/explore?device={posts.PATROL}&metric=latitude&span=1+h")
    expect(page.locator("gl-plot")).to_contain_text("reading")
    expect(page.locator("gl-plot")).not_to_contain_text("every 5 s")
    page.close()

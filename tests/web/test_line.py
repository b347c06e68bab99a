"""What the desk says when a part of the line is silent, gone, or has a hole."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from contract.identifiers import Source
from contract.messages import DeviceTwin, Point, Reading
from contract.signing import Key
from tests.web import scene
from tests.web.center import PASSWORD, Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_silent_gateway_makes_the_desk_stale(page: Page, center: Center) -> None:
    """After 30 s without a word every panel says how old it is; the word back takes it away."""
    center.alert(scene.seal_alert(at=scene.now()))
    expect(page.locator("gl-alerts tr.row")).to_have_count(1)
    center.silence()
    expect(page.locator(".situation.trouble")).to_contain_text("The gateway has said nothing since")
    expect(page.locator("gl-alerts")).to_have_attribute("data-trust", "stale")
    expect(page.locator("gl-alerts header .trust")).to_contain_text(" s old")
    expect(page.locator("gl-alerts tr.row")).to_have_count(1)
    center.gateway.is_mute = False
    center.alert(scene.seal_alert(id_="two", at=scene.now()))
    expect(page.locator("gl-alerts")).to_have_attribute("data-trust", "live")
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)


def test_offline_says_since_when_and_comes_back_by_itself(
    context: BrowserContext, center: Center
) -> None:
    """Cut off, the screen keeps what it had, counts to its next try, and sends nothing."""
    page = context.new_page()
    page.goto(center.url)
    center.alert(scene.seal_alert(at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    center.stop()
    trouble = page.locator(".situation.trouble")
    expect(trouble).to_contain_text("Offline since")
    expect(trouble).to_contain_text(re.compile(r"UTC, \d+ s\. Next try in"))
    expect(page.locator("gl-alerts")).to_have_attribute("data-trust", "offline")
    expect(page.locator("gl-lanes")).to_have_attribute("data-trust", "offline")
    expect(page.locator("gl-alerts tr.row")).to_have_count(1)
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("This screen is offline")
    center.start()
    center.alert(scene.seal_alert(id_="missed", title="Told meanwhile", at=scene.now()))
    page.keyboard.press("Escape")
    expect(page.locator("gl-alerts")).to_have_attribute("data-trust", "live")
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)


def test_a_hole_in_the_changes_is_closed_by_a_new_snapshot(
    context: BrowserContext, center: Center
) -> None:
    """A number that is missing is never passed over: the screen comes again for all of it."""
    page = context.new_page()
    lost: list[str | bytes] = []

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if not lost and '"kind":"change"' in str(message):
                lost.append(message)
            else:
                route.send(message)

        server.on_message(pass_on)

    page.route_web_socket("**/api/live", between)
    page.goto(center.url)
    page.locator(".link[data-link=live]").wait_for()
    center.alert(scene.seal_alert(id_="lost", title="Lost on the way", at=scene.now()))
    center.alert(scene.seal_alert(id_="after", title="The one after", at=scene.now()))
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)
    expect(page.locator("gl-alerts")).to_contain_text("Lost on the way")
    assert len(lost) == 1


def test_the_chart_shows_history_and_each_reading_as_it_comes(page: Page, center: Center) -> None:
    """History first, then live readings that the agent signed; without a store it says so."""
    agent, key, at = Source("/KEMBA/gate-2"), Key.make(), scene.now()
    center.gateway.series = (("scale-2", "axle load", "kg"),)
    center.gateway.points = tuple(
        Point(at=at - timedelta(seconds=s), mean=s, low=s, high=s, count=1)
        for s in range(290, 9, -1)
    )
    twin = DeviceTwin(device="scale-2", family="modbus", title="Axle scale")
    center.tell(scene.agent(at=at, devices=(twin,), public_key=key.public))
    page.reload()
    chart = page.locator("gl-chart")
    expect(chart.locator("canvas")).to_be_visible()
    expect(chart.locator(".now-value")).to_have_text("10 kg")
    expect(chart.locator("[data-old]")).to_have_count(1)
    center.wait_until(lambda: center.hub_hears("/KEMBA/gate-2/readings"))
    reading = Reading(
        device="scale-2", metric="axle load", value=18_420, unit="kg", observed_at=scene.now()
    )
    center.do(center.gateway.read_out(agent, key, reading))
    expect(chart.locator(".now-value")).to_have_text("18,420 kg")
    center.gateway.store_is_down = True
    chart.get_by_role("button", name="24 h").click()
    expect(chart.locator(".mid")).to_contain_text("The chart could not be read.")
    expect(chart.locator(".mid")).to_contain_text("The store does not answer.")
    expect(chart.locator(".mid")).to_contain_text("Alerts do not need it.")
    center.gateway.store_is_down = False
    chart.get_by_role("button", name="Read again").click()
    expect(chart.locator("canvas")).to_be_visible()


def test_signing_in_says_why_not_and_signing_out_ends_it(
    browser: Browser, context: BrowserContext, center: Center
) -> None:
    """A wrong password is refused in words; the right one opens the desk; signing out closes it."""
    assert context.pages == []  # the officer of `context` has set the password
    guest = browser.new_context()
    page = guest.new_page()
    page.goto(center.url)
    page.wait_for_url("**/sign-in")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is not right.")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".link[data-link=live]")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.goto(center.url)
    page.wait_for_url("**/sign-in")
    guest.close()


def test_a_reading_that_comes_while_the_past_is_asked_for_stays(page: Page) -> None:
    """Between readings it finds its place; among steps it stands only after the last of them."""
    stand = """async (step_s) => {
      const { Points } = await import("/panels/points.js");
      const points = new Points();
      for (const at of [2_000, 9_000, 16_000]) points.add(at, 1);
      const told = ["1970-01-01T00:00:01Z", "1970-01-01T00:00:10Z"].map((at) => ({ at, mean: 2 }));
      points.history(told, step_s);
      points.history(told, step_s);
      return points.all.map(({ at }) => at / 1000);
    }"""
    assert page.evaluate(stand, 0) == [1, 2, 9, 10, 16]
    assert page.evaluate(stand, 5) == [1, 10, 16]

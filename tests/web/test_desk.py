"""The desk in a real browser, against a real command center: what an officer sees and does."""

from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from contract.messages import DeviceTwin
from tests.web import scene
from tests.web.center import Center

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_an_alert_appears_without_a_reload(page: Page, center: Center) -> None:
    """The list is live: what the gateway says is a row a moment later, with both its times."""
    expect(page.get_by_text("Nothing waits for an officer.")).to_be_visible()
    seen = scene.now() - timedelta(hours=2)
    center.alert(scene.seal_alert(at=seen, told=timedelta(hours=1, minutes=46)))
    one = page.locator("gl-alerts tr.row")
    expect(one).to_have_count(1)
    expect(one).to_contain_text("Critical")
    expect(one).to_contain_text("GLZU 318204 1")
    expect(page.locator("#urgent")).to_contain_text("Seal opened in transit")
    page.keyboard.press("j")
    expect(page.locator("tr.more .told")).to_contain_text("UTC, told us")
    expect(page.locator("tr.more .told")).to_contain_text("1 h 46 later")


def test_an_acknowledgement_is_seen_on_a_second_screen(
    page: Page, context: BrowserContext, center: Center
) -> None:
    """Sending until the journal has it, then done; a second screen sees both without a reload."""
    second = context.new_page()
    second.goto(center.url)
    center.alert(scene.seal_alert(at=scene.now()))
    center.gateway.holds_acts = True
    expect(second.locator("gl-alerts tr.row")).to_contain_text("Open")
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("a")
    for screen in (page, second):
        expect(screen.locator("gl-alerts tr.row .fate")).to_contain_text("Acknowledge: sending")
        expect(screen.locator("gl-alerts tr.row .state")).to_have_text("Open")
    expect_held(center)
    center.do(center.gateway.judge_held())
    for screen in (page, second):
        expect(screen.locator("gl-alerts tr.row .state")).to_have_text("Acknowledged")
        expect(screen.locator("gl-alerts tr.row")).to_contain_text("admin")
    expect(page.locator("#toast")).to_contain_text("Acknowledged: Seal opened in transit")


def expect_held(center: Center, acts: int = 1) -> None:
    """Wait until so many acts have reached the gateway through outbox and uplink."""
    center.wait_until(lambda: len(center.gateway.held) == acts)


def test_of_two_officers_at_once_the_journal_refuses_the_second(
    page: Page, context: BrowserContext, center: Center
) -> None:
    """Both press before either is judged: one is done, the other refused with the reason."""
    second = context.new_page()
    second.goto(center.url)
    center.alert(scene.seal_alert(at=scene.now()))
    center.gateway.holds_acts = True
    for number, screen in enumerate((page, second), start=1):
        screen.locator("gl-alerts tr.row").click()
        screen.keyboard.press("a")
        expect_held(center, number)
    center.do(center.gateway.judge_held())
    fate = second.locator("tr.more gl-acts .fate")
    expect(fate).to_contain_text("Acknowledge: refused. It cannot be acknowledged: the alert is")
    expect(second.locator("#toast")).to_contain_text("Acknowledge refused")
    expect(second.locator("gl-alerts tr.row .state")).to_have_text("Acknowledged")


def test_an_act_that_makes_no_sense_is_refused_before_it_is_sent(
    page: Page, center: Center
) -> None:
    """The screen says why, and nothing goes to the journal."""
    alert = scene.seal_alert(at=scene.now())
    center.alert(msgspec.structs.replace(alert, state="in progress"))
    center.gateway.holds_acts = True
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("a")
    expect(page.locator("#toast")).to_contain_text("The alert is in progress.")
    button = page.locator("gl-acts [data-verb=acknowledge]").first
    expect(button).to_have_attribute("aria-disabled", "true")
    assert center.gateway.held == []


def test_a_comment_can_be_taken_back_and_then_sent(context: BrowserContext, center: Center) -> None:
    """It waits some seconds before it is sent; taken back, its words are there again."""
    page = context.new_page()
    page.clock.install()
    page.goto(center.url)
    center.alert(scene.seal_alert(at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("n")
    page.keyboard.type("Lane 2 sends it round again.")
    # The seconds stand still, however slow this machine is.
    page.clock.pause_at(scene.now() + timedelta(minutes=1))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text("not sent yet")
    page.keyboard.press("z")
    expect(page.get_by_role("textbox", name="Everyone sees it")).to_have_value(
        "Lane 2 sends it round again."
    )
    assert center.gateway.alerts["alert-seal"].acts == ()
    page.clock.resume()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text("Commented: Seal opened in transit")
    page.keyboard.press("Enter")
    expect(page.locator("gl-why .done")).to_contain_text("Commented by admin")
    expect(page.locator("gl-why .done .note")).to_have_text("Lane 2 sends it round again.")


def test_nothing_moves_while_a_row_is_selected(page: Page, center: Center) -> None:
    """A new alert waits behind a button, however urgent; the bar says it all the same."""
    at = scene.now()
    center.alert(scene.seal_alert(id_="one", severity="low", title="First", at=at))
    page.locator("gl-alerts tr.row").click()
    center.alert(scene.seal_alert(id_="two", title="Second", at=at))
    expect(page.locator(".fresh")).to_contain_text("1 new")
    expect(page.locator("gl-alerts tr.row")).to_have_count(1)
    expect(page.locator(".situation").first).to_contain_text("1 critical")
    page.keyboard.press(".")
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)
    expect(page.locator("gl-alerts tr.row").first).to_contain_text("Second")
    expect(page.locator("gl-alerts tr.row[aria-selected=true]")).to_contain_text("First")


def test_hostile_text_stays_text(page: Page, center: Center) -> None:
    """Markup in what a device says is shown as it was said, everywhere, and never runs."""
    alert = scene.seal_alert(title=scene.HOSTILE, at=scene.now(), subject=scene.HOSTILE)
    proof = scene.evidence("seal.read", scene.HOSTILE, at=scene.now())
    center.alert(msgspec.structs.replace(alert, detail=scene.HOSTILE, evidence=(proof,)))
    hostile = DeviceTwin(device=scene.HOSTILE, family="seal", title=scene.HOSTILE, is_found=False)
    center.tell(
        scene.agent(at=scene.now(), devices=(msgspec.structs.replace(hostile, reason="<b>"),))
    )
    page.locator("gl-alerts tr.row").click()
    expect(page.locator("gl-alerts tr.row .title")).to_have_text(scene.HOSTILE)
    expect(page.locator(".spot")).to_contain_text(scene.HOSTILE)
    page.keyboard.press("m")
    page.keyboard.press("m")
    expect(page.locator(".devices")).to_contain_text(scene.HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator("gl-why .evidence")).to_contain_text(scene.HOSTILE)
    assert page.locator("img[src=x]").count() == 0
    assert page.title() != "owned"


def test_agents_are_shown_as_stale_and_as_holed_as_they_are(page: Page, center: Center) -> None:
    """A silent agent says since when; missing, lost and waiting numbers are named."""
    at = scene.now()
    center.tell(
        scene.agent(at=at, devices=scene.devices(at)),
        scene.agent(scene.XRAY, state="silent", at=at - timedelta(minutes=4)),
        scene.whole(),
        scene.holed(),
    )
    page.get_by_role("button", name="Agents").click()
    agents = page.locator("gl-agents .agent")
    expect(agents).to_have_count(2)
    silent, alive = agents.nth(0), agents.nth(1)
    expect(silent).to_contain_text("silent, heard")
    expect(silent).to_contain_text("4 min ago")
    expect(silent).to_contain_text("4 missing")
    expect(silent).to_contain_text("42 declared lost")
    expect(silent).to_contain_text("12 waiting")
    expect(alive).to_contain_text("alive")
    expect(alive).to_contain_text("Nothing is missing: 1,204 events, 84,120 readings, 318 bulk.")
    expect(alive).to_contain_text("lost since")
    expect(page.locator(".situation").first).to_contain_text(
        "1 of 2 agents alive, 3 devices, 1 lost"
    )
    expect(page.locator(".situation").first).to_contain_text("1 source with holes")


def test_the_desk_works_by_keys_alone(page: Page, center: Center) -> None:
    """Move, open, act, search and leave: no mouse; letters can be turned off."""
    at = scene.now()
    for number, title in enumerate(("Alpha", "Beta", "Gamma")):
        told = at - timedelta(minutes=number)
        center.alert(scene.seal_alert(id_=title, severity="high", title=title, at=told))
    expect(page.locator("gl-alerts tr.row")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    selected = page.locator("gl-alerts tr.row[aria-selected=true]")
    expect(selected).to_contain_text("Beta")
    expect(selected).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("gl-why .lead")).to_have_text("Beta")
    page.keyboard.press("i")
    expect(page.locator("gl-why .state")).to_have_text("In progress")
    page.keyboard.press("k")
    expect(page.locator("gl-why .lead")).to_have_text("Alpha")
    page.keyboard.press("Escape")
    expect(page.locator("gl-why")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("gam")
    expect(page.locator("gl-alerts tr.row")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("gl-alerts tr.row")).to_have_count(3)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.get_by_label("Single letters act").press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("r")
    expect(page.locator(".fate:visible", has_text="Resolve")).to_have_count(0)
    assert all(alert.state != "resolved" for alert in center.gateway.alerts.values())


def test_a_phone_needs_no_sideways_scroll(
    context: BrowserContext, center: Center, faults: list[str]
) -> None:
    """At 390 px every part fits, with an alert open and with the picture open."""
    at = scene.now()
    body = scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.alert(scene.scan_alert(body, at=at))
    center.tell(scene.agent(at=at, devices=scene.devices(at)), scene.holed(), scene.whole())
    phone = context.new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.goto(center.url)
    phone.locator("gl-alerts tr.row").click()
    expect(phone.locator("tr.more")).to_be_visible()
    assert sideways(phone) == 0
    phone.locator("tr.more [data-do=open]").click()
    expect(phone.locator("gl-viewer img")).to_be_visible()
    assert sideways(phone) == 0
    small = phone.evaluate(
        "[...document.querySelectorAll('button, select, .thumb a')]"
        ".filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 40)"
        ".map((node) => node.outerHTML)"
    )
    assert small == [], "a thumb needs 44 px"
    assert faults == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_on_a_phone_the_acts_stand_at_the_thumb(
    context: BrowserContext, center: Center, theme: str
) -> None:
    """Beside the whole picture, wherever the page is scrolled to, and over none of its words."""
    body = scene.bag()
    center.gateway.blobs[scene.picture_of(body).sha256] = body
    center.alert(scene.scan_alert(body, at=scene.now()))
    phone = context.new_page()
    phone.set_viewport_size({"width": 390, "height": 844})
    phone.goto(f"{center.url}/?alert=alert-scan&theme={theme}")
    expect(phone.locator("gl-viewer img")).to_be_visible()
    acts = phone.locator("gl-why gl-acts")
    for button in acts.get_by_role("button").all():
        expect(button).to_be_in_viewport(ratio=1)
    above = phone.locator("gl-viewer").bounding_box()
    bar = acts.bounding_box()
    thumb = phone.locator(".thumb").bounding_box()
    assert above is not None
    assert bar is not None
    assert thumb is not None
    assert above["y"] + above["height"] <= bar["y"], "the whole picture and its looks are seen"
    assert bar["y"] + bar["height"] <= thumb["y"] + 1
    phone.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = phone.locator("gl-why dd:visible").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= bar["y"]
    acts.get_by_role("button", name="Acknowledge").click()
    expect(phone.locator("gl-why .state")).to_have_text("Acknowledged")
    # Gone with what they act on.
    phone.locator("gl-viewer").get_by_role("button", name="Back").click()
    expect(acts).to_be_hidden()
    ends = phone.evaluate("getComputedStyle(document.body).paddingBottom")
    assert float(ends.removesuffix("px")) == pytest.approx(thumb["height"], abs=1)


@pytest.mark.parametrize("width", [390, 720, 1100])
def test_in_one_column_what_is_opened_stands_alone(
    context: BrowserContext, center: Center, width: int
) -> None:
    """On a phone, a tablet and at 200 %: not below a list of many, and the keys are in it."""
    at = scene.now()
    for number in range(12):
        center.alert(scene.seal_alert(id_=f"a{number}", title=f"Seal {number}", at=at))
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(center.url)
    row = page.locator("gl-alerts tr.row", has_text="Seal 7")
    row.click()
    page.locator("tr.more [data-do=open]").click()
    expect(page.locator("gl-why .lead")).to_have_text("Seal 7")
    expect(page.locator("gl-why .lead")).to_be_in_viewport()
    expect(page.locator("gl-why gl-acts .btn").first).to_be_in_viewport()
    expect(page.locator("gl-alerts")).to_be_hidden()
    expect(page.locator("gl-why")).to_be_focused()
    page.locator("gl-why").get_by_role("button", name="Back").click()
    expect(row).to_be_in_viewport()
    expect(row).to_be_focused()


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than its screen."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(0, int(wide))


def test_no_row_moves_under_the_pointer(page: Page, center: Center) -> None:
    """While the mouse moves over the rows a new one waits; it comes when they rest."""
    center.alert(scene.seal_alert(id_="one", severity="low", title="First", at=scene.now()))
    page.locator("gl-alerts tr.row").hover()
    center.alert(scene.seal_alert(id_="two", title="Second", at=scene.now()))
    expect(page.locator("gl-alerts tr.row")).to_have_count(2)
    first = page.locator("gl-alerts tr.row").first
    expect(first).to_contain_text("Second")
    first.click()
    expect(first).to_have_attribute("aria-selected", "true")
    first.click()
    expect(first).to_have_attribute("aria-selected", "false")


def test_what_is_opened_is_in_the_address(page: Page, center: Center) -> None:
    """It survives a reload; closed it is gone; of an alert that is not here the desk says so."""
    center.alert(scene.seal_alert(at=scene.now()))
    page.locator("gl-alerts tr.row").click()
    page.keyboard.press("Enter")
    page.wait_for_url("**/?alert=alert-seal")
    page.reload()
    expect(page.locator("gl-why .lead")).to_have_text("Seal opened in transit")
    page.keyboard.press("Escape")
    page.wait_for_url(center.url + "/")
    page.goto(f"{center.url}/?alert=of-last-year")
    expect(page.locator("#toast")).to_contain_text("is not on this desk: it was closed long ago")
    page.wait_for_url(center.url + "/")

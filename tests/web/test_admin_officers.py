"""Officers in the administration: invited, changed, put out, and who may do that."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web import office
from tests.web.center import Center
from tests.web.office import board_of, press, row, secret, tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_an_officer_is_invited_by_a_link_that_is_shown_once(
    admin: Page, browser: Browser, center: Center
) -> None:
    """By keys alone; Esc does not lose the link; the link works once; the record has it."""
    admin.keyboard.press("n")
    form = admin.get_by_role("dialog", name="Invite an officer")
    expect(form.get_by_label("Name")).to_be_focused()
    admin.keyboard.type("Ekiru")
    form.get_by_label("Role").select_option("viewer")
    form.get_by_label("Posts").fill("nowhere")
    admin.keyboard.press("Enter")
    expect(form.locator(".trouble")).to_contain_text("A post is a UN/LOCODE")
    form.get_by_label("Posts").fill("kemba")
    admin.keyboard.press("Enter")
    expect(admin.locator("#secret")).to_be_visible()
    admin.keyboard.press("Escape")
    admin.keyboard.press("Escape")
    link = secret(admin)
    expect(row(admin, "Ekiru")).to_contain_text("Invited")
    other, status = board_of(browser, center, link)
    assert status == 200
    again = other.request.get(link, max_redirects=0)
    assert again.headers["location"] == "/sign-in#used-link"
    expect(row(admin, "Ekiru")).to_contain_text("May sign in")
    tab(admin, "records")
    newest = admin.locator("gl-records tbody tr").first
    expect(newest).to_contain_text("Invite Ekiru")
    expect(newest).to_contain_text("as viewer")
    expect(newest).to_contain_text("Done")
    assert link.rpartition("=")[2] not in (admin.locator("body").text_content() or "")
    other.close()


def test_role_and_posts_change_and_one_who_is_put_out_is_out_at_once(
    admin: Page, browser: Browser, center: Center
) -> None:
    """A new link voids the password; put out ends the session; take back in lets them in again."""
    press(admin, "New link: Baraka")
    other, status = board_of(browser, center, secret(admin))
    assert status == 200
    admin.get_by_role("button", name="Change: Baraka").click()
    form = admin.get_by_role("dialog", name="Change Baraka")
    expect(form.get_by_label("Posts")).to_have_value("KEMBA KENBO")
    form.get_by_label("Role").select_option("supervisor")
    form.get_by_label("Posts").fill("*")
    form.get_by_role("button", name="Change").click()
    expect(row(admin, "Baraka")).to_contain_text("Supervisor")
    expect(row(admin, "Baraka")).to_contain_text("every post")
    press(admin, "Put out: Baraka")
    expect(row(admin, "Baraka")).to_contain_text("Put out")
    assert other.request.get(f"{center.url}/api/board").status == 401
    press(admin, "Take back in: Baraka")
    expect(row(admin, "Baraka")).to_contain_text("May sign in")
    expect(row(admin, "admin").get_by_role("button")).to_have_count(0)
    other.close()


def test_an_admin_of_one_post_sees_and_changes_that_post_alone(
    admin: Page, browser: Browser, center: Center
) -> None:
    """Who is beyond the own posts has no buttons; the command center refuses it besides."""
    url = center.url
    asked = {"name": "Wanjiru", "role": "admin", "posts": ["KEMBA"]}
    made = office.tell(admin.request, f"{url}/api/officers", asked)
    other, _ = board_of(browser, center, made["link"])
    page = other.new_page()
    page.goto(f"{url}/admin")
    expect(row(page, "Achieng").get_by_role("button")).to_have_count(3)
    for beyond in ("Baraka", "Cheptoo", "admin"):
        expect(row(page, beyond).get_by_role("button")).to_have_count(0)
    tab(page, "subscribers")
    expect(row(page, "Port authority")).to_be_visible()
    refused: tuple[tuple[str, Any, int], ...] = (
        ("/api/officers/Cheptoo/link", {}, 422),
        ("/api/officers/Baraka", {"is_active": False}, 422),
        ("/api/officers", {"name": "X", "role": "viewer", "posts": ["*"]}, 422),
        ("/api/officers", {"name": "X", "role": "viewer", "posts": []}, 422),
        ("/api/officers", {"name": "Daudi", "role": "admin", "posts": ["KEMBA"]}, 422),
        ("/api/officers/Wanjiru/link", {}, 422),
        ("/api/officers/Nobody/link", {}, 404),
    )
    for path, body, status in refused:
        office.tell(other.request, f"{url}{path}", body, status)
    every = next(
        one["id"]
        for one in admin.request.get(f"{url}/api/subscribers").json()["subscribers"]
        if one["posts"] == ["*"]
    )
    office.tell(other.request, f"{url}/api/subscribers/{every}/test", {}, 404)
    records = other.request.get(f"{url}/api/audit").json()["records"]
    assert records
    assert {"refused"} < {one["state"] for one in records}
    other.close()


def test_who_is_no_admin_finds_no_way_in(admin: Page, browser: Browser, center: Center) -> None:
    """Neither in the bar nor by its letter, its address or what stands behind it."""
    asked = {"name": "Super", "role": "supervisor", "posts": ["*"]}
    made = office.tell(admin.request, f"{center.url}/api/officers", asked)
    other, _ = board_of(browser, center, made["link"])
    page = other.new_page()
    page.goto(center.url)
    page.locator(".link[data-link=live]").wait_for()
    expect(page.locator(".top nav a", has_text="Admin")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page).to_have_url(f"{center.url}/")
    for path in ("/admin", "/admin.html", "/api/audit"):
        assert other.request.get(f"{center.url}{path}").status == 403
    assert admin.request.post(f"{center.url}/api/officers", data=asked).status == 403
    other.close()

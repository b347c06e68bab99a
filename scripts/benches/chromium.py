"""A signed-in officer's page in a real Chromium, and how long its main thread was busy."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
from playwright.sync_api import Page, sync_playwright

PROGRAM: Final = "/usr/bin/chromium"
LONG_TASKS: Final = """
(() => {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longTasks.push(task.duration);
  }).observe({ type: "longtask", buffered: true });
})();
"""
"""Keeps the milliseconds of every task over 50 ms, as the browser itself tells them."""
_SIGN_IN: Final = """
(who) => fetch("/api/sign-in", {
  method: "POST",
  body: JSON.stringify(who),
  headers: { "Content-Type": "application/json", "X-Greenlane": "1" },
}).then((answer) => answer.status)
"""


@contextmanager
def desk(url: str, password: str, *, script: str = "") -> Iterator[Page]:
    """The desk of the first officer, live; ``script`` runs first on every page."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=PROGRAM, args=["--headless=new", "--no-sandbox", "--disable-gpu"]
        )
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(LONG_TASKS + script)
        page = context.new_page()
        page.goto(url)
        signed = page.evaluate(_SIGN_IN, {"name": "admin", "password": password})
        if signed != httpx.codes.NO_CONTENT:
            sys.exit("the officer cannot sign in")
        page.goto(url)
        page.locator(".link[data-link=live]").wait_for()
        yield page
        chromium.close()


def long_tasks(page: Page) -> list[float]:
    """Milliseconds of each task over 50 ms since the page was loaded or last asked."""
    told: list[float] = page.evaluate("window.longTasks.splice(0)")
    return told

"""How many rows of a list a page makes in one frame."""

from itertools import pairwise
from typing import Final

from playwright.sync_api import Page

ROWS_A_FRAME: Final = 40


def watch(rows: str) -> str:
    """What runs first on the page: it counts the rows once for whatever one frame made."""
    return f"""
    window.made = [];
    new MutationObserver(() => {{
      window.made.push(document.querySelectorAll("{rows}").length);
    }}).observe(document, {{ childList: true, subtree: true }});
    """


def longest_step(page: Page) -> int:
    """Rows that came in one frame, at most."""
    made: list[int] = [0, *page.evaluate("made")]
    return max(after - before for before, after in pairwise(made))

"""Whether what is written can be read: contrast by WCAG 2.2, computed from the themes' values."""

import re
from itertools import product
from typing import Final

import pytest

from command_center.routes.pages import WEB

TOKENS: Final = (WEB / "look" / "tokens.css").read_text()
TEXT: Final = 4.5
MARK: Final = 3.0
"""The least ratio of text, and of what carries a meaning without being text."""

SURFACES: Final = ("panel", "inset", "selected", "field")
INKS: Final = ("text", "text-2", "text-3", "severity-critical", "lane-green", "trust", "act")
"""Written on any surface; what cannot be trusted now is written in the third ink throughout."""
MARKS: Final = ("severity-high", "severity-medium", "severity-low", "lane-amber", "edge")
ON: Final = (
    ("lane-red-on", "lane-red"),
    ("lane-amber-on", "lane-amber-fill"),
    ("severity-high-on", "severity-high-fill"),
    ("act-on", "act"),
)
"""Written on a fill of its own."""
MIXED: Final = (("text", "act", 0.20), ("text", "act", 0.14))
"""Ink on so much of a colour mixed into the panel: primary buttons, what waits behind "N new"."""

Colour = tuple[float, float, float]


def value(name: str, theme: str) -> Colour:
    """The colour that a name has in a theme, each part from 0 to 1."""
    found = re.search(rf"--{name}:\s*([^;]+);", TOKENS)
    assert found, name
    text = found.group(1)
    if alias := re.fullmatch(r"var\(--([\w-]+)\)", text):
        return value(alias.group(1), theme)
    if pair := re.fullmatch(r"light-dark\((#\w{6}), (#\w{6})\)", text):
        text = pair.group(1 if theme == "light" else 2)
    parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return parts[0], parts[1], parts[2]


def luminance(colour: Colour) -> float:
    """Relative luminance."""
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return sum(part * share for part, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def ratio(one: Colour, other: Colour) -> float:
    """Contrast of two colours, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_ink_can_be_read_on_every_surface(theme: str) -> None:
    """Text 4.5 to 1, marks and edges of controls 3 to 1; nothing is an exception."""
    weak = {
        (ink, surface): round(ratio(value(ink, theme), value(surface, theme)), 2)
        for inks, least in ((INKS, TEXT), (MARKS, MARK))
        for ink, surface in product(inks, SURFACES)
        if ratio(value(ink, theme), value(surface, theme)) < least
    }
    assert weak == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_stands_on_a_fill_can_be_read(theme: str) -> None:
    """The words on lanes, severities, primary buttons and what waits."""
    for ink, fill in ON:
        assert ratio(value(ink, theme), value(fill, theme)) >= TEXT, (ink, fill)
    panel = value("panel", theme)
    for ink, colour, share in MIXED:
        parts = [
            share * a + (1 - share) * b for a, b in zip(value(colour, theme), panel, strict=True)
        ]
        mixed = (parts[0], parts[1], parts[2])
        assert ratio(value(ink, theme), mixed) >= TEXT, (ink, colour, share)

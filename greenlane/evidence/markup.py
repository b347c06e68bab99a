"""The pieces of HTML that the report is made of; whatever people or devices wrote is text. Pure."""

import html
from collections.abc import Iterable
from datetime import UTC, datetime


def escaped(text: str) -> str:
    """Text as text, never as markup."""
    return html.escape(text)


def table(
    heads: Iterable[str], rows: Iterable[tuple[str, ...]], *, numeric: int = 0, kind: str = ""
) -> str:
    """A table; the heads are text, the cells markup, and the first ``numeric`` columns numbers."""
    kinds = [" class=n" if place < numeric else "" for place in range(9)]
    pairs = zip(kinds, heads, strict=False)
    head = "".join(f"<th{kind_}>{escaped(one)}</th>" for kind_, one in pairs)
    body = "".join(
        "<tr>" + "".join(f"<td{k}>{c}</td>" for k, c in zip(kinds, row, strict=False)) + "</tr>"
        for row in rows
    )
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def listed(items: Iterable[str]) -> str:
    """A list."""
    return "<ul>" + "".join(f"<li>{escaped(item)}</li>" for item in items) + "</ul>"


def two(text: str, below: str) -> str:
    """A cell with a smaller line below."""
    return f"{escaped(text)}<br><span class=k>{escaped(below)}</span>"


def number(value: int) -> str:
    """Like 90,113."""
    return f"{value:,}"


def moment(at: datetime) -> str:
    """For a column of times that is headed UTC."""
    return f"<span class=t>{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}</span>"


def instant(at: datetime) -> str:
    """For a sentence."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

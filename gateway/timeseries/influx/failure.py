"""What an answer of InfluxDB means for whoever wrote: retry, or quarantine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from contract.link import Rejected, Unavailable

REASON_MAX: Final = 300
"""Characters of InfluxDB's own words that go into ours."""
_UNREADABLE: Final = (
    *(ArithmeticError, LookupError, RecursionError, TypeError, ValueError),
    msgspec.MsgspecError,
)
_BAD_POINTS: Final = frozenset({400, 413, 422})
"""Statuses that speak of the body; every other one speaks of us, and no point is to blame."""
_FORGOTTEN: Final = "points beyond retention policy"


def judge_write(status: int, body: str) -> None:
    """Return if all is kept; raise `Rejected` if a point in the body is bad, `Unavailable` else.

    A key that does not count or a database that is not there raises `Unavailable` too: the points
    are good, they wait in the journal, and the sentence says what a person has to mend. Points
    older than the database is told to keep count as kept: it forgot them at once.
    """
    if status < 300 or (status in _BAD_POINTS and _FORGOTTEN in body):  # noqa: PLR2004 - HTTP
        return
    says = f"InfluxDB answers {status}: {body.strip()[:REASON_MAX]}"
    if status in _BAD_POINTS:
        raise Rejected(says)
    raise Unavailable(says)


def judge_query(status: int, body: str) -> None:
    """Return if there is an answer; raise `Rejected` for a bad question, `Unavailable` else."""
    if status < 300:  # noqa: PLR2004 - HTTP
        return
    says = f"InfluxDB answers {status}: {body.strip()[:REASON_MAX]}"
    if status in _BAD_POINTS:
        raise Rejected(says)
    raise Unavailable(says)


@contextmanager
def told() -> Iterator[None]:
    """Raise `Unavailable` for an answer that says something else than what was asked.

    Whoever answers need not be InfluxDB: a proxy, or a store that makes something up.
    """
    try:
        yield
    except _UNREADABLE as error:
        says = repr(error)[:REASON_MAX]
        raise Unavailable(f"what answers is not InfluxDB, or does not say all: {says}") from error

"""How many checkpoints stay on the disk: the older they are, the farther apart.

That an entry is in the log, and that the log only grew, is proved from the tree under any
checkpoint over it, and a witness remembers its own. What goes with an old one is only how closely
it says *when* an entry was there: to the minute for a week, the hour for a year, then the day.
"""

import logging
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import Final, NamedTuple

from contract.clock import Clock
from contract.link import Unavailable
from gateway.instant import microseconds
from gateway.journal.store import Store

EVERY_S: Final = 3_600.0
STEP: Final = 2_000
"""Checkpoints that one write looks at: those of a day and more."""
REST_S: Final = 0.05
"""Between two steps, for everybody else who wants to write."""
_log: Final = logging.getLogger(__name__)


class Pace(NamedTuple):
    """Of what is older than this, one stays in so much time, by UTC."""

    older_than: timedelta
    one_in: timedelta


PACES: Final = (
    Pace(timedelta(days=366), timedelta(days=1)),
    Pace(timedelta(days=7), timedelta(hours=1)),
    Pace(timedelta(days=1), timedelta(minutes=1)),
)
"""Some 20,000 checkpoints of the last year, and 365 of each year before."""

# The newest of all is not looked at: the tree goes on from there.
_PAGE: Final = """
SELECT size, origin, made_us, witnesses FROM checkpoint
WHERE size > ? AND size < (SELECT max(size) FROM checkpoint) ORDER BY size, origin LIMIT ?
"""


class Made(NamedTuple):
    """What is looked at of a checkpoint."""

    size: int
    origin: str
    made_us: int
    witnesses: int


async def thin(store: Store, clock: Clock) -> None:
    """Let go of what is not needed any more, every hour, until cancelled."""
    while True:
        await clock.sleep(EVERY_S)
        try:
            await go_through(store, clock)
        except Unavailable as error:
            _log.warning("old checkpoints stay for now: %s", error)


async def go_through(store: Store, clock: Clock) -> None:
    """Look at all checkpoints once, a few at a time; raises `Unavailable`."""
    now_us, after = microseconds(clock.utc_now()), -1
    while True:
        upto = await store.write(lambda at, after=after: _step(at, after, now_us))  # type: ignore[misc]  # mypy does not see defaults of a lambda
        if upto == after:
            return
        after = upto
        await clock.sleep(REST_S)


def surplus(checkpoints: list[Made], now_us: int) -> Iterator[Made]:
    """Those that may go, of these in their order.

    Of each stretch of time that one stays which most have cosigned; of several the latest.
    """
    for stretch, some in groupby(checkpoints, key=lambda one: _stretch(one, now_us)):
        if stretch is not None:
            yield from sorted(some, key=lambda one: (one.witnesses, one.size))[:-1]


def _stretch(one: Made, now_us: int) -> tuple[str, timedelta, int] | None:
    """Which stretch of time it is of; none while it is young."""
    age = timedelta(microseconds=now_us - one.made_us)
    for pace in PACES:
        if age > pace.older_than:
            one_in_us = pace.one_in // timedelta(microseconds=1)
            return one.origin, pace.one_in, one.made_us // one_in_us
    return None


def _step(at: sqlite3.Connection, after: int, now_us: int) -> int:
    """Up to which size it has looked; a stretch that two steps share has two for an hour more."""
    page = [Made._make(row) for row in at.execute(_PAGE, (after, STEP))]
    at.executemany(
        "DELETE FROM checkpoint WHERE size = ? AND origin = ?",
        [(one.size, one.origin) for one in surplus(page, now_us)],
    )
    return page[-1].size if page else after

"""How many checkpoints stay on the disk: the older they are, the farther apart.

That an entry is in the log, and that the log only grew, is proved from the tree under any
checkpoint over it, and a witness remembers its own. What goes with an old one is only how closely
it says *when* an entry was there: to the minute for a week, the hour for a year, then the day.

What is let go of does not come back, so no clock is asked how old a checkpoint is: it ages by what
passed from each later one to the next, and by no more than `GAP_MAX` for each. A box whose clock is
years ahead, for a moment or for good, makes them no older than the time in which it signed.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Final, NamedTuple

from contract.clock import Clock
from contract.link import Unavailable
from gateway.journal.store import Store

EVERY_S: Final = 3_600.0
STEP: Final = 2_000
"""Checkpoints that one write looks at: those of a day and more."""
REST_S: Final = 0.05
"""Between two steps, for everybody else who wants to write."""
GAP_MAX: Final = timedelta(hours=2)
"""Two that stay of two hours are nearly so far apart; who was switched off is thinned later."""
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

# The newest of all is not looked at: the tree goes on from there. A log that a restored gateway
# began goes on where the former ended, so from the largest to the smallest is back in time.
_NEWEST: Final = "SELECT size, made_us FROM checkpoint ORDER BY size DESC, origin DESC LIMIT 1"
_PAGE: Final = """
SELECT size, origin, made_us, witnesses FROM checkpoint
WHERE size < ? ORDER BY size DESC, origin DESC LIMIT ?
"""


class Made(NamedTuple):
    """What is looked at of a checkpoint."""

    size: int
    origin: str
    made_us: int
    witnesses: int


class Reached(NamedTuple):
    """The last checkpoint that was looked at, on the way from the newest back."""

    size: int
    made_us: int
    age: timedelta = timedelta()


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
    reached = await store.read(_newest)
    while reached is not None:
        reached = await store.write(lambda at, reached=reached: _step(at, reached))  # type: ignore[misc]  # mypy does not see defaults of a lambda
        await clock.sleep(REST_S)


def aged(checkpoints: Iterable[Made], newer: Reached) -> list[tuple[Made, timedelta]]:
    """These, from the newest back, each with its age."""
    age, made_us, found = newer.age, newer.made_us, []
    for one in checkpoints:
        passed = timedelta(microseconds=made_us - one.made_us)
        age += min(max(timedelta(), passed), GAP_MAX)
        made_us = one.made_us
        found.append((one, age))
    return found


def surplus(checkpoints: Iterable[tuple[Made, timedelta]]) -> Iterator[Made]:
    """Those that may go, of these with their ages, in their order.

    Of each stretch of time that one stays which most have cosigned; of several the latest.
    """
    for stretch, some in groupby(checkpoints, key=lambda one: _stretch(*one)):
        if stretch is not None:
            made = (one for one, _ in some)
            yield from sorted(made, key=lambda one: (one.witnesses, one.size))[:-1]


def _stretch(one: Made, age: timedelta) -> tuple[str, timedelta, int] | None:
    """Which stretch of time it is of; none while it is young."""
    for pace in PACES:
        if age > pace.older_than:
            one_in_us = pace.one_in // timedelta(microseconds=1)
            return one.origin, pace.one_in, one.made_us // one_in_us
    return None


def _newest(at: sqlite3.Connection) -> Reached | None:
    row = at.execute(_NEWEST).fetchone()
    return None if row is None else Reached(*row)


def _step(at: sqlite3.Connection, newer: Reached) -> Reached | None:
    """How far it has looked, while there is more; of a stretch across two steps two stay."""
    page = aged((Made._make(row) for row in at.execute(_PAGE, (newer.size, STEP))), newer)
    at.executemany(
        "DELETE FROM checkpoint WHERE size = ? AND origin = ?",
        [(one.size, one.origin) for one in surplus(page)],
    )
    if not page:
        return None
    last, age = page[-1]
    return Reached(last.size, last.made_us, age)

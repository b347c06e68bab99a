"""Old checkpoints: how many stay, and which."""

import sqlite3
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.instant import microseconds
from gateway.journal.store import Store, open_store
from gateway.notary import thinning, tree
from gateway.notary.thinning import PACES, STEP, Made, surplus
from tests.support.virtual import START, VirtualClock, run_virtually

ORIGIN = "greenlane/KEMBA/gateway/0011223344556677"
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 86_400_000_000
NOW_US = microseconds(START)


def made(ages_us: list[int], witnesses: int = 0) -> list[Made]:
    """Checkpoints of these ages, the oldest first."""
    ages = sorted(ages_us, reverse=True)
    return [Made(n, ORIGIN, NOW_US - age, witnesses) for n, age in enumerate(ages, start=1)]


def left(checkpoints: list[Made], now_us: int = NOW_US) -> list[Made]:
    """What stays of them."""
    gone = set(surplus(checkpoints, now_us))
    return [one for one in checkpoints if one not in gone]


@given(st.lists(st.integers(0, 2_000 * DAY_US), unique=True, max_size=60))
def test_every_stretch_of_time_keeps_its_last_checkpoint(ages_us: list[int]) -> None:
    """So an entry is never under a later one than the first of the next stretch."""
    stay = left(made(ages_us))
    assert left(stay) == stay, "and what stays, stays"
    for one in made(ages_us):
        age = timedelta(microseconds=NOW_US - one.made_us)
        within = next((pace.one_in for pace in PACES if age > pace.older_than), timedelta())
        latest = one.made_us + within // timedelta(microseconds=1)
        assert any(one.size <= other.size and other.made_us <= latest for other in stay)


def test_the_one_that_was_cosigned_stays() -> None:
    """A later one of the same hour that nobody saw dates nothing."""
    ages = [10 * DAY_US + n * MINUTE_US for n in range(5, 50)]
    checkpoints = made(ages)
    seen = checkpoints[7]._replace(witnesses=2)
    checkpoints[7] = seen
    hour = seen.made_us // HOUR_US
    assert [one for one in left(checkpoints) if one.made_us // HOUR_US == hour] == [seen]


def test_the_last_checkpoint_of_another_log_stays() -> None:
    """A restored gateway begins a new one in the same hour."""
    former, after = made([10 * DAY_US + 2, 10 * DAY_US + 1])
    assert left([former, after._replace(origin="another")]) == [
        former,
        after._replace(origin="another"),
    ]


TENTHS = 400 * 144
"""One every ten minutes, for 400 days."""


async def _a_year_later(path: Path) -> list[int]:
    """How many are left, and how many an hour after."""
    clock, counts = VirtualClock(), []
    async with open_store(path) as store:
        await store.write(_fill)
        for wait_s in (TENTHS * 600, 3_600):
            clock.step_s += wait_s
            await thinning.go_through(store, clock)
            counts.append(await _count(store))
        newest = await store.read(tree.latest)
        assert newest is not None
        assert newest.size == TENTHS
    return counts


def _fill(at: sqlite3.Connection) -> None:
    at.executemany(
        "INSERT INTO checkpoint VALUES (?, ?, ?, 'n', 1)",
        ((n, ORIGIN, NOW_US + n * 10 * MINUTE_US) for n in range(1, TENTHS + 1)),
    )


async def _count(store: Store) -> int:
    (count,) = await store.read(lambda at: at.execute("SELECT count(*) FROM checkpoint").fetchone())
    return int(count)


def test_a_year_of_checkpoints_takes_no_more_than_their_paces(tmp_path: Path) -> None:
    """Where two steps meet one is left over, until the next hour."""
    first, second = run_virtually(_a_year_later(tmp_path / "journal.sqlite"))
    bound = 7 * 144 + 359 * 24 + 34 + 2
    assert second <= bound
    assert first <= bound + TENTHS // STEP

"""Old checkpoints: how many stay, and which."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.instant import microseconds
from gateway.journal.store import Store, open_store
from gateway.notary import thinning, tree
from gateway.notary.thinning import GAP_MAX, PACES, STEP, Made, Reached, aged, surplus
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
    ages = (timedelta(microseconds=now_us - one.made_us) for one in checkpoints)
    gone = set(surplus(zip(checkpoints, ages, strict=True)))
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
        await store.write(lambda at: _fill(at, TENTHS, 10))
        for _ in range(2):
            await thinning.go_through(store, clock)
            counts.append(await _count(store))
        newest = await store.read(tree.latest)
        assert newest is not None
        assert newest.size == TENTHS
    return counts


def _fill(at: sqlite3.Connection, count: int, minutes: int, ahead_us: int = 0) -> None:
    """So many, so far apart; ``ahead_us``: by so much the clock is wrong for the last."""
    at.executemany(
        "INSERT INTO checkpoint VALUES (?, ?, ?, 'n', 1)",
        (
            (n, ORIGIN, NOW_US + n * minutes * MINUTE_US + (ahead_us if n == count else 0))
            for n in range(1, count + 1)
        ),
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


@pytest.mark.parametrize("years", [10, -10])
def test_a_clock_that_is_wrong_by_years_costs_no_checkpoint(tmp_path: Path, years: int) -> None:
    """Six days of one every twenty minutes, and one beside them: none is older for that."""

    async def main() -> None:
        clock = VirtualClock()
        clock.step_s = years * 365 * 86_400
        async with open_store(tmp_path / "journal.sqlite") as store:
            await store.write(lambda at: _fill(at, 6 * 72, 20, years * 365 * DAY_US))
            await thinning.go_through(store, clock)
            assert await _count(store) == 6 * 72

    run_virtually(main())


@given(st.lists(st.tuples(st.integers(0, 3_000 * DAY_US), st.integers(1, 59)), max_size=40))
def test_one_is_no_older_than_the_gaps_after_it_allow(jumps: list[tuple[int, int]]) -> None:
    """However wild the clock; and exactly as old as it says where it runs true."""
    wild = [Made(n, ORIGIN, at, 0) for n, (at, _) in enumerate(jumps, start=1)]
    true, now = [], NOW_US
    for n, (_, minutes) in enumerate(jumps, start=1):
        now -= minutes * MINUTE_US
        true.append(Made(1_000 - n, ORIGIN, now, 0))
    for n, (_, age) in enumerate(aged(wild, Reached(0, NOW_US)), start=1):
        assert timedelta() <= age <= n * GAP_MAX
    for one, age in aged(true, Reached(1_000, NOW_US)):
        assert age == timedelta(microseconds=NOW_US - one.made_us)

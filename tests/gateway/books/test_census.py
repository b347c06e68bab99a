"""A census counts what a journal holds, or estimates a large one and says so."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.books.census import census
from gateway.journal.journal import entries
from gateway.journal.schema import prepare


def test_a_census_counts_what_is_there(whole: Path) -> None:
    """By type, source and day, each to the same sum."""
    told = census(whole.parent)
    every = list(entries(whole))
    assert told.all.entries == len(every) == told.position
    assert told.all.bytes == sum(len(entry.body) for entry in every)
    for tallies in (told.by_type, told.by_kind, told.by_source, told.by_day):
        assert sum(tally.entries for tally in tallies.values()) == len(every)
    assert (told.oldest_at, told.newest_at) == (every[0].received_at, every[-1].received_at)
    assert told.snapshots
    assert told.cursors["judge"] <= told.position


def test_a_census_in_slices_is_the_same_and_says_how_far_it_is(whole: Path) -> None:
    """A journal of ten million is counted fifty thousand at a time."""
    seen: list[tuple[str, int, int]] = []
    told = census(whole.parent, lambda *how_far: seen.append(how_far), each=37)
    assert told == census(whole.parent)
    last = told.position
    assert seen == [("entries", min(upto, last), last) for upto in range(37, last + 37, 37)]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a journal of 60,000 entries over three days: readings, seals, one rotation."""
    folder = tmp_path_factory.mktemp("large")
    second_us = 1_000_000
    with closing(sqlite3.connect(folder / "journal.sqlite")) as at:
        prepare(at)
        at.executemany(
            "INSERT INTO entry (position, received_us, kind, source, stream, epoch, sequence,"
            " previous, hash, type, body, keyid, sig)"
            " VALUES (?, ?, ?, '/KEMBA/gate-2', 'readings', 'e', ?, '', ?, ?, ?, '', '')",
            (
                (
                    *(position, position * 4 * second_us, "own" if position == 41 else "kept"),
                    *(position, str(position)),
                    "key.rotated" if position == 41 else "seal.read" if rare else "readings.taken",
                    b"." * (50 if rare else 200),
                )
                for position in range(1, 60_001)
                for rare in [position % 11 == 0]
            ),
        )
        at.commit()
    return folder


def test_a_large_journal_is_estimated_from_a_third_and_says_so(large: Path) -> None:
    """What an index knows is exact: all, the entries of a day, what the gateway said itself."""
    counted, told = census(large, is_whole=True), census(large, counted_max=50_000)
    assert (counted.is_estimated, counted.looked_at) == (False, 60_000)
    assert (told.is_estimated, told.looked_at) == (True, 20_000)
    assert told.all.entries == 60_000
    assert len(told.by_day) == 3
    for day, tally in counted.by_day.items():
        assert told.by_day[day].entries == tally.entries
    assert told.by_type["key.rotated"].entries == told.by_kind["own"].entries == 1
    for estimated, exact in (
        (told.by_type, counted.by_type),
        (told.by_source, counted.by_source),
        (told.by_day, counted.by_day),
    ):
        assert estimated.keys() == exact.keys()
        for key, tally in exact.items():
            assert estimated[key].entries == pytest.approx(tally.entries, rel=0.05)
    assert told.all.bytes == pytest.approx(counted.all.bytes, rel=0.05)
    assert (told.oldest_at, told.newest_at) == (counted.oldest_at, counted.newest_at)


def test_a_small_journal_is_never_estimated(whole: Path) -> None:
    """It is read in no time."""
    assert census(whole.parent) == census(whole.parent, is_whole=True)

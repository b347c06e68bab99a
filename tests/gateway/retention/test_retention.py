"""Retention: bodies go when their time has come, hashes and what alerts rest on stay."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.messages import BodiesErased, ScanCompleted, ScanFailed
from gateway.entry import Entry
from gateway.journal.journal import entries
from gateway.judge.ledger import Ledger
from gateway.retention.lasting import class_of
from tests.gateway.retention.erasing import DAY_S, after_days, close_some_alerts, eraser
from tests.support.virtual import run_virtually

HASH = re.compile(rb"[0-9a-f]{24}")
"""Of a hash, which stays in many places."""


def bodies(path: Path) -> dict[int, bytes]:
    """By position, as far as they are here."""
    return {entry.position: entry.body for entry in entries(path)}


def rested_on(path: Path, *, is_open: bool) -> set[int]:
    """Positions that an alert rests on that is (or is not) closed."""
    query = """SELECT position, max(weight = 3) FROM rests_on
               JOIN latest ON thing = 'alert ' || alert GROUP BY position"""
    with closing(sqlite3.connect(path)) as at:
        return {position for position, one in at.execute(query) if bool(one) is is_open}


@pytest.fixture
def journal(whole: Path) -> Path:
    """A journal with everything in it, and alerts that are closed among them."""
    close_some_alerts(whole)
    return whole


def test_what_the_gateway_says_itself_stays_whatever_rested_on_it(whole: Path) -> None:
    """An alert about strangers rests on the gateway's own words; it is closed like any other."""
    with closing(sqlite3.connect(whole)) as at:
        at.execute("UPDATE latest SET weight = 1 WHERE thing LIKE 'alert %'")
        at.commit()
    own = {entry.position for entry in entries(whole) if entry.kind == "own"}
    assert own & rested_on(whole, is_open=False)
    after_days(whole, 82)
    left = bodies(whole)
    assert all(left[position] for position in own)


def test_each_class_goes_in_its_own_time(journal: Path) -> None:
    """And what stays of an entry is all but its body, to the last column."""
    before = list(entries(journal))
    open_, closed = rested_on(journal, is_open=True), rested_on(journal, is_open=False)
    assert open_
    assert closed - open_
    upto = _covered(journal)

    def erased() -> set[str | None]:
        left = bodies(journal)
        return {
            class_of(e.type, e.kind, is_evidence=e.position in open_ | closed)
            for e in before
            if e.body and not left[e.position]
        }

    after_days(journal, 9)
    assert erased() == set()
    after_days(journal, 11)
    assert erased() == {"telemetry"}
    after_days(journal, 31)
    assert erased() == {"telemetry", "events"}
    after_days(journal, 81, 82)
    assert erased() == {"telemetry", "events", "evidence"}
    left = bodies(journal)
    assert all(left[position] for position in open_)
    may_go = {e.position for e in before if class_of(e.type, e.kind, is_evidence=True)}
    assert not any(left[position] for position in (closed - open_) & may_go if position <= upto)
    _same_but_for_bodies(before, list(entries(journal)))


def _covered(path: Path) -> int:
    """Nothing past the earlier snapshot of the judge may go."""
    with closing(sqlite3.connect(path)) as at:
        (position,) = at.execute("SELECT min(position) FROM snapshot").fetchone()
    return int(position)


def _same_but_for_bodies(before: list[Entry], after: list[Entry]) -> None:
    for one, other in zip(before, after, strict=False):
        assert (one.position, one.received_at, one.kind, one.source, one.hash, one.sig) == (
            *(other.position, other.received_at, other.kind, other.source, other.hash, other.sig),
        )
        assert other.body in (one.body, b"")
    ledgers = Ledger(), Ledger()
    for ledger, group in zip(ledgers, (before, after), strict=True):
        for entry in group:
            if entry.identity and entry.kind in ("kept", "refused"):
                ledger.hear(entry.identity, entry.hash, entry.previous)
    assert ledgers[0].sources == ledgers[1].sources


def test_it_is_declared_before_it_is_done_and_nothing_undeclared_is_gone(journal: Path) -> None:
    """Also when it is cut off at any write."""
    after_days(journal, 11)
    told = [e.message for e in entries(journal) if isinstance(e.message, BodiesErased)]
    assert [one.retention for one in told] == ["telemetry"]
    gone = [e.position for e in entries(journal) if e.kind != "tick" and not e.body]
    assert gone
    assert max(gone) <= told[0].upto


def test_nothing_goes_that_a_sink_still_needs(journal: Path) -> None:
    """A store that was away for longer than the retention gets its backlog all the same."""

    async def main() -> None:
        async with eraser(journal) as one:
            one._sinks = ("influx",)  # type: ignore[misc]
            await asyncio.sleep(82 * DAY_S)
            await one.keep_house()

    run_virtually(main())
    assert all(entry.body for entry in entries(journal) if entry.kind != "tick")


def test_a_picture_goes_with_the_last_scan_that_shows_it(journal: Path) -> None:
    """Scans of an open alert keep theirs; the bytes are gone from the disk, not only let go."""
    shown: dict[str, set[int]] = {}
    for entry in entries(journal):
        if isinstance(entry.message, ScanCompleted | ScanFailed):
            for name in ("picture", "original"):
                if picture := getattr(entry.message, name, None):
                    shown.setdefault(picture.sha256, set()).add(entry.position)
    folder = journal.parent / "blobs"
    for sha256 in shown:
        (folder / sha256[:2]).mkdir(parents=True, exist_ok=True)
        (folder / sha256[:2] / sha256).write_bytes(b"picture")
    after_days(journal, 82)
    left = bodies(journal)
    for sha256, positions in shown.items():
        is_left = (folder / sha256[:2] / sha256).exists()
        assert is_left == any(left[position] for position in positions)
    assert len(list(folder.glob("*/*"))) < len(shown)


def test_what_is_erased_is_overwritten(journal: Path) -> None:
    """Not a line of it stays in the free parts of the file's pages."""
    before = list(entries(journal))
    after_days(journal, 11)
    with closing(sqlite3.connect(journal)) as at:
        at.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    left = list(entries(journal))
    known = b"".join(one.body for one in left)
    gone = [one.body for one, other in zip(before, left, strict=False) if one.body != other.body]
    lines = {body[n : n + 48] for body in gone for n in range(0, len(body) - 48, 16)}
    lines = {line for line in lines if not HASH.search(line) and line not in known}
    there = journal.read_bytes()
    assert [line for line in lines if line in there] == []
    assert len(gone) > 10

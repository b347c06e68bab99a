"""Counts what is in a journal: by type, source and day; bytes, times, and who has read how far.

A large one is not read as a whole unless it is wished: what an index knows is exact, the rest is
estimated from entries that are evenly spread.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from contract.messages import BodiesErased
from gateway.books.file import NAME, Progress, last_position, nobody, opened
from gateway.entry import reread
from gateway.instant import instant

SLICE: Final = 50_000
"""Entries that are counted at once: few enough to be sorted in memory, and to tell how far it is.
One statement over ten million would also keep a running gateway from tidying its log meanwhile."""
COUNTED_MAX: Final = 200_000
"""Entries up to which a journal is read as a whole all the same: some three seconds."""
STRETCHES: Final = 400
STRETCH: Final = 50
"""Entries behind each other that are read of a larger one, at each of so many places."""
DAY_US: Final = 86_400_000_000
_GROUPS: Final = """
SELECT type, kind, source, received_us / 86400000000 AS day, count(*), sum(length(body)),
  sum(length(body) = 0 AND hash != ''), min(received_us), max(received_us)
FROM entry WHERE position > ? AND position <= ? GROUP BY type, kind, source, day
"""
_OWN: Final = "SELECT type, count(*) FROM entry WHERE kind = 'own' GROUP BY type"
_FROM: Final = """
SELECT position, received_us FROM entry WHERE position >= ? ORDER BY position LIMIT 1
"""
_ENDS: Final = """
SELECT received_us FROM entry
WHERE position IN ((SELECT min(position) FROM entry), (SELECT max(position) FROM entry))
"""
_ERASED: Final = """
SELECT body FROM entry WHERE kind = 'own' AND type = 'bodies.erased' ORDER BY position
"""


class Tally(msgspec.Struct, kw_only=True):
    """Entries that have something in common."""

    entries: int = 0
    bytes: int = 0
    """Of bodies."""
    erased: int = 0
    """Bodies that retention has erased."""

    def add(self, entries: int, size: int, erased: int) -> None:
        """So many more."""
        self.entries += entries
        self.bytes += size
        self.erased += erased

    def resize(self, entries: int) -> None:
        """As many of the same mixture."""
        factor = entries / self.entries if self.entries else 0
        self.bytes, self.erased = round(self.bytes * factor), round(self.erased * factor)
        self.entries = entries


class Census(msgspec.Struct, kw_only=True):
    """What is in a journal."""

    journal: str
    file_bytes: int
    is_estimated: bool = False
    """Exact are then: all entries, those of a day, and those that the gateway says itself."""
    looked_at: int = 0
    """Entries that were read for it."""
    all: Tally = msgspec.field(default_factory=Tally)
    by_type: dict[str, Tally] = {}
    by_kind: dict[str, Tally] = {}
    by_source: dict[str, Tally] = {}
    by_day: dict[str, Tally] = {}
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    position: int = 0
    changes: int = 0
    quarantined: int = 0
    alerts_rest_on: int = 0
    """Entries that some alert rests on."""
    snapshots: list[int] = []
    """Positions of the judge's snapshots."""
    cursors: dict[str, int] = {}
    """Up to which entry each reader needs nothing again."""
    erased_upto: dict[str, int] = {}
    """By class: up to which entry bodies may be gone."""


def census(
    folder: Path,
    progress: Progress = nobody,
    *,
    is_whole: bool = False,
    counted_max: int = COUNTED_MAX,
    each: int = SLICE,
) -> Census:
    """Count a gateway's journal, or estimate it past ``counted_max`` entries unless ``is_whole``.

    Raises `Rejected` if there is none.
    """
    path = folder / NAME
    with opened(path) as at:
        (journal,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
        sizes = [one.stat().st_size for one in path.parent.glob(f"{NAME}*")]
        told = Census(journal=journal, file_bytes=sum(sizes), position=last_position(at))
        if is_whole or told.position <= counted_max:
            _count(at, told, progress, each)
        else:
            _estimate(at, told, progress)
        told.by_day = dict(sorted(told.by_day.items()))
        told.by_source = dict(sorted(told.by_source.items()))
        _beside(at, told)
    return told


def _count(at: sqlite3.Connection, told: Census, progress: Progress, each: int) -> None:
    """Read every entry."""
    for after in range(0, told.position, each):
        upto = min(after + each, told.position)
        _read(at, told, after, upto)
        progress("entries", upto, told.position)


def _estimate(at: sqlite3.Connection, told: Census, progress: Progress) -> None:
    """Read some, and ask the indexes."""
    told.is_estimated = True
    ends = [instant(us) for (us,) in at.execute(_ENDS)]
    told.oldest_at, told.newest_at = min(ends), max(ends)
    for number in range(STRETCHES):
        after, end = (told.position * one // STRETCHES for one in (number, number + 1))
        _read(at, told, after, min(after + STRETCH, end))
        progress("places", number + 1, STRETCHES)
    factor = told.position / max(1, told.looked_at)
    for tallies in (told.by_type, told.by_kind, told.by_source):
        for tally in tallies.values():
            tally.resize(round(tally.entries * factor))
    told.all.resize(told.position)
    own = dict(at.execute(_OWN))
    for tallies, key, entries in (
        *((told.by_type, type_, count) for type_, count in own.items()),
        *((told.by_day, date, count) for date, count in _days(at)),
        *([(told.by_kind, "own", sum(own.values()))] if own else []),
    ):
        tallies.setdefault(key, Tally()).resize(entries)


def _read(at: sqlite3.Connection, told: Census, after: int, upto: int) -> None:
    """Add what is between two positions."""
    for type_, kind, source, day, *counted, first_us, last_us in at.execute(_GROUPS, (after, upto)):
        for by, key in (
            *((told.by_type, type_), (told.by_kind, kind)),
            *((told.by_source, source or "(time)"), (told.by_day, _date(day * DAY_US))),
        ):
            by.setdefault(key, Tally()).add(*counted)
        told.all.add(*counted)
        told.looked_at += counted[0]
        first_at, last_at = instant(first_us), instant(last_us)
        told.oldest_at = min(told.oldest_at or first_at, first_at)
        told.newest_at = max(told.newest_at or last_at, last_at)


def _days(at: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """How many entries each day has: they are in the order of their times, so a look will do."""
    first = at.execute(_FROM, (0,)).fetchone()
    end = last_position(at) + 1
    while first:
        position, received_us = first
        midnight_us = (received_us // DAY_US + 1) * DAY_US
        low, high = position, end
        while low < high:
            middle = (low + high) // 2
            row = at.execute(_FROM, (middle,)).fetchone()
            low, high = (middle + 1, high) if row and row[1] < midnight_us else (low, middle)
        yield _date(received_us), low - position
        first = at.execute(_FROM, (low,)).fetchone()


def _date(us: int) -> str:
    return instant(us).date().isoformat()


def _beside(at: sqlite3.Connection, told: Census) -> None:
    def one(query: str) -> int:
        return int(at.execute(query).fetchone()[0] or 0)

    told.changes = one("SELECT max(number) FROM change")
    told.quarantined = one("SELECT count(*) FROM quarantine")
    told.alerts_rest_on = one("SELECT count(DISTINCT position) FROM rests_on")
    told.snapshots = [p for (p,) in at.execute("SELECT position FROM snapshot WHERE harm = ''")]
    told.cursors = dict(at.execute("SELECT name, position FROM cursor ORDER BY name"))
    for (body,) in at.execute(_ERASED):
        _, message = reread(body, "own")
        if isinstance(message, BodiesErased):
            told.erased_upto[message.retention] = message.upto

"""Counts what is in a journal: by type, source and day; bytes, times, and who has read how far."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from contract.messages import BodiesErased
from gateway.books.file import NAME, Progress, last_position, nobody, opened
from gateway.entry import reread
from gateway.points import instant

SLICE: Final = 50_000
"""Entries that are counted at once: few enough to be sorted in memory, and to tell how far it is.
One statement over ten million would also keep a running gateway from tidying its log meanwhile."""
DAY_US: Final = 86_400_000_000
_GROUPS: Final = """
SELECT type, kind, source, received_us / 86400000000 AS day, count(*), sum(length(body)),
  sum(length(body) = 0 AND hash != ''), min(received_us), max(received_us)
FROM entry WHERE position > ? AND position <= ? GROUP BY type, kind, source, day
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


class Census(msgspec.Struct, kw_only=True):
    """What is in a journal."""

    journal: str
    file_bytes: int
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


def census(folder: Path, progress: Progress = nobody, *, each: int = SLICE) -> Census:
    """Count a gateway's journal, ``each`` entries at once; raises `Rejected` if there is none."""
    path = folder / NAME
    with opened(path) as at:
        (journal,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
        sizes = [one.stat().st_size for one in path.parent.glob(f"{NAME}*")]
        told = Census(journal=journal, file_bytes=sum(sizes))
        _entries(at, told, progress, each)
        _beside(at, told)
    return told


def _entries(at: sqlite3.Connection, told: Census, progress: Progress, each: int) -> None:
    last, times = last_position(at), list[int]()
    for after in range(0, last, each):
        upto = min(after + each, last)
        for type_, kind, source, day, *counted, first_us, last_us in at.execute(
            _GROUPS, (after, upto)
        ):
            date = instant(day * DAY_US).date().isoformat()
            for by, key in (
                *((told.by_type, type_), (told.by_kind, kind)),
                *((told.by_source, source or "(time)"), (told.by_day, date)),
            ):
                by.setdefault(key, Tally()).add(*counted)
            told.all.add(*counted)
            times = [min([first_us, *times]), max([last_us, *times])]
        progress("entries", upto, last)
    told.position = last
    if times:
        told.oldest_at, told.newest_at = instant(times[0]), instant(times[1])
    told.by_day = dict(sorted(told.by_day.items()))
    told.by_source = dict(sorted(told.by_source.items()))


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

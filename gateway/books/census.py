"""Counts what is in a journal: by type, source and day; bytes, times, and who has read how far."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from contract.messages import BodiesErased
from gateway.books.file import NAME, opened
from gateway.entry import reread
from gateway.points import instant

_GROUPS: Final = """
SELECT type, kind, source, strftime('%Y-%m-%d', received_us / 1000000, 'unixepoch') AS day,
  count(*), sum(length(body)), sum(length(body) = 0 AND hash != ''), min(received_us),
  max(received_us)
FROM entry GROUP BY type, kind, source, day
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


def census(folder: Path) -> Census:
    """Count a gateway's journal; raises `Rejected` if there is none."""
    path = folder / NAME
    with opened(path) as at:
        (journal,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
        sizes = [one.stat().st_size for one in path.parent.glob(f"{NAME}*")]
        told = Census(journal=journal, file_bytes=sum(sizes))
        _entries(at, told)
        _beside(at, told)
    return told


def _entries(at: sqlite3.Connection, told: Census) -> None:
    times: list[int] = []
    for type_, kind, source, day, entries, size, erased, first_us, last_us in at.execute(_GROUPS):
        counted = (entries, size or 0, erased or 0)
        told.all.add(*counted)
        for by, key in (
            *((told.by_type, type_), (told.by_kind, kind)),
            *((told.by_source, source or "(time)"), (told.by_day, day)),
        ):
            by.setdefault(key, Tally()).add(*counted)
        times += [first_us, last_us]
    if times:
        told.oldest_at, told.newest_at = instant(min(times)), instant(max(times))
    told.by_day = dict(sorted(told.by_day.items()))
    told.by_source = dict(sorted(told.by_source.items()))


def _beside(at: sqlite3.Connection, told: Census) -> None:
    def one(query: str) -> int:
        return int(at.execute(query).fetchone()[0] or 0)

    told.position = one("SELECT max(position) FROM entry")
    told.changes = one("SELECT max(number) FROM change")
    told.quarantined = one("SELECT count(*) FROM quarantine")
    told.alerts_rest_on = one("SELECT count(DISTINCT position) FROM rests_on")
    told.snapshots = [p for (p,) in at.execute("SELECT position FROM snapshot WHERE harm = ''")]
    told.cursors = dict(at.execute("SELECT name, position FROM cursor ORDER BY name"))
    for (body,) in at.execute(_ERASED):
        _, message = reread(body, "own")
        if isinstance(message, BodiesErased):
            told.erased_upto[message.retention] = message.upto

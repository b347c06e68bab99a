"""Judges a journal again: are the changes those that were told? And what would other rules say?

    entries ─▶ judge, fresh ─▶ changes ═?═ those in the file      byte for byte
    entries ─▶ judge, with other settings ─▶ alerts by rule       a back-test

Where retention has erased bodies, it begins at the earliest snapshot of the judge instead of at the
first entry.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contract.messages import AlertChanged, Message
from gateway.books.file import NAME, Progress, last_position, nobody, opened
from gateway.entry import Entry
from gateway.journal.journal import read_cursor
from gateway.journal.rows import COLUMNS, entry_of
from gateway.judge.judge import judge
from gateway.judge.law import VERSION
from gateway.judge.settings import JudgeSettings
from gateway.judge.state import State
from gateway.judging import snapshots
from gateway.judging.changes import CURSOR, Chain, Change
from gateway.judging.replay import Base, read_base

PAGE: Final = 1_000
DIFFERENCES_MAX: Final = 100
"""Differences that are named; further ones are counted."""
_ENTRIES: Final = (
    f"SELECT {COLUMNS} FROM entry WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"  # noqa: S608 - constants
)
_STORED: Final = "SELECT number, position, body FROM change WHERE number > ? ORDER BY number"
_LAST_BEFORE: Final = """
SELECT number, hash FROM change WHERE position <= ? ORDER BY number DESC LIMIT 1
"""


@dataclass
class Verdict:
    """How judging again compares with what was told."""

    journal: str
    after: int = 0
    """The entry after which it was compared."""
    entries: int = 0
    compared: int = 0
    """Changes."""
    pruned: int = 0
    """Changes that are not held any more, so not compared."""
    differences: list[str] = field(default_factory=list)
    difference_count: int = 0
    versions: list[str] = field(default_factory=list)
    """Of the judges that decided, where they were others than this one."""

    def differs(self, what: str) -> None:
        """Name a difference."""
        self.difference_count += 1
        if len(self.differences) < DIFFERENCES_MAX:
            self.differences.append(what)


@dataclass
class Trial:
    """What other settings would have made of a journal."""

    entries: int
    as_it_was: Counter[str]
    """Alerts by rule."""
    as_it_would_be: Counter[str]


def rejudge(folder: Path, *, source: str, public: bytes, progress: Progress = nobody) -> Verdict:
    """Compare; raises `Rejected` if there is no journal."""
    with opened(folder / NAME) as at:
        (journal,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
        state, base = _begin(at, journal, public)
        verdict = Verdict(journal, after=base.position)
        chain = Chain(source, journal, base.number, base.head)
        stored = {n: (p, b) for n, p, b in at.execute(_STORED, (base.number,))}
        pruned, upto = _pruned(at), read_cursor(at, CURSOR)
        for entry in _entries(at, state.position, upto):
            verdict.entries += 1
            said = judge(state, entry)
            if entry.position > base.position:
                for change in chain.write(said, entry):
                    _compare(change, stored.pop(change.number, None), pruned, verdict)
            _note_version(state, verdict)
            if entry.position % PAGE == 0:
                progress("entries", entry.position, upto)
        for number, (position, _) in stored.items():
            verdict.differs(f"change {number} (entry {position}) was told, and is not made now")
        progress("entries", upto, upto)
    return verdict


def back_test(folder: Path, settings: JudgeSettings, progress: Progress = nobody) -> Trial:
    """Judge all that is there twice: with the settings it had, and with these."""
    was, would = State(), State()
    opened_was: dict[str, str] = {}
    opened_would: dict[str, str] = {}
    entries = 0
    with opened(folder / NAME) as at:
        last = last_position(at)
        for entry in _entries(at, 0, last):
            entries += 1
            _collect(judge(was, entry), opened_was)
            _collect(judge(would, entry), opened_would)
            would.settings = settings  # whatever the journal says of settings
            if entry.position % PAGE == 0:
                progress("entries", entry.position, last)
        progress("entries", last, last)
    return Trial(entries, Counter(opened_was.values()), Counter(opened_would.values()))


def _begin(at: sqlite3.Connection, journal: str, public: bytes) -> tuple[State, Base]:
    """The first entry; or the earliest snapshot, if bodies before it are gone."""
    base = read_base(at)
    query = "SELECT 1 FROM entry WHERE kind = 'own' AND type = 'bodies.erased' LIMIT 1"
    if at.execute(query).fetchone() is None:
        return State(), base
    for kept in reversed(snapshots.everyone(at)):
        try:
            state = snapshots.opened(kept, journal=journal, public=public)
        except snapshots.Harmed:
            continue
        if state.position < base.position:
            continue
        row = at.execute(_LAST_BEFORE, (state.position,)).fetchone()
        return state, Base(state.position, *row) if row else Base(state.position)
    return State(), base


def _compare(change: Change, told: tuple[int, bytes] | None, pruned: int, verdict: Verdict) -> None:
    where = f"change {change.number} (entry {change.position})"
    if told is None and change.number <= pruned:
        verdict.pruned += 1
    elif told is None:
        verdict.differs(f"{where} is made now, and was not told")
    else:
        verdict.compared += 1
        if told != (change.position, change.body):
            verdict.differs(f"{where} has other bytes")


def _pruned(at: sqlite3.Connection) -> int:
    """Up to here most changes are held no longer."""
    row = at.execute("SELECT value FROM meta WHERE name = 'pruned'").fetchone()
    return int(row[0]) if row else 0


def _note_version(state: State, verdict: Verdict) -> None:
    if state.version and state.version not in (VERSION, *verdict.versions):
        verdict.versions.append(state.version)


def _collect(changes: list[Message], into: dict[str, str]) -> None:
    for change in changes:
        if isinstance(change, AlertChanged):
            into[change.alert.id] = change.alert.rule


def _entries(at: sqlite3.Connection, after: int, upto: int) -> Iterator[Entry]:
    while page := at.execute(_ENTRIES, (after, upto, PAGE)).fetchall():
        for row in page:
            yield entry_of(row)
        after = page[-1][0]

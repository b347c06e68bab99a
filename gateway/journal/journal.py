"""The journal: every accepted message in one durable order, before anything else happens to it.

Positions count from 1 without holes. A number (source, stream, epoch, sequence) is held by the
first message that has it: the same message again is a repeat, another one is a fork.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from contract.clock import Clock
from gateway.entry import Draft, Entry
from gateway.instant import instant
from gateway.journal.rows import COLUMNS, INSERT, entry_of, row_of
from gateway.journal.slew import SlewedClock
from gateway.journal.store import Store, connect

READ_MAX: Final = 1_000
"""Entries of one `read`."""
READ_BYTES_MAX: Final = 4 * 1024 * 1024
"""Bytes of bodies in one `read`; a single entry is given whatever its size."""
RECENT_MAX: Final = 20_000
RECENT_BYTES_MAX: Final = 6 * 1024 * 1024
"""Bytes of the newest entries that are kept decoded, so that nobody reads them from the disk; what
they say takes up to four times as much memory."""

_HOLDER: Final = """
SELECT hash FROM entry
WHERE source = ? AND stream = ? AND epoch = ? AND sequence = ? AND sequence > 0 AND kind != 'fork'
"""

Status = Literal["new", "repeat", "fork"]


class Outcome(NamedTuple):
    """What became of a draft: its entry, or none for a repeat (also of a fork)."""

    status: Status
    entry: Entry | None


class Stats(NamedTuple):
    """Counts of a journal."""

    journal: str
    entries: int
    by_kind: dict[str, int]
    messages: int
    """Numbered messages kept or kept as refused; none of them twice."""
    quarantined: int
    changes: int


class Journal:
    """The entries, and how far each reader has read (`cursor`, `advance`)."""

    def __init__(self, store: Store, journal_id: str, slewed: SlewedClock, last: int) -> None:
        self.id: Final = journal_id
        self.position = last
        """Of the last entry that is durable."""
        self.tally: Final[Counter[str]] = Counter()
        """Entries since the start by kind, and repeats."""
        self._store: Final = store
        self._slewed: Final = slewed
        self._recent: dict[int, Entry] = {}
        self._recent_bytes = 0
        self._grown = asyncio.Event()

    @classmethod
    async def of(cls, store: Store, clock: Clock) -> "Journal":
        """The journal in this file."""
        id_, last, last_us = await store.read(_head)
        return cls(store, id_, SlewedClock(clock, last_us), last)

    async def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Keep these, in this order; durable when it returns. Raises `Unavailable` (disk full)."""
        now_us = self._slewed.now_us()  # here: writes are committed in the order they are asked
        return await self._store.write(
            lambda at: _append(at, drafts, now_us),
            self._arrived,
            size=sum(len(draft.body) for draft in drafts),
        )

    def now(self) -> datetime:
        """About what `received_at` the next entry would have."""
        return self._slewed.peek()

    async def past(self, position: int) -> None:
        """Wait for an entry past this position."""
        while self.position <= position:
            await self._grown.wait()

    async def read(self, after: int, limit: int = READ_MAX) -> list[Entry]:
        """Entries past position ``after``: as many as fit into ``limit`` and `READ_BYTES_MAX`."""
        limit = min(limit, READ_MAX)
        if after + 1 in self._recent:
            upto = min(after + limit, self.position)
            return _bounded(self._recent[position] for position in range(after + 1, upto + 1))
        return await self._store.read(lambda at: _bounded(_entries(at, after, limit)))

    def recent(self, after: int, limit: int) -> list[Entry]:
        """Entries past ``after``, if they are still in memory; none if the first is not."""
        if after + 1 not in self._recent:
            return []
        upto = min(after + limit, self.position)
        return [self._recent[position] for position in range(after + 1, upto + 1)]

    def _arrived(self, outcomes: list[Outcome]) -> None:
        """Entries became durable; called in the order of the commits."""
        for status, entry in outcomes:
            self.tally[entry.kind if entry else status] += 1
            if entry is None:
                continue
            self.position = entry.position
            self._recent[entry.position] = entry
            self._recent_bytes += len(entry.body)
        while self._recent_bytes > RECENT_BYTES_MAX or len(self._recent) > RECENT_MAX:
            oldest = self._recent.pop(next(iter(self._recent)))
            self._recent_bytes -= len(oldest.body)
        self._grown.set()
        self._grown = asyncio.Event()

    async def own(self, type_: str) -> list[Entry]:
        """All entries of this type that the gateway itself made, in their order."""
        return await self._store.read(lambda at: _own(at, type_))

    async def cursor(self, name: str) -> int:
        """Up to which position ``name`` has read; 0 before its first `advance`."""
        return await self._store.read(lambda at: read_cursor(at, name))

    async def advance(self, name: str, position: int) -> None:
        """``name`` needs nothing up to here again; forgotten, it would read something twice."""
        await self._store.write(lambda at: write_cursor(at, name, position), is_patient=True)

    async def stats(self) -> Stats:
        """Count what is here."""
        return await self._store.read(count)


def entries(path: Path) -> Iterator[Entry]:
    """Every entry of a journal file, without a loop: for replays and counts."""
    connection = connect(path)
    try:
        after = 0
        while page := list(_entries(connection, after, READ_MAX)):
            yield from page
            after = page[-1].position
    finally:
        connection.close()


def _head(at: sqlite3.Connection) -> tuple[str, int, int]:
    (journal,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
    last = at.execute(
        "SELECT position, received_us FROM entry ORDER BY position DESC LIMIT 1"
    ).fetchone()
    position, received_us = last or (0, 0)
    return str(journal), int(position), int(received_us)


def _append(at: sqlite3.Connection, drafts: Sequence[Draft], now_us: int) -> list[Outcome]:
    (last,) = at.execute("SELECT coalesce(max(position), 0) FROM entry").fetchone()
    outcomes = []
    for draft in drafts:
        outcome = _appended(at, draft, last + 1, now_us)
        last += outcome.entry is not None
        outcomes.append(outcome)
    return outcomes


def _appended(at: sqlite3.Connection, draft: Draft, position: int, now_us: int) -> Outcome:
    if at.execute(INSERT, row_of(draft, position, draft.kind, now_us)).rowcount == 1:
        return Outcome("new", _entered(draft, position, now_us))
    # The number is held already: by this message, or by another one.
    (held,) = at.execute(
        _HOLDER, (draft.source, draft.stream, draft.epoch, draft.sequence)
    ).fetchone()
    if held == draft.hash:
        return Outcome("repeat", None)
    if at.execute(INSERT, row_of(draft, position, "fork", now_us)).rowcount != 1:
        return Outcome("fork", None)
    return Outcome("fork", _entered(draft, position, now_us, "fork"))


def _entered(
    draft: Draft, position: int, now_us: int, kind: Literal["fork"] | None = None
) -> Entry:
    return Entry(
        position=position,
        received_at=instant(now_us),
        kind=kind or draft.kind,
        source=draft.source,
        stream=draft.stream,
        epoch=draft.epoch,
        sequence=draft.sequence,
        previous=draft.previous,
        hash=draft.hash,
        type=draft.type,
        body=draft.body,
        keyid=draft.keyid,
        sig=draft.sig,
        observed_at=draft.observed_at,
        message=draft.message,
    )


def _entries(at: sqlite3.Connection, after: int, limit: int) -> Iterator[Entry]:
    rows = at.execute(
        f"SELECT {COLUMNS} FROM entry WHERE position > ? ORDER BY position LIMIT ?",  # noqa: S608 - a constant
        (after, limit),
    )
    return map(entry_of, rows)


def _bounded(entries: Iterable[Entry]) -> list[Entry]:
    page: list[Entry] = []
    size = 0
    for entry in entries:
        size += len(entry.body)
        if page and size > READ_BYTES_MAX:
            break
        page.append(entry)
    return page


def _own(at: sqlite3.Connection, type_: str) -> list[Entry]:
    rows = at.execute(
        f"SELECT {COLUMNS} FROM entry WHERE kind = 'own' AND type = ? ORDER BY position",  # noqa: S608 - a constant
        (type_,),
    )
    return [entry_of(row) for row in rows]


def read_cursor(at: sqlite3.Connection, name: str) -> int:
    """Up to which position ``name`` has read."""
    row = at.execute("SELECT position FROM cursor WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def write_cursor(at: sqlite3.Connection, name: str, position: int) -> None:
    """``name`` has read up to here; a cursor never goes back."""
    at.execute(
        "INSERT INTO cursor VALUES (?, ?) ON CONFLICT (name) DO UPDATE "
        "SET position = max(position, excluded.position)",
        (name, position),
    )


def count(at: sqlite3.Connection) -> Stats:
    """Count what is in a journal file."""
    (journal,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
    by_kind = dict(at.execute("SELECT kind, count(*) FROM entry GROUP BY kind ORDER BY kind"))
    (messages,) = at.execute(
        "SELECT count(*) FROM entry WHERE sequence > 0 AND kind NOT IN ('fork', 'foreign')"
    ).fetchone()
    (quarantined,) = at.execute("SELECT count(*) FROM quarantine").fetchone()
    (changes,) = at.execute("SELECT coalesce(max(number), 0) FROM change").fetchone()
    return Stats(journal, sum(by_kind.values()), by_kind, messages, quarantined, changes)


def identity_of(path: Path) -> str:
    """The id of a journal file."""
    connection = connect(path)
    try:
        return _head(connection)[0]
    finally:
        connection.close()


def stats_of(path: Path) -> Stats:
    """Count what is in a journal file, beside a gateway that runs or not."""
    connection = connect(path)
    try:
        return count(connection)
    finally:
        connection.close()

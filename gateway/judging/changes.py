"""The changes: what the judge decided, numbered, chained, signed, and told; on the disk soon after.

What they follow from is durable before they are made: who dies before they are kept makes the same
again, byte for byte, and nobody who heard them hears anything else.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from contract.messages import (
    CHANGES_PAGE_MAX,
    GENESIS,
    AgentChanged,
    AlertChanged,
    ChangesTold,
    CompletenessChanged,
    Identity,
    JudgeChanged,
    Message,
    Refused,
    ScanChanged,
    SignedBytes,
    Stamp,
    compose,
)
from contract.signing import Key
from contract.wire import hash_of
from gateway.entry import Entry
from gateway.journal.journal import read_cursor, write_cursor
from gateway.journal.store import Store
from gateway.judging import resting

KEPT_MAX: Final = 200_000
"""Changes that are held one by one; who asks for older ones gets a snapshot."""
PRUNE_EVERY: Final = 1_000
SNAPSHOT_BYTES_MAX: Final = 4 * 1024 * 1024
"""Bytes of the changes in one snapshot; what weighs least is left out."""
PAGE_BYTES_MAX: Final = 4 * 1024 * 1024
CURSOR: Final = "judge"
_log: Final = logging.getLogger(__name__)


class Change(NamedTuple):
    """One change, ready to be kept and told."""

    number: int
    position: int
    """Of the entry that caused it."""
    hash: str
    body: bytes
    message: Message


Sealed = tuple[Change, SignedBytes]


class Chain:
    """Numbers and chains changes; pure: the same entries give the same bytes."""

    def __init__(self, source: str, journal: str, last: int = 0, head: str = GENESIS) -> None:
        self.source: Final = source
        self.journal: Final = journal
        self.last = last
        self.head = head

    def write(self, messages: Iterable[Message], entry: Entry) -> list[Change]:
        """The next changes; their time is the journal's."""
        changes = []
        for message in messages:
            try:
                changes.append(self._written(message, entry))
            except Refused as error:
                # A mistake of ours: without this change all others go on, in a replay as well.
                _log.critical("entry %d: a change is left out: %s", entry.position, error)
        return changes

    def _written(self, message: Message, entry: Entry) -> Change:
        number = self.last + 1
        body = compose(
            message,
            source=self.source,
            stamp=Stamp(
                observed_at=entry.received_at, boot_id=self.journal, monotonic_ns=entry.position
            ),
            identity=Identity(self.source, "changes", self.journal, number),  # type: ignore[arg-type]  # the gateway's own stream
            previous=self.head,
        )
        self.last, self.head = number, hash_of(body)
        return Change(number, entry.position, self.head, body, message)


class ChangeLog:
    """The changes on disk, beside the judge's cursor."""

    def __init__(self, store: Store, chain: Chain, key: Key, judged: int) -> None:
        self.chain: Final = chain
        self.judged = judged
        """What follows from entries up to this position is kept."""
        self.sealed: Final = asyncio.Event()
        """Set while something is not kept yet."""
        self._store: Final = store
        self._key: Final = key
        self._unkept: list[Sealed] = []
        self._unkept_upto = judged
        self._keeping: Final = asyncio.Lock()

    @classmethod
    async def of(cls, store: Store, *, source: str, journal: str, key: Key) -> "ChangeLog":
        """The changes in this file."""
        last, head, judged = await store.read(_head)
        return cls(store, Chain(source, journal, last, head), key, judged)

    @property
    def unkept(self) -> int:
        """How many wait for the disk."""
        return len(self._unkept)

    def seal(self, changes: Sequence[Change], judged: int) -> list[SignedBytes]:
        """All that follows from entries up to ``judged``, to be told; `keep` comes after."""
        signed = [self._key.seal(change.body) for change in changes]
        self._unkept += zip(changes, signed, strict=True)
        self._unkept_upto = judged
        self.sealed.set()
        return signed

    async def keep(self, *, is_patient: bool = False) -> None:
        """Make what was sealed and the cursor durable together; raises `Unavailable`."""
        async with self._keeping:
            if not self._unkept:
                return
            sealed, judged = tuple(self._unkept), self._unkept_upto

            def kept(_: None) -> None:
                upto = sealed[-1][0].number
                self._unkept = [one for one in self._unkept if one[0].number > upto]
                self.judged = judged
                if not self._unkept:
                    self.sealed.clear()

            await self._store.write(
                lambda at: _keep(at, sealed, judged), kept, is_patient=is_patient
            )

    async def after(self, epoch: str | None, number: int) -> ChangesTold:
        """The page after this change, or a snapshot if it is unknown or pruned."""
        await self.keep()
        return await self._store.read(lambda at: self._page(at, epoch, number))

    async def latest(self) -> SignedBytes | None:
        """The last change."""
        return await self._store.read(_latest)

    def _page(self, at: sqlite3.Connection, epoch: str | None, number: int) -> ChangesTold:
        (last,) = at.execute("SELECT coalesce(max(number), 0) FROM change").fetchone()
        if epoch != self.chain.journal or number > last or number < _pruned_upto(at):
            return _snapshot(at, self.chain.journal, last)
        rows = at.execute(
            "SELECT number, body, keyid, sig FROM change WHERE number > ? ORDER BY number LIMIT ?",
            (number, CHANGES_PAGE_MAX),
        )
        changes: list[SignedBytes] = []
        upto, size = number, 0
        for upto_, *row in rows:
            size += len(row[0])
            if changes and size > PAGE_BYTES_MAX:
                break
            upto = upto_
            changes.append(_signed(row))
        return ChangesTold(
            epoch=self.chain.journal,
            upto=upto,
            is_snapshot=False,
            is_last=upto >= last,
            changes=tuple(changes),
        )


CLOSED: Final = 1
SCAN: Final = 2
SETTLED_MAX: Final = {CLOSED: 500, SCAN: 500}
"""Of these, a snapshot tells about so many."""


class Thing(NamedTuple):
    """What a change is about; of each thing a snapshot tells the latest change."""

    name: str
    weight: int
    """What weighs more is told first when not all fits."""


def thing_of(message: Message) -> Thing | None:
    """None for what says nothing about how things now are."""
    match message:
        case JudgeChanged():
            return Thing("judge", 4)
        case AgentChanged(source=source):
            return Thing(f"agent {source}", 4)
        case CompletenessChanged(source=source):
            return Thing(f"completeness {source}", 4)
        case AlertChanged(alert=alert):
            return Thing(f"alert {alert.id}", CLOSED if alert.state == "closed" else 3)
        case ScanChanged(scan=scan):
            return Thing(f"scan {scan.id}", SCAN)
    return None


def _head(at: sqlite3.Connection) -> tuple[int, str, int]:
    row = at.execute("SELECT number, hash FROM change ORDER BY number DESC LIMIT 1").fetchone()
    last, head = row or (0, GENESIS)
    return int(last), str(head), read_cursor(at, CURSOR)


def _keep(at: sqlite3.Connection, sealed: Sequence[Sealed], judged: int) -> None:
    rows: list[tuple[int, int, str, bytes, str, bytes]] = []
    latest: dict[str, tuple[str, int, int]] = {}
    alerts: list[resting.Changed] = []
    for change, seal in sealed:
        rows.append((*change[:4], seal.keyid, seal.sig))
        if isinstance(change.message, AlertChanged):
            alerts.append((change.message, change.position))
        if thing := thing_of(change.message):
            latest[thing.name] = (thing.name, change.number, thing.weight)
    # Kept already where whoever asked for it was cut short: by the same bytes.
    at.executemany("INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?, ?)", rows)
    at.executemany("INSERT OR REPLACE INTO latest VALUES (?, ?, ?)", latest.values())
    resting.note(at, alerts)
    last = sealed[-1][0].number
    if last // PRUNE_EVERY > (sealed[0][0].number - 1) // PRUNE_EVERY:
        _settle(at)
        _prune(at, last - KEPT_MAX)
    write_cursor(at, CURSOR, judged)


def _prune(at: sqlite3.Connection, upto: int) -> None:
    """Drop old changes, but not the latest of a thing."""
    if upto <= 0:
        return
    at.execute(
        "DELETE FROM change WHERE number <= ? AND number NOT IN (SELECT number FROM latest)",
        (upto,),
    )
    at.execute("INSERT OR REPLACE INTO meta VALUES ('pruned', ?)", (upto,))


def _settle(at: sqlite3.Connection) -> None:
    """Of scans and closed alerts, a snapshot tells only the newest."""
    for weight, most in SETTLED_MAX.items():
        at.execute(
            "DELETE FROM latest WHERE weight = ?1 AND number <= ("
            "SELECT number FROM latest WHERE weight = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
            (weight, most),
        )


def _pruned_upto(at: sqlite3.Connection) -> int:
    row = at.execute("SELECT value FROM meta WHERE name = 'pruned'").fetchone()
    return int(row[0]) if row else 0


def _snapshot(at: sqlite3.Connection, journal: str, upto: int) -> ChangesTold:
    rows = at.execute(
        "SELECT number, body, keyid, sig FROM latest JOIN change USING (number) "
        "ORDER BY weight DESC, number DESC"
    )
    chosen: list[tuple[int, SignedBytes]] = []
    size = 0
    for number, *row in rows:
        size += len(row[0])
        if size > SNAPSHOT_BYTES_MAX:
            break
        chosen.append((number, _signed(row)))
    return ChangesTold(
        epoch=journal,
        upto=upto,
        is_snapshot=True,
        is_last=True,
        changes=tuple(one for _, one in sorted(chosen, key=lambda pair: pair[0])),
    )


def _latest(at: sqlite3.Connection) -> SignedBytes | None:
    row = at.execute("SELECT body, keyid, sig FROM change ORDER BY number DESC LIMIT 1").fetchone()
    return _signed(row) if row else None


def _signed(row: Sequence[object]) -> SignedBytes:
    body, keyid, sig = row
    return SignedBytes(body=body, keyid=keyid, sig=sig)  # type: ignore[arg-type]  # our own columns

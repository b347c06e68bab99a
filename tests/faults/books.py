"""What a gateway's journal holds once a run has ended, folded by the product's own parts."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from contract.messages import (
    AgentAlive,
    AgentBorn,
    Alert,
    AlertChanged,
    Identity,
    Message,
    StreamLost,
    read,
)
from gateway.entry import Entry
from gateway.journal.journal import entries, read_cursor
from gateway.judge.ledger import Ledger
from gateway.judge.order import Order


@dataclass
class Books:
    """What a gateway's journal file holds."""

    entries: list[Entry]
    ledger: Ledger
    late: set[tuple[str, str]]
    """Sources and streams of which something was judged late."""
    lost: list[tuple[str, StreamLost]]
    changes: list[tuple[int, Message]]
    bodies: list[bytes]
    """Of the changes."""
    judged: int
    """What follows from entries up to this position is among the changes."""

    @cached_property
    def kept(self) -> dict[Identity, Entry]:
        """Messages by their numbers."""
        return {
            entry.identity: entry
            for entry in self.entries
            if entry.identity is not None and entry.kind in ("kept", "refused")
        }

    @cached_property
    def alerts(self) -> dict[str, Alert]:
        """As they stand at the end."""
        return {c.alert.id: c.alert for _, c in self.changes if isinstance(c, AlertChanged)}


def ledger_of(found: list[Entry]) -> tuple[Ledger, list[tuple[str, StreamLost]]]:
    """Fold a journal."""
    ledger, lost = Ledger(), []
    for entry in found:
        if entry.kind not in ("kept", "refused"):
            continue
        if entry.identity is not None:
            ledger.hear(entry.identity, entry.hash, entry.previous)
        if isinstance(entry.message, AgentBorn):
            ledger.claim(entry.source, entry.message.epochs)
        elif isinstance(entry.message, AgentAlive):
            ledger.claim(entry.source, entry.message.epochs, entry.message.queues)
        elif isinstance(entry.message, StreamLost):
            ledger.lose(entry.source, entry.message)
            lost.append((entry.source, entry.message))
    return ledger, lost


def is_whole(journal: Path) -> bool:
    """Whether nothing is missing that anybody spoke of, and all readers have read."""
    found = list(entries(journal))
    ledger, _ = ledger_of(found)
    for source in ledger.sources:
        if any(state.missing for state in ledger.completeness(source)[1]):
            return False
    with closing(sqlite3.connect(journal)) as at:
        cursors = dict(at.execute("SELECT name, position FROM cursor"))
    last = max((e.position for e in found if e.identity is not None), default=0)
    return all(cursors.get(name, 0) >= last - 5 for name in ("judge", "sink database"))


def opened(journal: Path) -> Books:
    """Read it all."""
    found = list(entries(journal))
    ledger, lost = ledger_of(found)
    with closing(sqlite3.connect(journal)) as at:
        rows = at.execute("SELECT number, body FROM change ORDER BY number").fetchall()
        judged = read_cursor(at, "judge")
    changes = [(number, read(body).message()) for number, body in rows]
    bodies = [body for _, body in rows]
    return Books(found, ledger, set(_late(found)), lost, changes, bodies, judged)


def _late(found: list[Entry]) -> Iterator[tuple[str, str]]:
    order = Order()
    for entry in found:
        turns = []
        if entry.kind == "tick":
            turns = order.passed(entry.received_at)
        elif entry.kind in ("kept", "refused"):
            if isinstance(entry.message, StreamLost):
                turns += order.lost(entry.source, entry.message)
            if entry.identity is not None and entry.stream != "bulk":
                turns += order.put(entry)
        yield from ((turn.entry.source, turn.entry.stream) for turn in turns if turn.is_late)

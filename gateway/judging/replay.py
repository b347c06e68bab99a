"""Judges a journal anew, from its file alone: the same changes, byte for byte.

A restored journal has another id, and its changes begin with the latest of each thing as it was at
the restore: what was judged before that is judged here without being told, and the numbers go on.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from contract.messages import GENESIS
from gateway.entry import Entry
from gateway.journal.journal import entries, identity_of
from gateway.journal.store import connect
from gateway.judge.judge import judge
from gateway.judge.state import State
from gateway.judging.changes import Chain, Change

BASE: Final = "base"
"""Names in `meta` where a restored journal begins; see `renewal`."""


class Base(NamedTuple):
    """From where on the changes of a journal are its own."""

    position: int = 0
    """Of the last entry that was judged under a former id."""
    number: int = 0
    head: str = GENESIS


def replay(path: Path, source: str) -> Iterator[bytes]:
    """The bytes of every change that the gateway called ``source`` makes of this journal."""
    base = base_of(path)
    for change in changes(entries(path), Chain(source, identity_of(path)), base):
        yield change.body


def changes(journal: Iterable[Entry], chain: Chain, base: Base) -> Iterator[Change]:
    """What the judge makes of these entries, numbered on from the base."""
    state = State()
    chain.last, chain.head = base.number, base.head
    for entry in journal:
        said = judge(state, entry)
        if entry.position > base.position:
            yield from chain.write(said, entry)


def base_of(path: Path) -> Base:
    """Where a restored journal begins; the very beginning for one that never was."""
    with closing(connect(path)) as at:
        return read_base(at)


def read_base(at: sqlite3.Connection) -> Base:
    """The same, on a connection that is open."""
    row = at.execute("SELECT value FROM meta WHERE name = ?", (BASE,)).fetchone()
    return Base(*json.loads(row[0])) if row else Base()


def write_base(at: sqlite3.Connection, base: Base) -> None:
    """The journal begins anew from here on."""
    at.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (BASE, json.dumps(base)))

"""Makes a restored journal a new one: a new id, so that agents and command centers ask again.

What was accepted after the copy is not in it. Under the old id everybody would believe that it is;
under a new one the receipts name what is missing, and the agents say again what they still hold.
The changes begin anew with the latest of each thing, so nothing that was decided is judged again.
"""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from contract.delivery.voice import renumbered
from contract.messages import GENESIS, Identity, read
from contract.signing import Key
from contract.wire import hash_of
from gateway.journal.journal import read_cursor
from gateway.journal.schema import EPOCH_BYTES, prepare
from gateway.journal.store import connect
from gateway.judging import snapshots
from gateway.judging.changes import CURSOR
from gateway.judging.replay import Base, write_base

_KEPT_BLOBS: Final = "SELECT body FROM entry WHERE kind = 'own' AND type = 'blob.kept'"


def renew(path: Path, *, key: Key, rebuilt_sinks: tuple[str, ...] = ()) -> str:
    """Give the journal in this file a new id, and return it; no gateway may run on it.

    ``rebuilt_sinks``: what these have is gone; they are written again from the first entry.
    Raises `Rejected` for a schema that we do not know.
    """
    journal = secrets.token_hex(EPOCH_BYTES)
    with closing(connect(path)) as at:
        prepare(at)
        at.execute("BEGIN IMMEDIATE")
        (former,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
        _renumber(at, journal, key)
        snapshots.renamed(at, former, journal, key)
        at.execute("UPDATE meta SET value = ? WHERE name = 'journal'", (journal,))
        at.execute("DELETE FROM meta WHERE name = 'pruned'")
        for name in rebuilt_sinks:
            at.execute("DELETE FROM cursor WHERE name = ?", (f"sink {name}",))
        at.execute("COMMIT")
    return journal


def _renumber(at: sqlite3.Connection, journal: str, key: Key) -> None:
    """The latest change of each thing, in their order, as the first ones of the new journal."""
    rows = at.execute(
        "SELECT number, position, body FROM change WHERE number IN (SELECT number FROM latest) "
        "ORDER BY number"
    ).fetchall()
    at.execute("DELETE FROM change")
    previous = GENESIS
    for number, (former, position, body) in enumerate(rows, start=1):
        event = msgspec.structs.replace(read(body), bootid=journal)
        identity = Identity(event.source, "changes", journal, number)  # type: ignore[arg-type]  # the gateway's own stream
        again = renumbered(event, identity, previous)
        previous = hash_of(again)
        seal = key.seal(again)
        at.execute(
            "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?)",
            (number, position, previous, again, seal.keyid, seal.sig),
        )
        # Never above a number that is still to come: the rows are in their order.
        at.execute("UPDATE latest SET number = ? WHERE number = ?", (number, former))
    write_base(at, Base(read_cursor(at, CURSOR), len(rows), previous))


def told_blobs(path: Path) -> frozenset[str]:
    """The hashes of the pictures of which the journal in this file says that they are whole."""
    with closing(connect(path)) as at:
        return frozenset(
            msgspec.json.decode(read(body).data)["sha256"] for (body,) in at.execute(_KEPT_BLOBS)
        )

"""Is the journal still what was signed? Hashes all entries again, names the first that is not."""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from contract.link import Rejected
from contract.proof import checkpoint, note
from contract.proof.merkle import HASH_BYTES
from contract.proof.note import BadNote, Verifier
from contract.proof.tiles import WIDTH, Edge, Place
from gateway.notary import tree
from gateway.notary.tree import Kept

_NEXT: Final = (
    "SELECT size, origin, made_us, note, witnesses FROM checkpoint WHERE (size, origin) > (?, ?) "
    "ORDER BY size, origin LIMIT 1"
)


class Audited(NamedTuple):
    """How much was compared, and the first thing that is wrong; empty if nothing is."""

    entries: int
    checkpoints: int
    wrong: str


def audit(at: sqlite3.Connection, public_key: bytes) -> Audited:
    """Compare the whole journal with its tree and all checkpoints; reads, and changes nothing."""
    last = tree.latest(at)
    edge, seen = Edge(), 0
    try:
        for kept in _signed(at):
            for hashes in _compared(at, edge.size, kept.size):
                edge.append(hashes)
            _check(kept, edge, public_key)
            seen += 1
    except (Rejected, LookupError, BadNote) as error:
        return Audited(edge.size, seen, str(error))
    return Audited(last.size if last else 0, seen, "")


def _signed(at: sqlite3.Connection) -> Iterator[Kept]:
    """All checkpoints, the smallest first."""
    after = (-1, "")
    while row := at.execute(_NEXT, after).fetchone():
        kept = Kept._make(row)
        after = kept.size, kept.origin
        yield kept


def _compared(at: sqlite3.Connection, after: int, upto: int) -> Iterator[list[bytes]]:
    """The hashes of the entries up to here, each the one that the tree has."""
    read = tree.reader(at)
    while after < upto:
        found = tree.hashes(at, after, min(upto - after, WIDTH - after % WIDTH))
        if not found:
            raise Rejected(f"entry {after + 1} is missing, and was signed")
        stored = read(Place(0, after // WIDTH))
        for place, hash_ in enumerate(found, start=after):
            begin = place % WIDTH * HASH_BYTES
            if stored[begin : begin + HASH_BYTES] != hash_:
                raise Rejected(f"entry {place + 1} is not the one that was signed")
        after += len(found)
        yield found


def _check(kept: Kept, edge: Edge, public_key: bytes) -> None:
    told = note.read(kept.note.encode())
    if note.verified(told, Verifier(kept.origin, public_key)) is None:
        raise Rejected(f"the checkpoint over {kept.size} entries is not signed by this gateway")
    stands = checkpoint.read(told.text)
    if (stands.size, stands.origin) != (kept.size, kept.origin) or stands.root != edge.root():
        raise Rejected(f"the checkpoint over {kept.size} entries is of other entries")

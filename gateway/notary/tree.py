"""The tree and its checkpoints on disk: work for the store's threads, and for exports."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from contract.link import Rejected
from contract.proof import checkpoint, note
from contract.proof.leaf import Leaf, encode
from contract.proof.merkle import consistency, leaf_hash
from contract.proof.tiles import Edge, Place, Read, Tile, edge_of, node_in
from contract.signing import Key
from gateway.instant import microseconds

LEVEL_SHIFT: Final = 40
"""Of a tile's id: two to this many tiles of one level."""
_FIELDS: Final = (
    "position, received_us, kind, source, stream, epoch, sequence, type, hash, keyid, sig"
)
_CHECKPOINT: Final = "SELECT size, origin, made_us, note, witnesses FROM checkpoint"


class Kept(NamedTuple):
    """A checkpoint as it is on disk."""

    size: int
    origin: str
    made_us: int
    note: str
    witnesses: int


def leaves(at: sqlite3.Connection, after: int, limit: int) -> list[Leaf]:
    """The leaves past position ``after``; raises `Rejected` where an entry is missing."""
    rows = at.execute(
        f"SELECT {_FIELDS} FROM entry WHERE position > ? ORDER BY position LIMIT ?",  # noqa: S608 - a constant
        (after, limit),
    )
    found = list(map(Leaf._make, rows))
    if found and found[-1].position != after + len(found):
        raise Rejected(f"an entry after {after} is missing in the journal")
    return found


def hashes(at: sqlite3.Connection, after: int, limit: int) -> list[bytes]:
    """Their hashes."""
    return [leaf_hash(encode(leaf)) for leaf in leaves(at, after, limit)]


def reader(at: sqlite3.Connection) -> Read:
    """How to read a tile; it raises `LookupError` for one that is not there."""

    def read(place: Place) -> bytes:
        row = at.execute("SELECT hashes FROM tile WHERE id = ?", (_id(place),)).fetchone()
        if row is None:
            raise LookupError(f"the tree has no tile {place.level}/{place.number}")
        return bytes(row[0])

    return read


def edge(at: sqlite3.Connection) -> Edge:
    """The tree as it was at the last checkpoint; raises `Rejected` if a tile is missing."""
    last = latest(at)
    try:
        found = edge_of(last.size if last else 0, reader(at))
    except LookupError as error:
        raise Rejected(str(error)) from error
    if last is not None and found.root() != stood(last).root:
        raise Rejected(f"the tree is not the one that was signed with {last.size} entries")
    return found


def signed(edge: Edge, *, origin: str, key: Key, now: datetime) -> Kept:
    """A checkpoint over all that the edge has, to be kept with its tiles."""
    made = checkpoint.made(checkpoint.Checkpoint(origin, edge.size, edge.root()), key)
    return Kept(edge.size, origin, microseconds(now), str(made), 0)


def keep(at: sqlite3.Connection, tiles: Iterable[Tile], made: Kept) -> None:
    """Keep what grew and the checkpoint over it, together."""
    at.executemany(
        "INSERT OR REPLACE INTO tile VALUES (?, ?)",
        [(_id(tile.place), tile.hashes) for tile in tiles],
    )
    at.execute("INSERT OR IGNORE INTO checkpoint VALUES (?, ?, ?, ?, ?)", made)


def grown(at: sqlite3.Connection, old: int, size: int) -> list[bytes]:
    """Proof that the tree of ``old`` entries is how that of ``size`` begins."""
    return consistency(old, size, node_in(reader(at)))


def cosign(at: sqlite3.Connection, made: Kept, lines: Sequence[note.Line]) -> Kept:
    """Put cosignatures under a checkpoint; returns it with all that it has.

    Raises `LookupError` if it was let go meanwhile.
    """
    key = (made.size, made.origin)
    row = at.execute("SELECT note FROM checkpoint WHERE size = ? AND origin = ?", key).fetchone()
    if row is None:
        raise LookupError(f"the checkpoint over {made.size} entries is not here any more")
    whole = note.with_lines(note.read(row[0].encode()), lines)
    grown = made._replace(note=str(whole), witnesses=len(whole.lines) - 1)
    at.execute(
        "UPDATE checkpoint SET note = ?, witnesses = ? WHERE size = ? AND origin = ?",
        (grown.note, grown.witnesses, *key),
    )
    return grown


def latest(at: sqlite3.Connection) -> Kept | None:
    """The newest checkpoint."""
    return _first(at, "ORDER BY size DESC, made_us DESC LIMIT 1")


def stood(kept: Kept) -> checkpoint.Checkpoint:
    """What a kept checkpoint says."""
    return checkpoint.read(note.read(kept.note.encode()).text)


def covering(at: sqlite3.Connection, position: int, *, is_witnessed: bool) -> Kept | None:
    """The earliest checkpoint that has the entry at this position in it."""
    wanted = "AND witnesses > 0" if is_witnessed else ""
    return _first(at, f"WHERE size >= ? {wanted} ORDER BY size, made_us LIMIT 1", position)


def _first(at: sqlite3.Connection, rest: str, *values: object) -> Kept | None:
    row = at.execute(f"{_CHECKPOINT} {rest}", values).fetchone()
    return Kept._make(row) if row else None


def _id(place: Place) -> int:
    return place.level << LEVEL_SHIFT | place.number

"""How much a journal file holds: its id, its entries, and the root of the tree over all of them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from contract.proof.tiles import Edge
from gateway.notary import tree

PAGE: Final = 5_000
_HAS_TREE: Final = "SELECT 1 FROM sqlite_master WHERE name = 'checkpoint'"


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """Of one journal at one moment."""

    journal: str
    entries: int
    root: str
    """SHA-256 in hex, as a checkpoint over all these entries would have it."""


def extent(path: Path) -> Extent:
    """Of the journal in this file, which is left as it is; raises `Rejected` if it has holes.

    Raises `sqlite3.DatabaseError` or `TypeError` for what is no journal.
    """
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as at:
        (journal,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
        # One of an earlier schema has no tree yet.
        edge = tree.edge(at) if at.execute(_HAS_TREE).fetchone() else Edge()
        while found := tree.hashes(at, edge.size, PAGE):
            edge.append(found)
        return Extent(journal=str(journal), entries=edge.size, root=edge.root().hex())

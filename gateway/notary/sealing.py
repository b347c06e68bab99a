"""Brings the tree of a journal to its end and signs it, where no gateway runs."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from contract.identifiers import Source
from contract.proof import checkpoint
from contract.signing import Key
from gateway.journal.schema import prepare
from gateway.journal.store import connect
from gateway.notary import tree
from gateway.notary.tree import Kept

PAGE: Final = 1_000
"""Entries that are read at once."""
PAGES_MAX: Final = 200
"""Pages between two writes."""


def seal(journal: Path, *, source: Source, key: Key, now: datetime) -> Kept | None:
    """The checkpoint over the whole journal in this file; none of an empty one."""
    with closing(connect(journal)) as at:
        prepare(at)
        (id_,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
        origin = checkpoint.origin_of(source, id_)
        edge = tree.edge(at)
        last = tree.latest(at)
        while last is None or last.origin != origin or tree.leaves(at, edge.size, 1):
            tiles = []
            for _ in range(PAGES_MAX):
                if not (hashes := tree.hashes(at, edge.size, PAGE)):
                    break
                tiles += edge.append(hashes)
            if not edge.size:
                return None
            last = tree.signed(edge, origin=origin, key=key, now=now)
            at.execute("BEGIN IMMEDIATE")
            tree.keep(at, [*tiles, *edge.partial()], last)
            at.execute("COMMIT")
        return last

"""What must hold at the end of every run: one function each, and all of them in one list."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.faults.books import Books
from tests.faults.invariants.acts import acted
from tests.faults.invariants.alerts import grounded, once, raised
from tests.faults.invariants.changes import followed, numbered, replayed
from tests.faults.invariants.clones import unseen
from tests.faults.invariants.honesty import declared, in_order, undivided, unsuspected
from tests.faults.invariants.keys import revoked, stolen, trusted
from tests.faults.invariants.numbers import bounded, conserved, heard, told_whole, whole
from tests.faults.invariants.pictures import pictured
from tests.faults.invariants.points import counted, stored
from tests.faults.invariants.ranges import unsaid
from tests.faults.invariants.seals import copied
from tests.faults.invariants.soundness import sound
from tests.faults.world import World

INVARIANTS: Final[tuple[Callable[[World, Books], Iterator[str]], ...]] = (
    conserved,
    whole,
    told_whole,
    heard,
    bounded,
    declared,
    undivided,
    in_order,
    unsuspected,
    trusted,
    revoked,
    stolen,
    stored,
    counted,
    once,
    raised,
    grounded,
    unsaid,
    unseen,
    copied,
    acted,
    numbered,
    replayed,
    followed,
    pictured,
    sound,
)


def wrongs(world: World, books: Books) -> Iterator[str]:
    """Everything that is not as it must be, in words."""
    yield from world.crashes
    if not world.is_settled:
        yield f"nothing came to rest: {_unrest(books)}"
    for invariant in INVARIANTS:
        yield from invariant(world, books)


def _unrest(books: Books) -> str:
    parts = []
    for source in books.ledger.sources:
        word, states = books.ledger.completeness(source)
        if word not in ("complete", "declared lost"):
            parts.append(f"{source} {word} {[s for s in states if s.missing or s.waiting]}")
    return "; ".join(parts) or "the ledger is whole"

"""Every act of an officer that was kept is done or refused, once."""

from collections import Counter
from collections.abc import Iterator

from contract.messages import ActRefused, AlertChanged, OfficerActed
from gateway.judging.replay import base_of
from tests.faults.books import Books
from tests.faults.world import CENTER, World


def acted(world: World, books: Books) -> Iterator[str]:
    """What a restored journal had judged before is told no more: of that, at most once."""
    answered = Counter(
        change.act
        for _, change in books.changes
        if isinstance(change, AlertChanged | ActRefused) and change.act
    )
    base = base_of(world.journal).position
    for entry in books.kept.values():
        if isinstance(entry.message, OfficerActed) and entry.source == str(CENTER):
            times = answered[entry.message.act]
            if times > 1 or (times == 0 and entry.position > base):
                yield f"{entry.message.act} was answered {times} times"

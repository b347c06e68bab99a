"""Every act of an officer that was kept is done or refused, once."""

from collections import Counter
from collections.abc import Iterator

from contract.messages import ActRefused, AlertChanged, OfficerActed
from tests.faults.books import Books
from tests.faults.world import CENTER, World


def acted(_world: World, books: Books) -> Iterator[str]:
    """And none is answered that was not kept."""
    answered = Counter(
        change.act
        for _, change in books.changes
        if isinstance(change, AlertChanged | ActRefused) and change.act
    )
    acts = {
        entry.message.act
        for entry in books.kept.values()
        if isinstance(entry.message, OfficerActed) and entry.source == str(CENTER)
    }
    for act in sorted(acts):
        if answered[act] != 1:
            yield f"{act} was answered {answered[act]} times"

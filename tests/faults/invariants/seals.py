"""That a seal was copied is told, and only then: by what was kept of all reads of it."""

from collections import defaultdict
from collections.abc import Iterator

from contract.messages import SealRead
from tests.faults.books import Books
from tests.faults.invariants.ranges import CLOCKS
from tests.faults.world import World


def copied(world: World, books: Books) -> Iterator[str]:
    """Each seal that was read on two boxes, of which nobody was told; or one that never was."""
    on: defaultdict[str, set[str]] = defaultdict(set)
    for entry in books.entries:
        if entry.kind == "kept" and isinstance(entry.message, SealRead):
            is_there = entry.message.state != "missing"
            on[entry.message.seal] |= {entry.message.subject} if is_there else set()
    found = {seal for seal, boxes in on.items() if len(boxes) > 1}
    told = {alert.subject for alert in books.alerts.values() if alert.rule == "seal_cloned"}
    is_restored = world.plan.has("restore gateway")
    if told - found and not is_restored:
        yield f"{sorted(told - found)} are said to be copied, and were read in one place"
    if found - told and not world.plan.has(*CLOCKS):
        yield f"{sorted(found - told)} were read in two places, and nobody was told"

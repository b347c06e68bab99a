"""Nothing counts by a key that does not, from a position on; and a thief is told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from contract.messages import KeyEnrolled, KeyRevoked, Stream
from gateway.entry import Entry
from tests.faults.books import Books
from tests.faults.thief import EPOCH, standing
from tests.faults.world import World

Numbers = dict[tuple[str, Stream], int]
"""The last number by epoch and stream."""


@dataclass
class _Keys:
    """What the journal said of keys so far, by source and key id."""

    enrolled: set[tuple[str, str]] = field(default_factory=set)
    revoked: set[tuple[str, str]] = field(default_factory=set)
    replaced: dict[tuple[str, str], Numbers] = field(default_factory=dict)

    def hear(self, entry: Entry) -> None:
        """One entry of the gateway's own."""
        said = entry.message
        if isinstance(said, KeyEnrolled):
            self.enrolled.add((said.source, said.keyid))
            if said.replaces:
                last = {(one.epoch, one.stream): one.last for one in said.upto}
                self.replaced[said.source, said.replaces] = last
        elif isinstance(said, KeyRevoked):
            self.revoked.add((said.source, said.keyid))

    def why_not(self, entry: Entry) -> str:
        """Why what this entry keeps does not count; empty if it does."""
        key = (entry.source, entry.keyid)
        if key not in self.enrolled:
            return "was not enrolled"
        if key in self.revoked:
            return "was revoked"
        upto = self.replaced.get(key)
        is_beyond = upto is not None and entry.sequence > upto.get((entry.epoch, entry.stream), 0)  # type: ignore[arg-type]  # an empty one is none
        return "was replaced" if is_beyond else ""


def trusted(_world: World, books: Books) -> Iterator[str]:
    """What is kept was signed with a key that counted at its position."""
    keys = _Keys()
    for entry in books.entries:
        if entry.kind == "own":
            keys.hear(entry)
        elif entry.kind in ("kept", "refused", "fork") and (why := keys.why_not(entry)):
            yield f"entry {entry.position} of {entry.source} is kept, and its key {why}"


def revoked(world: World, _books: Books) -> Iterator[str]:
    """A key that counted when somebody wanted it revoked is revoked."""
    for keyid in sorted(world.unwanted):
        if standing(world.journal, keyid) != "revoked":
            yield f"the key {keyid} was to be revoked, and never was"


def stolen(world: World, books: Books) -> Iterator[str]:
    """Of a thief only what was said under another's number is kept, once; and each is told."""
    forks = Counter(entry.hash for entry in books.entries if entry.kind == "fork")
    told = {(alert.rule, alert.subject) for alert in books.alerts.values()}
    for thief in world.thieves:
        source, is_revoked = thief.agent.source, standing(world.journal, thief.key.keyid)
        times = forks[thief.fork_hash]
        if thief.fork is not None and times != 1 and not (is_revoked == "revoked" and not times):
            yield f"a thief spoke for {source}, and that is kept {times} times"
        if times and ("numbers_forged", source) not in told:
            yield f"a thief spoke for {source}, and nobody was told"
        is_heard = thief.is_refused and is_revoked == "revoked"
        if is_heard and ("revoked_key_speaks", source) not in told:
            yield f"a revoked key spoke for {source}, and nobody was told"
    if any(entry.epoch == EPOCH for entry in books.entries):
        yield "what a thief said when its key counted no more is kept"

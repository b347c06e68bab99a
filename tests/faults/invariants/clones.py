"""That two boxes use one key is told, and only then: by what the journal has of both."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from contract.messages import AgentAlive, AgentBorn, read
from gateway.entry import Entry
from gateway.judge.runs import MARGIN_US
from tests.faults.books import Books
from tests.faults.world import World
from tests.support.virtual import START

GRACE_S: Final = MARGIN_US / 1e6 + 1


class Word(NamedTuple):
    """A birth or a sign of life, in seconds of the story, whatever the box's own clock said."""

    source: str
    epoch: str
    boot: str
    said_s: float
    heard_s: float


def unseen(world: World, books: Books) -> Iterator[str]:
    """Two boxes of which nobody was told, or one that was taken for two."""
    told = {alert.source for alert in books.alerts.values() if alert.rule == "agent_doubled"}
    clones = {str(double.source): double.name for double in world.doubles}
    for source in sorted(told - clones.keys()):
        yield f"{source} is said to be on two boxes, and never was"
    if world.plan.has("gateway's clock", "restore gateway"):
        return  # how the journal's time runs beside the boxes' is not known, or its beginning gone
    words = list(_words(world, books.entries))
    for double in world.doubles:
        mine = [word for word in words if word.source == double.source]
        if str(double.source) not in told and _is_shown(mine, double.name):
            yield f"{double.source} was on two boxes, and nobody was told"


def _words(world: World, entries: Iterable[Entry]) -> Iterator[Word]:
    up_s = {double.name: double.up_s for double in world.doubles}
    for entry in entries:
        if entry.kind == "kept" and isinstance(entry.message, AgentBorn | AgentAlive):
            event, epoch = read(entry.body), entry.message.epochs[0].epoch
            said_s = int(event.monotonicns) / 1e9 - up_s.get(event.bootid, 0.0)
            heard_s = (entry.received_at - START).total_seconds()
            yield Word(entry.source, epoch, event.bootid, said_s, heard_s)


def _is_shown(words: list[Word], clone: str) -> bool:
    """Whether a run that was known before the clone was heard spoke on for long enough after."""
    heard = next((number for number, word in enumerate(words) if word.boot == clone), None)
    if heard is None:
        return False
    known = {word.epoch for word in words[:heard]}
    later = words[heard].heard_s + GRACE_S
    return any(word.epoch in known and word.said_s > later for word in words[heard:])

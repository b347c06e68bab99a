"""Sent = kept + declared lost, number by number, by the journal's rows and not by its ledger."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from contract.delivery.ranges import Ranges
from contract.messages import CompletenessChanged
from gateway.adapters.heard import ForeignHeard
from gateway.judge.wholeness import RETELL_S
from tests.faults.books import Books
from tests.faults.world import World

TOLD_AFTER: Final = timedelta(seconds=2 * RETELL_S)
"""At the latest, by the ticks of a gateway that has nothing to do."""


def conserved(world: World, books: Books) -> Iterator[str]:
    """What was durable on a card is kept as it was said, or declared lost."""
    is_destroyed = world.plan.has("restore card", "double agent", "restore center")
    lost: dict[tuple[str, str, str], Ranges] = defaultdict(Ranges)
    for source, one in books.lost:
        lost[source, one.epoch, one.stream].add(one.first, one.to)
    for identity, message in world.said.items():
        source, stream, epoch, number = identity
        entry = books.kept.get(identity)
        if entry is not None:
            if entry.kind == "refused":
                yield f"{identity} is kept as refused"
            elif entry.message != message:
                yield f"{identity} is not what was said"
        elif number not in lost[source, epoch, stream]:
            mine = books.ledger.sources.get(source)
            ledger = mine.epochs.get(epoch, {}).get(stream) if mine else None
            if is_destroyed and (ledger is None or number > ledger.known):
                continue  # on a card that is no more, and nobody ever heard of it
            yield f"{identity} was durable, and is neither kept nor declared lost"


def whole(world: World, books: Books) -> Iterator[str]:
    """Nothing is missing that anybody spoke of, and nobody spoke of what nobody said."""
    for source, mine in books.ledger.sources.items():
        for epoch, streams in mine.epochs.items():
            for stream, ledger in streams.items():
                if ledger.missing_count:
                    yield f"{source} {stream} {epoch}: {ledger.missing()} are missing"
                if ledger.breaks:
                    yield f"{source} {stream} {epoch}: the chain breaks {ledger.breaks} times"
                said = world.heads.get((source, epoch, stream), 0)
                if ledger.known > said:
                    yield f"{source} {stream} {epoch}: {ledger.known} heard, {said} ever said"


def told_whole(_world: World, books: Books) -> Iterator[str]:
    """What was told last of how whole a source is counts what is in the journal."""
    told = {c.source: c for _, c in books.changes if isinstance(c, CompletenessChanged)}
    kept = Counter((identity.source, identity.stream) for identity in books.kept)
    end = books.entries[-1].received_at
    latest = {identity.source: entry.received_at for identity, entry in books.kept.items()}
    for source, at in latest.items():
        if end - at < TOLD_AFTER:
            continue  # it may not have been told yet
        if source not in told:
            yield f"nobody was told how whole {source} is"
            continue
        for state in told[source].streams:
            here = kept[source, state.stream]
            if (state.kept, state.missing) != (here, 0):
                yield f"{source} {state.stream}: {here} are kept, told was {state}"


def heard(world: World, books: Books) -> Iterator[str]:
    """What strangers said at QoS 1 is in the journal; some of it perhaps twice."""
    rows = {
        (row.device, row.observed_us)
        for entry in books.entries
        if isinstance(entry.message, ForeignHeard)
        for row in entry.message.rows
    }
    said = world.strangers.said
    if len(rows) != said and not world.plan.has("restore gateway"):
        yield f"strangers said {said} readings, {len(rows)} are kept"


def bounded(world: World, _books: Books) -> Iterator[str]:
    """An outbox never holds more than it may."""
    most = world.plan.outbox_messages_max
    if world.held_max > most:
        yield f"an outbox of {most} messages held {world.held_max}"

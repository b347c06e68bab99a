"""Closes the books of a run: what was said, kept, declared lost, stored, told; what is wrong."""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from contract.messages import (
    ActRefused,
    AgentAlive,
    AgentBorn,
    Alert,
    AlertChanged,
    BlobKept,
    Identity,
    Message,
    OfficerActed,
    ReadingsTaken,
    ScanCompleted,
    SealRead,
    StreamLost,
    read,
)
from contract.signing import Key
from gateway.adapters.heard import ForeignHeard
from gateway.books.check import Asked, check
from gateway.entry import Entry
from gateway.journal.journal import entries
from gateway.judge.ledger import Ledger
from gateway.judge.order import Order
from gateway.judge.wording import quantity
from gateway.judging.replay import replay
from gateway.timeseries.points import points_of
from tests.faults.agent import COUNT
from tests.faults.clones import unseen
from tests.faults.database import said_of
from tests.faults.ranges import unsaid
from tests.faults.world import CENTER, GATEWAY, World

EVIDENT: Final = (
    "seal_opened",
    "seal_missing",
    "seal_cloned",
    "contraband_seen",
    "reading_out_of_range",
)
"""Rules about what was observed; the others are about the line's own health."""
Token = tuple[str, str, float]
"""What was observed: device, what, value. Nothing is observed twice."""
Evidence = tuple[str, str, frozenset[Token]]
"""Rule, subject, and what the messages behind it observed."""


@dataclass
class Books:
    """What a gateway's journal file holds."""

    entries: list[Entry]
    ledger: Ledger
    late: set[tuple[str, str]]
    """Sources and streams of which something was judged late."""
    lost: list[tuple[str, StreamLost]]
    changes: list[tuple[int, Message]]
    bodies: list[bytes] = field(default_factory=list)

    @property
    def kept(self) -> dict[Identity, Entry]:
        """Messages by their numbers."""
        return {
            entry.identity: entry
            for entry in self.entries
            if entry.identity is not None and entry.kind in ("kept", "refused")
        }

    @property
    def alerts(self) -> dict[str, Alert]:
        """As they stand at the end."""
        return {c.alert.id: c.alert for _, c in self.changes if isinstance(c, AlertChanged)}


def ledger_of(found: list[Entry]) -> tuple[Ledger, list[tuple[str, StreamLost]]]:
    """Fold a journal."""
    ledger, lost = Ledger(), []
    for entry in found:
        if entry.kind not in ("kept", "refused"):
            continue
        if entry.identity is not None:
            ledger.hear(entry.identity, entry.hash, entry.previous)
        if isinstance(entry.message, AgentBorn):
            ledger.claim(entry.source, entry.message.epochs)
        elif isinstance(entry.message, AgentAlive):
            ledger.claim(entry.source, entry.message.epochs, entry.message.queues)
        elif isinstance(entry.message, StreamLost):
            ledger.lose(entry.source, entry.message)
            lost.append((entry.source, entry.message))
    return ledger, lost


def is_whole(journal: Path) -> bool:
    """Whether nothing is missing that anybody spoke of, and all readers have read."""
    found = list(entries(journal))
    ledger, _ = ledger_of(found)
    for source in ledger.sources:
        if any(state.missing for state in ledger.completeness(source)[1]):
            return False
    with closing(sqlite3.connect(journal)) as at:
        cursors = dict(at.execute("SELECT name, position FROM cursor"))
    last = max((e.position for e in found if e.identity is not None), default=0)
    return all(cursors.get(name, 0) >= last - 5 for name in ("judge", "sink database"))


def opened(journal: Path) -> Books:
    """Read it all."""
    found = list(entries(journal))
    ledger, lost = ledger_of(found)
    with closing(sqlite3.connect(journal)) as at:
        rows = at.execute("SELECT number, body FROM change ORDER BY number").fetchall()
    changes = [(number, read(body).message()) for number, body in rows]
    bodies = [body for _, body in rows]
    return Books(found, ledger, set(_late(found)), lost, changes, bodies)


def _late(found: list[Entry]) -> Iterator[tuple[str, str]]:
    order = Order()
    for entry in found:
        turns = []
        if entry.kind == "tick":
            turns = order.passed(entry.received_at)
        elif entry.kind in ("kept", "refused"):
            if isinstance(entry.message, StreamLost):
                turns += order.lost(entry.source, entry.message)
            if entry.identity is not None and entry.stream != "bulk":
                turns += order.put(entry)
        yield from ((turn.entry.source, turn.entry.stream) for turn in turns if turn.is_late)


def tokens(message: Message | None) -> list[Token]:
    """What a message observed."""
    if isinstance(message, ReadingsTaken):
        return [(r.device, COUNT, r.value) for r in message.readings if r.metric == COUNT]
    if isinstance(message, SealRead):
        return [(message.seal, message.state, 0.0)]
    if isinstance(message, ScanCompleted):
        return [(message.subject, "scan", 0.0)]
    return []


def _seen(message: Message | None, device: str, says: str) -> set[Token]:
    """What evidence is of: of a batch, the first reading that says so, however many are in it."""
    if not isinstance(message, ReadingsTaken):
        return set(tokens(message))
    mine = [reading for reading in message.readings if reading.device == device]
    for count, value in pairwise(mine):
        if count.metric == COUNT and says.endswith(quantity(value.value, value.unit)):
            return {(device, COUNT, count.value)}
    return set()


def evident(books: Books) -> dict[tuple[str, str], set[Evidence]]:
    """Alerts from evidence, by source and stream; by what was observed, not by whose number."""
    kept = {identity: entry.message for identity, entry in books.kept.items()}
    found: dict[tuple[str, str], set[Evidence]] = {}
    for alert in books.alerts.values():
        if alert.rule not in EVIDENT:
            continue
        behind: set[Token] = set()
        for one in alert.evidence:
            identity = Identity(one.source, one.stream, one.epoch, one.sequence)  # type: ignore[arg-type]  # as in the journal
            behind |= _seen(kept.get(identity), alert.device, one.says)
        evidence = (alert.rule, alert.subject, frozenset(behind))
        stream = "readings" if alert.rule == "reading_out_of_range" else "events"
        found.setdefault((alert.source, stream), set()).add(evidence)
    return found


# --- what must hold -------------------------------------------------------------------------------


def wrongs(world: World, books: Books) -> Iterator[str]:
    """Everything that is not as it must be, in words."""
    yield from world.crashes
    if not world.is_settled:
        yield f"nothing came to rest: {_unrest(books)}"
    yield from _conserved(world, books)
    yield from _whole(world, books)
    yield from _heard(world, books)
    yield from _honest(world, books)
    yield from _stored(world, books)
    yield from _judged(world, books)
    yield from _pictures(world, books)
    yield from _sound(world)
    yield from unseen(world, books.entries, books.alerts.values())


def _unrest(books: Books) -> str:
    parts = []
    for source in books.ledger.sources:
        word, states = books.ledger.completeness(source)
        if word not in ("complete", "declared lost"):
            parts.append(f"{source} {word} {[s for s in states if s.missing or s.waiting]}")
    return "; ".join(parts) or "the ledger is whole"


def _conserved(world: World, books: Books) -> Iterator[str]:
    """Sent = kept + declared lost."""
    plan = world.plan
    is_destroyed = plan.has("restore card", "double agent")
    kept = books.kept
    for identity, message in world.said.items():
        mine = books.ledger.sources.get(identity.source)
        ledger = mine.epochs.get(identity.epoch, {}).get(identity.stream) if mine else None
        number = identity.sequence
        if ledger is not None and (number in ledger.kept or number in ledger.lost):
            entry = kept.get(identity)
            if entry is not None and entry.kind == "kept" and entry.message != message:
                yield f"{identity} is not what was said"
            continue
        if is_destroyed and (ledger is None or number > ledger.known):
            continue  # on a card that is no more, and nobody ever heard of it
        yield f"{identity} was durable, and is neither kept nor declared lost"


def _whole(world: World, books: Books) -> Iterator[str]:
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


def _heard(world: World, books: Books) -> Iterator[str]:
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


def _honest(world: World, books: Books) -> Iterator[str]:
    """Nothing is declared lost without a cause, forked, or out of its order."""
    causes = {
        "dropped": world.plan.outbox_messages_max < 1_000,
        "pruned": world.plan.has("restore gateway"),
        "forgotten": world.plan.has("restore card", "double agent"),
        "said again": world.plan.has("revoke key"),
    }
    for source, lost in books.lost:
        if not causes.get(lost.reason, False):
            yield f"{source} declares {lost.stream} {lost.first} to {lost.to} {lost.reason}: why?"
    forks = [entry for entry in books.entries if entry.kind == "fork"]
    if forks:
        yield f"{len(forks)} forks of honest sources, the first is {forks[0].identity}"
    positions = [entry.position for entry in books.entries]
    if positions != list(range(1, len(positions) + 1)):
        yield "positions of the journal have holes"
    received = [entry.received_at for entry in books.entries]
    if received != sorted(received):
        yield "the journal's time goes back"
    with closing(sqlite3.connect(world.journal)) as at:
        (suspects,) = at.execute("SELECT count(*) FROM quarantine").fetchone()
    is_refused = world.plan.has("revoke key", "rotate key")  # what a key signed that did not count
    if suspects > world.network.tally["truncated"] and not is_refused:
        yield f"{suspects} suspects, {world.network.tally['truncated']} packets were harmed"


def _stored(world: World, books: Books) -> Iterator[str]:
    """The database has each kept point once, and nothing else."""
    database = world.database
    if database.overwritten:
        yield f"{len(database.overwritten)} points overwrote others: {database.overwritten[0]}"
    held = database.said
    if len(held) != len(database.points):
        yield f"{len(database.points) - len(held)} points are doubled"
    foreign = {e.identity: e for e in books.entries if e.kind == "foreign" and e.identity}
    expected = {
        said_of(point): point
        for identity, entry in (books.kept | foreign).items()
        if entry.kind != "refused" and entry.message is not None
        for point in points_of(identity, entry.observed_at or entry.received_at, entry.message)
    }
    absent = [said for said, point in expected.items() if held.get(said) != point]
    if absent:
        yield f"{len(absent)} kept points are not in the database, the first is {absent[0]}"
    if not world.plan.has("restore gateway") and len(held) > len(expected):
        yield f"{len(held) - len(expected)} points were never kept"
    observed = Counter(
        (point.series, point.value) for point in held.values() if point.series.metric == COUNT
    )
    twice = [seen for seen, times in observed.items() if times > 1]
    if twice:
        yield f"{len(twice)} readings are stored twice, the first is {twice[0]}"


def _judged(world: World, books: Books) -> Iterator[str]:
    """Alerts from what was kept, one each; and everybody was told of them."""
    alerts = books.alerts
    found = Counter((alert.rule, alert.subject) for alert in alerts.values())
    for key, times in found.items():
        if key[0] in EVIDENT and key[0] != "reading_out_of_range" and times > 1:
            yield f"{times} alerts of {key}"
    for identity, entry in books.kept.items():
        rule = _single(entry.message)
        if rule is not None and not found[rule]:
            yield f"{identity} {rule} was kept, and there is no alert"
    yield from unsaid(world.plan, books.entries, alerts.values())
    yield from _grounded(world, books)
    yield from _told(world, books)
    yield from _acted(books)


def _grounded(world: World, books: Books) -> Iterator[str]:
    """Alerts rest on what was kept."""
    hashes = {entry.identity: entry.hash for entry in books.entries if entry.kind != "fork"}
    for alert in books.alerts.values():
        for one in alert.evidence:
            identity = Identity(one.source, one.stream, one.epoch, one.sequence)  # type: ignore[arg-type]  # as in the journal
            is_kept = hashes.get(identity) == one.hash or world.plan.has("restore gateway")
            if alert.rule in EVIDENT and not is_kept:
                yield f"{alert.rule} of {alert.subject} rests on {identity}, which is not kept"


def _told(world: World, books: Books) -> Iterator[str]:
    """The changes are whole, a replay makes the same, and the command center knows them."""
    numbers = [number for number, _ in books.changes]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "numbers of the changes have holes"
    if not world.plan.has("restore gateway"):
        again = list(replay(world.journal, str(GATEWAY)))[: len(books.bodies)]
        if again != books.bodies:
            yield "a replay of the journal makes other changes"
    told = {alert.id: alert for alert in world.center.board.snapshot().alerts}
    if told != books.alerts:
        yield f"the board has {len(told)} alerts, the gateway {len(books.alerts)}; or they differ"


def _single(message: Message | None) -> tuple[str, str] | None:
    """The alert that this message alone has to raise."""
    if isinstance(message, SealRead) and message.state in ("opened", "damaged"):
        return ("seal_opened", message.subject)
    if isinstance(message, SealRead) and message.state == "missing":
        return ("seal_missing", message.subject)
    if isinstance(message, ScanCompleted) and message.detections:
        return ("contraband_seen", message.subject)
    return None


def _acted(books: Books) -> Iterator[str]:
    """Every act that was kept is done or refused, once."""
    answered: Counter[str] = Counter()
    for _, change in books.changes:
        if isinstance(change, AlertChanged | ActRefused) and change.act:
            answered[change.act] += 1
    acts = {
        entry.message.act
        for entry in books.kept.values()
        if isinstance(entry.message, OfficerActed) and entry.source == str(CENTER)
    }
    for act in acts:
        if answered[act] > 1:
            yield f"{act} was answered {answered[act]} times"


def _pictures(world: World, books: Books) -> Iterator[str]:
    """Every picture of which all parts were kept is there, byte for byte."""
    if books.lost or world.plan.has("restore card", "double agent"):
        return  # what was on a card that is no more, nobody can send
    told = {entry.message.sha256 for entry in books.entries if isinstance(entry.message, BlobKept)}
    for entry in books.kept.values():
        if not isinstance(entry.message, ScanCompleted):
            continue
        sha256 = entry.message.picture.sha256
        path = world.gateway.folder / "blobs" / sha256[:2] / sha256
        if not path.exists():
            yield f"the picture of {entry.message.subject} is not here"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            yield f"the picture of {entry.message.subject} is another one"
        elif sha256 not in told:
            yield f"the picture of {entry.message.subject} is here, and nobody was told"


def _sound(world: World) -> Iterator[str]:
    """The journal is what it says: chains, signatures, tree and checkpoints, changes, pictures."""
    public = Key.load_or_make(world.gateway.folder / "key").public
    report = check(Asked(folder=world.gateway.folder, public=public, is_deep=True))
    for fault in report.faults:
        yield f"journal check: {fault.where}: {fault.what}"

"""What alerts from evidence rest on, by what was observed: to be compared with another run."""

from itertools import pairwise
from typing import Final

from contract.messages import Identity, Message, ReadingsTaken, ScanCompleted, SealRead
from gateway.judge.wording import quantity
from tests.faults.agent import COUNT
from tests.faults.books import Books

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


def tokens(message: Message | None) -> list[Token]:
    """What a message observed."""
    if isinstance(message, ReadingsTaken):
        return [(r.device, COUNT, r.value) for r in message.readings if r.metric == COUNT]
    if isinstance(message, SealRead):
        return [(f"{message.seal} on {message.subject}", message.state, 0.0)]
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
        stream, source = "events", alert.source
        if alert.rule == "reading_out_of_range":
            stream = "readings"
        elif alert.rule == "seal_cloned":  # of two boxes, the one that was heard last completes it
            source, behind = "", set()
        evidence = (alert.rule, alert.subject, frozenset(behind))
        found.setdefault((source, stream), set()).add(evidence)
    return found

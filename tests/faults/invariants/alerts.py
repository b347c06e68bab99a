"""Alerts follow from what was kept: one each, and no other."""

from collections import Counter
from collections.abc import Iterator

from contract.messages import Identity, Message, ScanCompleted, SealRead
from tests.faults.books import Books
from tests.faults.evidence import EVIDENT
from tests.faults.world import World


def once(_world: World, books: Books) -> Iterator[str]:
    """No alert from evidence is raised twice; a range can be left again."""
    found = Counter((alert.rule, alert.subject) for alert in books.alerts.values())
    for key, times in found.items():
        if key[0] in EVIDENT and key[0] != "reading_out_of_range" and times > 1:
            yield f"{times} alerts of {key}"


def raised(_world: World, books: Books) -> Iterator[str]:
    """Every kept message of a rule that needs no other has its alert."""
    found = {(alert.rule, alert.subject) for alert in books.alerts.values()}
    for identity, entry in books.kept.items():
        rule = _single(entry.message)
        if rule is not None and rule not in found:
            yield f"{identity} {rule} was kept, and there is no alert"


def grounded(world: World, books: Books) -> Iterator[str]:
    """Alerts rest on what was kept."""
    hashes = {entry.identity: entry.hash for entry in books.entries if entry.kind != "fork"}
    for alert in books.alerts.values():
        for one in alert.evidence:
            identity = Identity(one.source, one.stream, one.epoch, one.sequence)  # type: ignore[arg-type]  # as in the journal
            is_kept = hashes.get(identity) == one.hash or world.plan.has("restore gateway")
            if alert.rule in EVIDENT and not is_kept:
                yield f"{alert.rule} of {alert.subject} rests on {identity}, which is not kept"


def _single(message: Message | None) -> tuple[str, str] | None:
    """The alert that this message alone has to raise."""
    if isinstance(message, SealRead) and message.state in ("opened", "damaged"):
        return ("seal_opened", message.subject)
    if isinstance(message, SealRead) and message.state == "missing":
        return ("seal_missing", message.subject)
    if isinstance(message, ScanCompleted) and message.detections:
        return ("contraband_seen", message.subject)
    return None

"""What a gateway tells a monitor: kept, refused, waiting, and how far each sink is behind."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from contract.metrics import Family, Kind, counter, gauge, labelled
from gateway.notary.standing import Standing

if TYPE_CHECKING:
    from gateway.assembly import Parts  # which starts us


async def collect(parts: "Parts") -> Iterable[Family]:
    """All families, as of now; raises `Unavailable` if the journal cannot be read."""
    sections = (_intake(parts), _judge(parts), _waiting(parts), _log(parts))
    return [*chain.from_iterable(sections), *await _sinks(parts)]


def _intake(parts: "Parts") -> list[Family]:
    reasons: Counter[str] = Counter()
    for reason, times in parts.quarantine.reasons.items():
        reasons[reason.partition(":")[0]] += times
    tally, strangers = parts.journal.tally, parts.strangers
    kept = {kind: times for kind, times in tally.items() if kind != "repeat"}
    return [
        labelled("entries", "counter", "Entries kept in the journal, by kind.", "kind", kept),
        counter("repeats", "Messages that were kept already.", tally["repeat"]),
        labelled(
            "quarantined", "counter", "Packets that were not let in, by reason.", "reason", reasons
        ),
        counter("foreign_kept", "Messages kept of devices that are not ours.", strangers.kept),
        counter("foreign_unfit", "Foreign messages that could not be read.", strangers.unfit),
        counter(
            "foreign_dropped", "Foreign messages dropped: their topic floods.", strangers.dropped
        ),
        counter("pictures_given_up", "Whose parts did not all come.", parts.remains.given_up),
        gauge("unfinished_pictures", "Of which parts are missing.", parts.remains.pictures),
        gauge("unfinished_bytes", "What is kept of them.", parts.remains.bytes),
        gauge("journal_position", "Position of the last durable entry.", parts.journal.position),
        gauge("journal_full", "1 while the disk takes nothing.", parts.intake.is_full),
    ]


def _judge(parts: "Parts") -> list[Family]:
    state = parts.bench.state
    alerts = state.episodes.alerts.values()
    opened = Counter(alert.rule for alert in alerts if alert.state != "closed")
    rules = {rule: float(opened[rule]) for rule in {*state.rules, *opened}}
    return [
        labelled("open_alerts", "gauge", "Alerts that are not closed, by rule.", "rule", rules),
        gauge("agents", "Sources that the gateway knows.", len(state.agents)),
        gauge("has_link", "1 while the gateway hears its broker.", not state.is_deaf),
        gauge(
            "unjudged_entries",
            "Entries that wait for the judge.",
            parts.journal.position - state.position,
        ),
    ]


def _waiting(parts: "Parts") -> list[Family]:
    return [
        gauge("outlet_packets", "Packets that wait for the broker.", parts.outlet.waiting),
        counter("outlet_dropped", "Packets dropped before a slow broker.", parts.outlet.dropped),
        counter("receipts", "Receipts said.", parts.receipts.said),
    ]


def _log(parts: "Parts") -> list[Family]:
    own, now = parts.notary.standing, parts.clock.utc_now()
    age_s = (now - own.at).total_seconds() if own.at else 0.0
    families = [
        gauge("checkpoint_entries", "Entries under the newest signed checkpoint.", own.size),
        gauge("checkpoint_age_seconds", "Since it was signed; 0 before the first one.", age_s),
        gauge(
            "unsigned_entries",
            "Entries under no checkpoint yet.",
            max(0, parts.journal.position - own.size),
        ),
        gauge("unsigned_seconds", "For so long entries wait to be signed.", own.lag_s),
        gauge("has_notary", "0 once nothing is signed any more.", not own.has_given_up),
    ]
    return [*families, *_witnesses(parts.witnesses)] if parts.witnesses else families


def _witnesses(standings: Sequence[Standing]) -> list[Family]:
    told: tuple[tuple[str, Kind, str, Callable[[Standing], float]], ...] = (
        ("witness_entries", "gauge", "Entries under the last cosignature.", lambda w: w.size),
        ("witness_lag_seconds", "gauge", "For so long a checkpoint waits.", lambda w: w.lag_s),
        ("witness_cosigned", "counter", "Checkpoints cosigned.", lambda w: w.signed),
        ("witness_refused", "counter", "Checkpoints that it refused.", lambda w: w.refused),
        ("witness_away", "counter", "Tries without an answer.", lambda w: w.away),
    )
    return [
        labelled(name, kind, about, "witness", {one.name: value(one) for one in standings})
        for name, kind, about, value in told
    ]


async def _sinks(parts: "Parts") -> list[Family]:
    backlog: dict[str, float] = {}
    lag: dict[str, float] = {}
    for name in parts.sinks:
        after = await parts.journal.cursor(f"sink {name}")
        backlog[name] = max(0, parts.journal.position - after)
        following = await parts.journal.read(after, 1)
        since = following[0].received_at if following else None
        lag[name] = max(0.0, (parts.journal.now() - since).total_seconds()) if since else 0.0
    return [
        labelled(
            "sink_backlog_entries", "gauge", "Entries that a sink has not had.", "sink", backlog
        ),
        labelled(
            "sink_lag_seconds", "gauge", "Age of the oldest entry of the backlog.", "sink", lag
        ),
    ]

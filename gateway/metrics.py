"""What a gateway tells a monitor: kept, refused, waiting, and how far each sink is behind."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from contract.metrics import Family, counter, gauge, labelled

if TYPE_CHECKING:
    from gateway.service import Parts  # which starts us


async def collect(parts: "Parts") -> Iterable[Family]:
    """All families, as of now; raises `Unavailable` if the journal cannot be read."""
    return [*_intake(parts), *_judge(parts), *_waiting(parts), *await _sinks(parts)]


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

"""The life cycle of an alert as a literal table, and what findings and acts do to one. Pure."""

import hashlib
from typing import Final, Literal, NamedTuple

import msgspec

from contract.identifiers import Source
from contract.messages import (
    ActDone,
    Alert,
    AlertState,
    Evidence,
    OfficerActed,
    Severity,
    Verb,
)
from gateway.entry import Entry
from gateway.judge.rule import Finding, evidence
from gateway.judge.wording import clock_time

EVIDENCE_MAX: Final = 10
"""Messages that one alert names: the first, and the latest of the others."""
ACTS_MAX: Final = 50
"""Acts that one alert names: the latest."""
ID_DIGITS: Final = 20

Event = Verb | Literal["evidence"]

TABLE: Final[dict[AlertState, dict[Event, AlertState]]] = {
    "open": {
        "acknowledge": "acknowledged",
        "start": "in progress",
        "assign": "open",
        "comment": "open",
        "resolve": "resolved",
        "evidence": "open",
    },
    "acknowledged": {
        "start": "in progress",
        "assign": "acknowledged",
        "comment": "acknowledged",
        "resolve": "resolved",
        "reopen": "open",
        "evidence": "acknowledged",
    },
    "in progress": {
        "assign": "in progress",
        "comment": "in progress",
        "resolve": "resolved",
        "reopen": "open",
        "evidence": "in progress",
    },
    "resolved": {
        "comment": "resolved",
        "close": "closed",
        "reopen": "open",
        "evidence": "open",
    },
    "closed": {
        "comment": "closed",
        "reopen": "open",
    },
}
"""What may happen to an alert, and what it then is. Evidence for a closed alert opens a new one."""

_SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")
_DONE: Final[dict[Verb, str]] = {
    "acknowledge": "acknowledged",
    "start": "started",
    "assign": "handed over",
    "comment": "commented on",
    "resolve": "resolved",
    "close": "closed",
    "reopen": "reopened",
}


class Refusal(NamedTuple):
    """An act that is not done, and why, for people."""

    reason: str


def alert_id(rule: str, finding: Finding, entry: Entry) -> str:
    """Derived from rule, subject and what opened the episode: a replay agrees."""
    opener = finding.opened_by or str(entry.identity or entry.hash or entry.position)
    text = f"{rule}\n{finding.subject}\n{opener}"
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def opened(rule: str, finding: Finding, entry: Entry, *, is_late: bool) -> Alert:
    """A new alert."""
    return Alert(
        id=alert_id(rule, finding, entry),
        rule=rule,
        subject=finding.subject,
        post=str(Source(finding.source).post),
        source=finding.source,
        device=finding.device,
        severity=finding.severity,
        state="open",
        title=finding.title,
        detail=finding.detail,
        opened_at=finding.observed_at,
        told_at=entry.received_at,
        changed_at=entry.received_at,
        is_active=finding.effect == "raises",
        is_late=is_late,
        picture=finding.picture,
        detections=finding.detections,
        model=finding.model,
        evidence=_evidence(finding, entry),
    )


def fed(alert: Alert, finding: Finding, entry: Entry, *, is_late: bool) -> Alert:
    """The condition holds again, or still; or once held, which nobody had heard of.

    An acknowledgement dies with its episode: if the condition had ceased, the alert is open again.
    What has passed changes no word of what holds now.
    """
    is_passed = finding.effect == "passed"
    shown = alert if is_passed and alert.is_active else finding
    state = TABLE[alert.state]["evidence"]
    if not alert.is_active and state == "acknowledged":
        state = "open"
    severity = max(alert.severity, finding.severity, key=_SEVERITIES.index)
    picture = finding if finding.picture is not None else alert
    return msgspec.structs.replace(
        alert,
        state=state,
        severity=severity,
        title=shown.title,
        detail=shown.detail,
        source=shown.source,
        device=shown.device,
        changed_at=entry.received_at,
        times=alert.times + 1,
        is_active=alert.is_active or not is_passed,
        is_late=alert.is_late and is_late,
        picture=picture.picture,
        detections=picture.detections,
        model=picture.model,
        evidence=_with(alert, finding, entry),
    )


def cleared(alert: Alert, finding: Finding, entry: Entry) -> Alert:
    """The condition ceased by itself: what an officer has already seen is resolved by that."""
    return msgspec.structs.replace(
        alert,
        state=alert.state if alert.state in ("open", "closed") else "resolved",
        detail=finding.detail,
        changed_at=entry.received_at,
        is_active=False,
        evidence=_with(alert, finding, entry),
    )


def acted(alert: Alert, act: OfficerActed, entry: Entry) -> Alert | Refusal:
    """What an officer's act makes of an alert."""
    state = TABLE[alert.state].get(act.verb)
    if state is None:
        return Refusal(_why(alert, act.verb))
    if act.verb == "assign" and not act.assignee:
        return Refusal("Nobody is named to hand the alert to.")
    if act.verb == "comment" and not act.note:
        return Refusal("A comment needs words.")
    done = ActDone(
        act=act.act,
        verb=act.verb,
        officer=act.officer,
        role=act.role,
        at=entry.received_at,
        note=act.note,
    )
    return msgspec.structs.replace(
        alert,
        state=state,
        changed_at=entry.received_at,
        assigned_to=_assignee(alert, act),
        acts=(*alert.acts, done)[-ACTS_MAX:],
    )


def _assignee(alert: Alert, act: OfficerActed) -> str:
    if act.verb == "assign":
        return act.assignee
    if act.verb == "start":
        return act.officer
    return "" if act.verb == "reopen" else alert.assigned_to


def _why(alert: Alert, verb: Verb) -> str:
    """Why the state forbids the act, and what would be needed."""
    last = next((act for act in reversed(alert.acts) if TABLE_STATE.get(act.verb)), None)
    by = f" by {last.officer} at {clock_time(last.at)}" if last else ""
    needed = {
        "close": "Resolve it before closing it.",
        "acknowledge": "It needs no acknowledgement any more.",
        "reopen": "It is open already.",
        "start": "Reopen it before starting on it."
        if alert.state in ("resolved", "closed")
        else "",
        "assign": "Reopen it before handing it over.",
        "resolve": "It is settled already.",
    }.get(verb, "")
    return f"It cannot be {_DONE[verb]}: the alert is {alert.state}{by}. {needed}".strip()


TABLE_STATE: Final[dict[Verb, AlertState]] = {
    "acknowledge": "acknowledged",
    "start": "in progress",
    "resolve": "resolved",
    "close": "closed",
    "reopen": "open",
}
"""The state that a verb leads to, whatever was before."""


def _with(alert: Alert, finding: Finding, entry: Entry) -> tuple[Evidence, ...]:
    grown = (*alert.evidence, *_evidence(finding, entry))
    return grown if len(grown) <= EVIDENCE_MAX else (grown[0], *grown[2:])


def _evidence(finding: Finding, entry: Entry) -> tuple[Evidence, ...]:
    """The message that began it, or the one at hand; none where nothing was said.

    Where one began it, that one: whether a later message or a tick was first to show that it lasts
    is chance, and the same facts rest on the same message.
    """
    if finding.rests_on is not None:
        return (finding.rests_on,)
    return (evidence(entry, finding.says),) if entry.hash else ()

"""The alerts that there are: findings open, feed and clear them, officers act on them. Pure."""

import hashlib
from typing import Final

import msgspec

from contract.messages import ActRefused, Alert, AlertChanged, Message, OfficerActed
from gateway.entry import Entry
from gateway.judge.alerts import Refusal, acted, alert_id, cleared, fed, opened
from gateway.judge.rule import Finding

ALERTS_MAX: Final = 20_000
"""Alerts that are remembered; beyond it the oldest closed ones are only in the changes."""

SUBJECT_MAX: Final = 80
"""Characters of a subject."""


class Episodes(msgspec.Struct):
    """Alerts by id, and the one that is running for each rule and subject."""

    alerts: dict[str, Alert] = {}
    running: dict[str, str] = {}
    """Not closed, or closed by an officer while what it tells of still holds."""
    acts: dict[str, None] = {}
    """Acts that were judged: an act said again is not done again."""

    def found(self, rule: str, finding: Finding, entry: Entry, *, is_late: bool) -> list[Message]:
        """What a finding makes of the alerts."""
        finding = msgspec.structs.replace(finding, subject=_short(finding.subject))
        key = f"{rule}\n{finding.subject}"
        alert = self.alerts.get(self.running.get(key, ""))
        if finding.effect == "clears":  # of a closed one too: else it would be active for ever
            if alert is None or not alert.is_active or is_late:
                return []
            return [self._put(key, cleared(alert, finding, entry))]
        is_late = is_late or finding.effect == "passed"
        if alert is not None and alert.state != "closed":
            return [self._put(key, fed(alert, finding, entry, is_late=is_late))]
        former = self.alerts.get(alert_id(rule, finding, entry))
        if former is not None:  # the same message opened it before: it is the same episode
            return []
        return [self._put(key, opened(rule, finding, entry, is_late=is_late))]

    def act(self, act: OfficerActed, entry: Entry, *, acts_from: tuple[str, ...]) -> list[Message]:
        """What an officer's act makes of an alert."""
        if act.act in self.acts:
            return []
        self.acts[act.act] = None
        if len(self.acts) > ALERTS_MAX:
            del self.acts[next(iter(self.acts))]
        reason = _forbidden(act, entry, acts_from)
        alert = self.alerts.get(act.alert)
        if not reason and alert is None:
            reason = "The gateway has no such alert; it may have been closed long ago."
        if reason or alert is None:
            return [ActRefused(act=act.act, alert=act.alert, reason=reason)]
        result = acted(alert, act, entry)
        if isinstance(result, Refusal):
            return [ActRefused(act=act.act, alert=act.alert, reason=result.reason)]
        key = f"{alert.rule}\n{alert.subject}"
        running = self.alerts.get(self.running.get(key, ""))
        if (
            act.verb == "reopen"
            and running
            and running.id != alert.id
            and running.state != "closed"
        ):
            return [
                ActRefused(
                    act=act.act,
                    alert=act.alert,
                    reason="A newer alert about the same subject is open; work on that one.",
                )
            ]
        return [self._put(key, result, act.act)]

    def _put(self, key: str, alert: Alert, act: str = "") -> AlertChanged:
        is_new = alert.id not in self.alerts
        running = self.alerts.get(self.running.get(key, ""))
        self.alerts[alert.id] = alert
        if alert.state != "closed":
            # What is over takes no place from what still holds: that has yet to hear of its end.
            if alert.is_active or running is None or not running.is_active:
                self.running[key] = alert.id
        elif self.running.get(key) == alert.id and not alert.is_active:
            del self.running[key]
        if is_new and len(self.alerts) > ALERTS_MAX:
            self._forget()
        return AlertChanged(alert=alert, act=act)

    def _forget(self) -> None:
        closed = next((id_ for id_, alert in self.alerts.items() if alert.state == "closed"), None)
        if closed is not None:
            alert = self.alerts.pop(closed)
            key = f"{alert.rule}\n{alert.subject}"
            if self.running.get(key) == closed:
                del self.running[key]


def _short(subject: str) -> str:
    """A subject that an alert can carry: a long one ends in a piece of its hash."""
    if len(subject) <= SUBJECT_MAX:
        return subject
    digest = hashlib.sha256(subject.encode()).hexdigest()
    return f"{subject[: SUBJECT_MAX - 11]}… {digest[:9]}"


def _forbidden(act: OfficerActed, entry: Entry, acts_from: tuple[str, ...]) -> str:
    if entry.source.split("/")[-1] not in acts_from:
        return f"{entry.source} is no command center; its acts do not count."
    if act.role == "viewer":
        return "A viewer may look, and not act."
    return ""

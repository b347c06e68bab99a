"""Which alerts the truth must raise under the law in force, and which of them were seen. Pure.

An alert is recognised by its subject and its evidence: the numbers under which a truth was said. So
earlier runs and other agents at the same gateway do not count, however their subjects are called.
"""

from dataclasses import dataclass
from typing import Final

from contract.messages import Alert, Identity
from gateway.judge.settings import JudgeSettings, Limit
from simulators.script import Script, Truth

MARGIN_S: Final = 3.0
"""A range must be left for so much longer than the limit asks, or nothing is expected."""
RULES: Final = {"seal_opened", "seal_missing", "contraband_seen", "reading_out_of_range"}
"""Alerts of these rules tell of what happens; the others of how the line is."""
Key = tuple[str, tuple[str, str, str, int]]
"""Subject; source, stream, epoch and number, as an `Identity` has them."""


@dataclass(kw_only=True)
class Expectation:
    """One truth, and what became of it."""

    truth: Truth
    rule: str
    """Empty: this gateway's law asks for no alert."""
    waits_s: float = 0.0
    """The law lets it last so long first."""
    is_off: bool = False
    """The run was cut before its alert was due."""
    said_ns: int | None = None
    seen_ns: int | None = None

    @property
    def latency_ms(self) -> float | None:
        """From the moment the truth was said (or the wait was over) to the alert at the watcher."""
        if self.said_ns is None or self.seen_ns is None:
            return None
        return max(0.0, (self.seen_ns - self.said_ns) / 1e6 - self.waits_s * 1e3)


class Expectations:
    """All of them; ``now_ns`` is monotonic."""

    def __init__(self, script: Script, law: JudgeSettings) -> None:
        step_s = abs(script.faults.clock_step_s) if script.faults.clock_steps else 0.0
        margin_s = MARGIN_S + 2 / script.rate + step_s
        self.all: Final = [_expected(truth, law, margin_s) for truth in script.truths]
        self._alerts: Final[dict[str, tuple[str, list[Key]]]] = {}
        self._known: Final[dict[Key, Expectation]] = {}
        self._early: Final[dict[Key, int]] = {}

    def said(self, truth: Truth, identity: Identity, now_ns: int) -> None:
        """A truth was said under this number; ``now_ns`` is when that began."""
        one = self.all[truth.id]
        if one.said_ns is None:
            one.said_ns = now_ns
        key = (truth.subject, identity)
        self._known[key] = one
        if key in self._early:
            self._see(one, self._early.pop(key))

    def heard(self, alert: Alert, now_ns: int, epochs: set[str]) -> None:
        """An alert as it now is; ``epochs`` are those of our agents."""
        mine: list[Key] = [
            (alert.subject, (e.source, e.stream, e.epoch, e.sequence))
            for e in alert.evidence
            if e.epoch in epochs
        ]
        if not mine or alert.rule not in RULES:
            return
        explained = [self._known[key] for key in mine if key in self._known]
        for one in explained:
            self._see(one, now_ns)
        self._alerts[alert.id] = (f"{alert.rule}: {alert.subject}", mine)
        if not explained:  # it may come before `said` was told the number
            self._early.update((key, now_ns) for key in mine if key not in self._early)

    def _see(self, one: Expectation, now_ns: int) -> None:
        if one.seen_ns is None:
            one.seen_ns = now_ns

    def cut(self, now_ns: int) -> None:
        """Nothing more is said: what is not due yet is expected no more."""
        for one in self.all:
            due_s = one.waits_s + MARGIN_S if one.waits_s else 0.0
            one.is_off = one.said_ns is None or (now_ns - one.said_ns) / 1e9 < due_s

    @property
    def false(self) -> list[str]:
        """Alerts of our agents that no truth explains."""
        return sorted(
            text
            for text, keys in self._alerts.values()
            if not any(key in self._known for key in keys)
        )

    @property
    def expected(self) -> list[Expectation]:
        """Those that the law asks an alert for."""
        return [one for one in self.all if one.rule and not (one.is_off and one.seen_ns is None)]

    @property
    def unseen(self) -> list[Expectation]:
        """Those of them whose alert has not come."""
        return [one for one in self.expected if one.seen_ns is None]


def _expected(truth: Truth, law: JudgeSettings, margin_s: float) -> Expectation:
    if truth.kind == "seal":
        rule = "seal_missing" if truth.state == "missing" else "seal_opened"
        return Expectation(truth=truth, rule=rule)
    if truth.kind == "bag":
        known = next((c for c in law.contraband if c.label == truth.holds), None)
        bar = known or law.contraband_otherwise
        is_alert = bar is not None and truth.value >= bar.score_min
        return Expectation(truth=truth, rule="contraband_seen" if is_alert else "")
    limit = _limit(truth, law)
    lasts_s = truth.until_s - truth.at_s
    if limit is None or not _is_out(truth.value, limit) or lasts_s < limit.for_s + margin_s:
        return Expectation(truth=truth, rule="")
    return Expectation(truth=truth, rule="reading_out_of_range", waits_s=limit.for_s)


def _limit(truth: Truth, law: JudgeSettings) -> Limit | None:
    by_device = {one.device: one for one in law.readings if one.metric == truth.metric}
    return by_device.get(truth.device) or by_device.get("")


def _is_out(value: float, limit: Limit) -> bool:
    is_low = limit.low is not None and value < limit.low
    return is_low or (limit.high is not None and value > limit.high)

"""What a load run found, for people and for programs."""

from collections.abc import Sequence
from math import ceil

import msgspec

from simulators.expected import Expectation, Expectations
from simulators.load_agent import Tally
from simulators.script import Script


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds from the saying to the alert at the watcher."""

    count: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class TruthTold(msgspec.Struct, frozen=True, kw_only=True):
    """One truth, and what became of it."""

    says: str
    rule: str
    """Empty where no alert is due: the gateway's law asks for none, or the run was cut before."""
    is_seen: bool
    latency_ms: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a run."""

    title: str
    seed: int
    devices: int
    agents: int
    rate: float
    seconds: float
    readings: int
    said: int
    """Numbered messages, batches of readings among them."""
    receipted: int
    declared_lost: int
    missing: int
    alerts_expected: int
    alerts_seen: int
    alerts_false: tuple[str, ...]
    """About our devices, without a truth behind them."""
    latency: Latency
    """Of seals and bags, from the saying."""
    range_latency: Latency
    """Of values out of range, from the end of the time that the gateway's limit allows."""
    lag_s_max: float
    """How late the simulator itself was at worst; past a second the rate was not kept."""
    truths: tuple[TruthTold, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing and self.alerts_expected == self.alerts_seen

    def text(self) -> str:
        """For people."""
        false, late = len(self.alerts_false), f"{self.lag_s_max:.1f} s"
        lines = [
            f"{self.title}, seed {self.seed}: {self.devices:,} devices behind {self.agents} agents",
            f"  pace      {self.readings:,} readings in {self.seconds:g} s, {late} late at worst",
            _sum(self),
            f"  alerts    expected {self.alerts_expected}, seen {self.alerts_seen}, false {false}",
            f"  latency   seals and bags {_of(self.latency)}; ranges {_of(self.range_latency)}",
        ]
        lines += [f"  MISSING   {t.says}: no {t.rule}" for t in self.truths if _is_missed(t)]
        lines += [f"  FALSE     {alert}" for alert in self.alerts_false]
        if quiet := sum(not t.rule for t in self.truths):
            lines.append(
                f"  {quiet} truths are no alert by this gateway's settings, or came no more"
            )
        lines.append("  nothing is missing" if self.is_whole else "  SOMETHING IS MISSING")
        return "\n".join(lines)


def reported(
    script: Script,
    tally: Tally,
    expectations: Expectations,
    *,
    seconds: float,
    readings: int,
    lag_s_max: float,
) -> Report:
    """The report of a run."""
    expected = expectations.expected
    ranges = [one for one in expected if one.rule == "reading_out_of_range"]
    return Report(
        title=script.title,
        seed=script.seed,
        devices=script.devices,
        agents=len(script.agents),
        rate=script.rate,
        seconds=seconds,
        readings=readings,
        said=tally.said,
        receipted=tally.receipted,
        declared_lost=tally.declared,
        missing=tally.missing,
        alerts_expected=len(expected),
        alerts_seen=len(expected) - len(expectations.unseen),
        alerts_false=tuple(expectations.false),
        latency=_latency([one for one in expected if one not in ranges]),
        range_latency=_latency(ranges),
        lag_s_max=round(lag_s_max, 3),
        truths=tuple(_told(one) for one in expectations.all),
    )


def _sum(report: Report) -> str:
    return (
        f"  messages  said {report.said:,} = receipted {report.receipted:,} +"
        f" declared lost {report.declared_lost:,} + missing {report.missing:,}"
    )


def _told(one: Expectation) -> TruthTold:
    ms = one.latency_ms
    return TruthTold(
        says=one.truth.sentence(),
        rule="" if one.is_off and one.seen_ns is None else one.rule,
        is_seen=one.seen_ns is not None,
        latency_ms=None if ms is None else round(ms, 1),
    )


def _is_missed(told: TruthTold) -> bool:
    return bool(told.rule) and not told.is_seen


def _latency(expected: Sequence[Expectation]) -> Latency:
    values = sorted(ms for one in expected if (ms := one.latency_ms) is not None)

    def at(share: float) -> float | None:
        return round(values[max(0, ceil(share * len(values)) - 1)], 1) if values else None

    return Latency(count=len(values), p50_ms=at(0.5), p99_ms=at(0.99), max_ms=at(1.0))


def _of(latency: Latency) -> str:
    if not latency.count:
        return "none"
    return f"p50 {latency.p50_ms:,.0f} ms, p99 {latency.p99_ms:,.0f} ms ({latency.count})"

"""One metric of one device that has a limit: how it is, and what is said of it. Pure."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from contract.messages import Evidence, Reading
from gateway.judge.past import Past
from gateway.judge.rule import Fact, Finding, evidence
from gateway.judge.settings import Limit
from gateway.judge.wording import age, capital, clock_time, quantity

GAP_S_MIN: Final = 1.0
"""A time without readings that is shorter is none, where a range is left at once."""


class Bounds(NamedTuple):
    """A limit, ready to be compared with."""

    limit: Limit
    low: float
    high: float
    """Infinite where there is none."""
    lasting: timedelta
    least: timedelta
    """Without a reading for so long, something may have happened that nobody has heard of yet."""

    def beyond(self, value: float) -> float:
        """How far out of range; zero or less inside."""
        return max(value - self.high, self.low - value)


def bounds_of(limit: Limit) -> Bounds:
    """Of a limit."""
    return Bounds(
        limit,
        float("-inf") if limit.low is None else limit.low,
        float("inf") if limit.high is None else limit.high,
        timedelta(seconds=limit.for_s),
        timedelta(seconds=limit.for_s or GAP_S_MIN),
    )


class Series(msgspec.Struct, kw_only=True):
    """One metric of one device with a limit."""

    source: str
    device: str
    metric: str
    unit: str
    value: float
    """The last one."""
    worst: float
    """The one farthest out since `since`."""
    heard_at: datetime
    """Observed last, by the device's clock."""
    is_out: bool
    since: datetime
    """Since when the last reading's side (out, in) lasts, by the device's clock."""
    since_told: datetime
    """The same by the journal's."""
    turned: Evidence
    """The message with the first reading on this side."""
    is_raised: bool = False
    past: Past = msgspec.field(default_factory=Past)
    """Of a series that is in its range, the open stretch begins at `heard_at`."""


def begun(fact: Fact, reading: Reading, bounds: Bounds) -> Series:
    """One of which nothing was heard before."""
    at, is_out = reading.observed_at, bounds.beyond(reading.value) > 0
    past = Past()
    if not is_out:
        past.well(at, bounds.least)
    return Series(
        source=fact.entry.source,
        device=reading.device,
        metric=reading.metric,
        unit=reading.unit,
        value=reading.value,
        worst=reading.value,
        heard_at=at,
        is_out=is_out,
        since=at,
        since_told=fact.now,
        turned=said_by(fact, reading),
        past=past,
    )


def raises(fact: Fact, series: Series, bounds: Bounds) -> Finding:
    """It has been out of its range for long enough."""
    since = clock_time(series.since, fact.now)
    return Finding(
        subject=f"{series.device} {series.metric}",
        source=series.source,
        device=series.device,
        severity=bounds.limit.severity,
        title=_title(series.metric, series.worst, bounds),
        detail=f"{_reached(series, series.worst, bounds)}; out of range since {since}, for at "
        f"least {age(bounds.limit.for_s)}.",
        observed_at=series.since,
        says=_says(series.metric, series.value, series.unit),
        rests_on=series.turned,
        opened_by=_opener(series, series.since),
    )


def clears(fact: Fact, series: Series) -> Finding:
    """It has been back in its range for long enough."""
    what = capital(series.metric.replace("_", " "))
    since = clock_time(series.since, fact.now)
    return Finding(
        effect="clears",
        subject=f"{series.device} {series.metric}",
        source=series.source,
        device=series.device,
        detail=f"{what} at {series.device} is back in range since {since}: "
        f"{quantity(series.value, series.unit)}. "
        f"It had reached {quantity(series.worst, series.unit)}.",
        observed_at=series.heard_at,
        says=_says(series.metric, series.value, series.unit),
        rests_on=series.turned,
    )


def told_late(fact: Fact, series: Series, reading: Reading, bounds: Bounds) -> Finding:
    """It was out of its range once, which is heard only now."""
    at = reading.observed_at
    return Finding(
        effect="passed",
        subject=f"{series.device} {series.metric}",
        source=series.source,
        device=series.device,
        severity=bounds.limit.severity,
        title=_title(series.metric, reading.value, bounds),
        detail=f"{_reached(series, reading.value, bounds)}; it was out of range at "
        f"{clock_time(at, fact.now)}, which was heard after later readings.",
        observed_at=at,
        says=_says(series.metric, reading.value, reading.unit),
        rests_on=said_by(fact, reading),
        opened_by=_opener(series, at),
    )


def _title(metric: str, value: float, bounds: Bounds) -> str:
    what = capital(metric.replace("_", " "))
    return f"{what} too {'high' if value > bounds.high else 'low'}"


def _reached(series: Series, value: float, bounds: Bounds) -> str:
    is_high = value > bounds.high
    edge = quantity(bounds.high if is_high else bounds.low, series.unit)
    return (
        f"{quantity(value, series.unit)} at {series.device}, the "
        f"{'most' if is_high else 'least'} allowed is {edge}"
    )


def _opener(series: Series, at: datetime) -> str:
    return f"{series.source} {series.device} {series.metric} {at.isoformat()}"


def said_by(fact: Fact, reading: Reading) -> Evidence:
    """That this reading was told, as an alert names it."""
    return evidence(fact.entry, _says(reading.metric, reading.value, reading.unit))


def _says(metric: str, value: float, unit: str) -> str:
    return f"{metric} {quantity(value, unit)}"

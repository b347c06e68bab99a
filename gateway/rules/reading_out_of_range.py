"""A metric is out of its range for long enough; clears when it is back for as long.

It fails to the safe side, so each half has its clock. A reading out of range is told once it has
lasted by the device's clock, or once nothing better was heard for as long by the journal's (ticks):
a probe that falls silent hides nothing. It clears by readings alone, by the device's clock:
silence is no proof that the goods are cold again.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from contract.messages import Evidence, Reading, ReadingsTaken
from gateway.entry import Tick
from gateway.rule import Fact, Finding, Rule, evidence, is_ahead, remember
from gateway.settings import JudgeSettings, Limit
from gateway.wording import age, capital, clock_time, quantity


class Series(msgspec.Struct, kw_only=True):
    """One metric of one device with a limit."""

    source: str
    device: str
    metric: str
    unit: str
    value: float
    """The last one."""
    worst: float
    """The one farthest out since `out_at`."""
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


class Memory(msgspec.Struct):
    """Series by source, device and metric; `waiting` are those out of range whose time runs."""

    series: dict[str, Series] = {}
    waiting: dict[str, datetime] = {}


@lru_cache(maxsize=8)
def _limits(settings: JudgeSettings) -> dict[str, dict[str, Limit]]:
    """Limits by metric, then by device (empty for all)."""
    by_metric: dict[str, dict[str, Limit]] = {}
    for limit in settings.readings:
        by_metric.setdefault(limit.metric, {})[limit.device] = limit
    return by_metric


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """Findings when a range is left for long enough, and when it is kept again."""
    limits = _limits(fact.settings)
    if isinstance(fact.message, ReadingsTaken):
        source = fact.entry.source
        for reading in fact.message.readings:
            devices = limits.get(reading.metric)
            limit = devices and (devices.get(reading.device) or devices.get(""))
            if not limit:
                continue
            key = f"{source}\n{reading.device}\n{reading.metric}"
            if not _is_quiet(key, memory, reading, limit):
                yield from _heard(key, fact, memory, reading, limit)
        return
    for key, until in list(memory.waiting.items()):
        series = memory.series.get(key)
        devices = limits.get(series.metric, {}) if series else {}
        limit = devices.get(series.device) or devices.get("") if series else None
        if series is None or limit is None or not series.is_out:
            memory.waiting.pop(key)
        elif until <= fact.now:
            yield from _settled(fact, memory, key, limit)


def _is_quiet(key: str, memory: Memory, reading: Reading, limit: Limit) -> bool:
    """Whether a series is in its range and stays there, as most do; then this is all of it."""
    value, series = reading.value, memory.series.get(key)
    if (
        series is None
        or series.is_out
        or series.is_raised
        or reading.observed_at < series.heard_at
        or not (limit.high is None or value <= limit.high)
        or not (limit.low is None or value >= limit.low)
    ):
        return False
    series.value, series.heard_at, series.unit = value, reading.observed_at, reading.unit
    return True


def _heard(
    key: str, fact: Fact, memory: Memory, reading: Reading, limit: Limit
) -> Iterator[Finding]:
    is_out = _is_out(reading.value, limit)
    series = memory.series.get(key)
    if series is None:
        series = _begun(fact, reading, is_out=is_out)
        remember(memory.series, key, series)
    elif reading.observed_at < series.heard_at:
        if not is_ahead(series.heard_at, fact.now):
            return  # what came late says nothing about now
        series.since, series.since_told = reading.observed_at, fact.now  # counted anew
    _continue(fact, series, reading, limit)
    if series.is_out == series.is_raised:
        memory.waiting.pop(key, None)
    elif reading.observed_at - series.since >= timedelta(seconds=limit.for_s):
        yield from _settled(fact, memory, key, limit)
    elif series.is_out and key not in memory.waiting:
        memory.waiting[key] = series.since_told + timedelta(seconds=limit.for_s)


def _begun(fact: Fact, reading: Reading, *, is_out: bool) -> Series:
    return Series(
        source=fact.entry.source,
        device=reading.device,
        metric=reading.metric,
        unit=reading.unit,
        value=reading.value,
        worst=reading.value,
        heard_at=reading.observed_at,
        is_out=is_out,
        since=reading.observed_at,
        since_told=fact.now,
        turned=_evidence(fact, reading),
    )


def _continue(fact: Fact, series: Series, reading: Reading, limit: Limit) -> None:
    """Note a reading that is not older than the last."""
    is_out = _is_out(reading.value, limit)
    if is_out != series.is_out:
        series.is_out, series.since, series.since_told = is_out, reading.observed_at, fact.now
        series.turned = _evidence(fact, reading)
        if is_out and not series.is_raised:
            series.worst = reading.value
    series.value, series.heard_at, series.unit = reading.value, reading.observed_at, reading.unit
    if is_out and _beyond(reading.value, limit) > _beyond(series.worst, limit):
        series.worst = reading.value


def _evidence(fact: Fact, reading: Reading) -> Evidence:
    return evidence(fact.entry, f"{reading.metric} {quantity(reading.value, reading.unit)}")


def _settled(fact: Fact, memory: Memory, key: str, limit: Limit) -> Iterator[Finding]:
    """The series stayed on its side for long enough."""
    series = memory.series[key]
    memory.waiting.pop(key, None)
    if series.is_out == series.is_raised:
        return
    series.is_raised = series.is_out
    yield _finding(fact, series, limit)


def _is_out(value: float, limit: Limit) -> bool:
    return _beyond(value, limit) > 0


def _beyond(value: float, limit: Limit) -> float:
    """How far out of range; zero or less inside."""
    over = value - limit.high if limit.high is not None else float("-inf")
    under = limit.low - value if limit.low is not None else float("-inf")
    return max(over, under)


def _finding(fact: Fact, series: Series, limit: Limit) -> Finding:
    what = capital(series.metric.replace("_", " "))
    since = clock_time(series.since, fact.now)
    value = quantity(series.value, series.unit)
    says = f"{series.metric} {value}"
    subject = f"{series.device} {series.metric}"
    if not series.is_raised:
        return Finding(
            effect="clears",
            subject=subject,
            source=series.source,
            device=series.device,
            detail=f"{what} at {series.device} is back in range since {since}: {value}. "
            f"It had reached {quantity(series.worst, series.unit)}.",
            observed_at=series.heard_at,
            says=says,
            rests_on=series.turned,
        )
    is_high = limit.high is not None and series.worst > limit.high
    bound = limit.high if is_high else limit.low
    edge = quantity(bound or 0.0, series.unit)
    worst = quantity(series.worst, series.unit)
    return Finding(
        subject=subject,
        source=series.source,
        device=series.device,
        severity=limit.severity,
        title=f"{what} too {'high' if is_high else 'low'}",
        detail=f"{worst} at {series.device}, the {'most' if is_high else 'least'} allowed is "
        f"{edge}; out of range since {since}, for at least {age(limit.for_s)}.",
        observed_at=series.since,
        says=says,
        rests_on=series.turned,
        opened_by=f"{series.source} {subject} {series.since.isoformat()}",
    )


def due(memory: Memory, _settings: JudgeSettings) -> datetime | None:
    """When the first of those that wait has waited long enough."""
    return min(memory.waiting.values(), default=None)


READING_OUT_OF_RANGE: Final = Rule(
    name="reading_out_of_range", hears=(ReadingsTaken, Tick), memory=Memory, find=find, due=due
)

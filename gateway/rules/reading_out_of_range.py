"""A metric is out of its range for long enough; clears when it is back for as long.

It fails to the safe side, so each half has its clock. A reading out of range is told once nothing
better was heard for long enough, by the device's clock or by the journal's (ticks): a probe that
falls silent hides nothing. It clears by readings alone, by the device's clock: silence is no proof
that the goods are cold again.

A reading that comes after one that was observed later says nothing about now, and is told all the
same if nobody was told of that time (`gateway.past`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from contract.messages import Evidence, Reading, ReadingsTaken
from gateway.entry import Tick
from gateway.past import Gap, Past
from gateway.rule import Fact, Finding, Rule, evidence, is_ahead, remember
from gateway.settings import JudgeSettings, Limit
from gateway.wording import age, capital, clock_time, quantity

GAP_S_MIN: Final = 1.0
"""A time without readings that is shorter is none, where a range is left at once."""


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
    past: Past = msgspec.field(default_factory=Past)
    """Of a series that is in its range, the open stretch begins at `heard_at`."""


class Memory(msgspec.Struct):
    """Series by source, device and metric; `waiting` are those out of range whose time runs."""

    series: dict[str, Series] = {}
    waiting: dict[str, datetime] = {}


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


@lru_cache(maxsize=8)
def _limits(settings: JudgeSettings) -> dict[str, dict[str, Bounds]]:
    """Limits by metric, then by device (empty for all)."""
    by_metric: dict[str, dict[str, Bounds]] = {}
    for limit in settings.readings:
        by_metric.setdefault(limit.metric, {})[limit.device] = bounds_of(limit)
    return by_metric


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """Findings when a range is left for long enough, and when it is kept again."""
    limits = _limits(fact.settings)
    if isinstance(fact.message, ReadingsTaken):
        source = fact.entry.source
        for reading in fact.message.readings:
            devices = limits.get(reading.metric)
            bounds = devices and (devices.get(reading.device) or devices.get(""))
            if not bounds:
                continue
            key = f"{source}\n{reading.device}\n{reading.metric}"
            if not _is_quiet(key, memory, reading, bounds):
                yield from _heard(key, fact, memory, reading, bounds)
        return
    for key, until in list(memory.waiting.items()):
        series = memory.series.get(key)
        devices = limits.get(series.metric, {}) if series else {}
        bounds = devices.get(series.device) or devices.get("") if series else None
        if series is None or bounds is None or not series.is_out:
            memory.waiting.pop(key)
        elif until <= fact.now:
            yield from _settled(fact, memory, key, bounds)


def _is_quiet(key: str, memory: Memory, reading: Reading, bounds: Bounds) -> bool:
    """Whether a series is in its range and stays there, as most do; then this is all of it."""
    value, series = reading.value, memory.series.get(key)
    if (
        series is None
        or series.is_out
        or series.is_raised
        or not bounds.low <= value <= bounds.high
        or not _NONE <= reading.observed_at - series.heard_at < bounds.least
    ):
        return False
    series.value, series.heard_at, series.unit = value, reading.observed_at, reading.unit
    return True


_NONE: Final = timedelta()


def _heard(
    key: str, fact: Fact, memory: Memory, reading: Reading, bounds: Bounds
) -> Iterator[Finding]:
    is_out = bounds.beyond(reading.value) > 0
    at, series = reading.observed_at, memory.series.get(key)
    if series is None:
        series = _begun(fact, reading, bounds)
        remember(memory.series, key, series)
    elif at < series.heard_at:
        if not is_ahead(series.heard_at, fact.now):
            yield from _heard_late(key, fact, memory, reading, bounds)
            return
        _begin_anew(fact, series, at, bounds)
    elif series.is_out and not is_out and at - series.since >= bounds.lasting:
        yield from _settled(fact, memory, key, bounds)  # until now nothing better was heard
    _continue(fact, series, reading, bounds)
    if series.is_out == series.is_raised:
        memory.waiting.pop(key, None)
    elif at - series.since >= bounds.lasting and (is_out or not fact.is_late):
        yield from _settled(fact, memory, key, bounds)
    elif series.is_out and key not in memory.waiting:
        memory.waiting[key] = series.since_told + bounds.lasting


def _heard_late(
    key: str, fact: Fact, memory: Memory, reading: Reading, bounds: Bounds
) -> Iterator[Finding]:
    """What came late says nothing about now; but that a range was left is never left unsaid."""
    series = memory.series[key]
    at, past, beyond = reading.observed_at, series.past, bounds.beyond(reading.value)
    if not series.is_out:
        past.well_at = series.heard_at
    is_now = past.is_open(at)  # it was not in range since
    if beyond > 0 and is_now and beyond > bounds.beyond(series.worst):
        series.worst = reading.value
    if is_now and not series.is_raised:
        yield from _begins_earlier(key, fact, memory, reading, bounds)
    elif beyond <= 0:
        past.was_well(at, bounds.least, series.heard_at)
    else:
        if series.is_raised and not series.is_out:
            series.since = max(series.since, at)  # it was not back all the time
        if past.was_bad(at, bounds.lasting):
            yield _told_late(fact, series, reading, bounds)


def _begins_earlier(
    key: str, fact: Fact, memory: Memory, reading: Reading, bounds: Bounds
) -> Iterator[Finding]:
    """Late, of a series that is out of range and was not told yet: perhaps it is out for longer."""
    series, at = memory.series[key], reading.observed_at
    if at >= series.since:
        return  # in range or not: that it is out since then is the worse, and stays
    if bounds.beyond(reading.value) <= 0:
        series.past.was_well(at, bounds.least, series.heard_at)
        return
    series.since, series.turned = at, _evidence(fact, reading)
    if series.heard_at - at >= bounds.lasting:
        yield from _settled(fact, memory, key, bounds)


def _begun(fact: Fact, reading: Reading, bounds: Bounds) -> Series:
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
        turned=_evidence(fact, reading),
        past=past,
    )


def _begin_anew(fact: Fact, series: Series, at: datetime, bounds: Bounds) -> None:
    """The clock was ahead: what it stamped is not known by its time."""
    series.past = Past(told_from=at if series.is_out and series.is_raised else None)
    if not series.is_out:
        series.past.well(at, bounds.least)
    series.heard_at, series.since, series.since_told = at, at, fact.now


def _continue(fact: Fact, series: Series, reading: Reading, bounds: Bounds) -> None:
    """Note a reading that is not older than the last."""
    at, past, beyond = reading.observed_at, series.past, bounds.beyond(reading.value)
    is_out = beyond > 0
    if is_out != series.is_out:
        if is_out:
            past.well_at, past.told_from = series.heard_at, at if series.is_raised else None
        else:
            past.well(at, bounds.least)
        series.is_out, series.since, series.since_told = is_out, at, fact.now
        series.turned = _evidence(fact, reading)
        if is_out and not series.is_raised:
            series.worst = reading.value
    elif not is_out:
        past.note(Gap(series.heard_at, at), bounds.least)
    series.value, series.heard_at, series.unit = reading.value, at, reading.unit
    if is_out and beyond > bounds.beyond(series.worst):
        series.worst = reading.value


def _evidence(fact: Fact, reading: Reading) -> Evidence:
    return evidence(fact.entry, _says(reading.metric, reading.value, reading.unit))


def _says(metric: str, value: float, unit: str) -> str:
    return f"{metric} {quantity(value, unit)}"


def _settled(fact: Fact, memory: Memory, key: str, bounds: Bounds) -> Iterator[Finding]:
    """The series stayed on its side for long enough."""
    series = memory.series[key]
    memory.waiting.pop(key, None)
    if series.is_out == series.is_raised:
        return
    series.is_raised = series.is_out
    if series.is_raised:
        series.past.told_from = series.since
        yield _raises(fact, series, bounds)
    else:
        yield _clears(fact, series)


def _raises(fact: Fact, series: Series, bounds: Bounds) -> Finding:
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


def _clears(fact: Fact, series: Series) -> Finding:
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


def _told_late(fact: Fact, series: Series, reading: Reading, bounds: Bounds) -> Finding:
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
        rests_on=_evidence(fact, reading),
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


def due(memory: Memory, _settings: JudgeSettings) -> datetime | None:
    """When the first of those that wait has waited long enough."""
    return min(memory.waiting.values(), default=None)


READING_OUT_OF_RANGE: Final = Rule(
    name="reading_out_of_range", hears=(ReadingsTaken, Tick), memory=Memory, find=find, due=due
)

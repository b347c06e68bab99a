"""A metric is out of its range for long enough; clears when it is back for as long.

It fails to the safe side, so each half has its clock. A reading out of range is told once nothing
better was heard for long enough, by the device's clock or by the journal's (ticks): a probe that
falls silent hides nothing. It clears by readings alone, by the device's clock: silence is no proof
that the goods are cold again.

A reading that comes after one that was observed later says nothing about now, and is told all the
same if nobody was told of that time (`gateway.judge.past`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from contract.messages import Reading, ReadingsTaken
from gateway.adapters.heard import ForeignHeard
from gateway.adapters.readings import values_of
from gateway.entry import Tick
from gateway.judge.past import Gap, Past
from gateway.judge.rule import Fact, Finding, Rule, is_ahead, remember
from gateway.judge.series import (
    Bounds,
    Series,
    begun,
    bounds_of,
    clears,
    raises,
    said_by,
    told_late,
)
from gateway.judge.settings import JudgeSettings


class Memory(msgspec.Struct):
    """Series by source, device and metric; `waiting` are those out of range whose time runs."""

    series: dict[str, Series] = {}
    waiting: dict[str, datetime] = {}


Limits = dict[str, dict[str, Bounds]]
"""By metric, then by device (empty for all)."""


@lru_cache(maxsize=8)
def _limits(settings: JudgeSettings) -> Limits:
    by_metric: Limits = {}
    for limit in settings.readings:
        by_metric.setdefault(limit.metric, {})[limit.device] = bounds_of(limit)
    return by_metric


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """Findings when a range is left for long enough, and when it is kept again."""
    said = fact.message
    if isinstance(said, ReadingsTaken):
        yield from _of_readings(fact, memory, said)
    elif isinstance(said, ForeignHeard):
        yield from _of_strangers(fact, memory, said)
    else:
        yield from _of_waiting(fact, memory)


def _of_readings(fact: Fact, memory: Memory, taken: ReadingsTaken) -> Iterator[Finding]:
    limits, source = _limits(fact.settings), fact.entry.source
    for reading in taken.readings:
        devices = limits.get(reading.metric)
        bounds = devices and (devices.get(reading.device) or devices.get(""))
        if not bounds:
            continue
        key = f"{source}\n{reading.device}\n{reading.metric}"
        series, at = memory.series.get(key), reading.observed_at
        if not _is_quiet(series, reading.value, reading.unit, at, bounds):
            yield from _heard(key, fact, memory, reading, bounds)


def _of_strangers(fact: Fact, memory: Memory, heard: ForeignHeard) -> Iterator[Finding]:
    # There may be a million a minute: what is quiet becomes no object.
    limits, source = _limits(fact.settings), fact.entry.source
    for device, metric, value, unit, at in values_of(heard, limits):
        devices = limits[metric]
        bounds = devices.get(device) or devices.get("")
        if not bounds:
            continue
        key = f"{source}\n{device}\n{metric}"
        if not _is_quiet(memory.series.get(key), value, unit, at, bounds):
            reading = Reading(device=device, metric=metric, value=value, unit=unit, observed_at=at)
            yield from _heard(key, fact, memory, reading, bounds)


def _of_waiting(fact: Fact, memory: Memory) -> Iterator[Finding]:
    limits = _limits(fact.settings)
    for key, until in list(memory.waiting.items()):
        series = memory.series.get(key)
        devices = limits.get(series.metric, {}) if series else {}
        bounds = devices.get(series.device) or devices.get("") if series else None
        if series is None or bounds is None or not series.is_out:
            memory.waiting.pop(key)
        elif until <= fact.now:
            yield from _settled(fact, memory, key, bounds)


def _is_quiet(series: Series | None, value: float, unit: str, at: datetime, bounds: Bounds) -> bool:
    """Whether a series is in its range and stays there, as most do; then this is all of it."""
    if (
        series is None
        or series.is_out
        or series.is_raised
        or not bounds.low <= value <= bounds.high
        or not _NONE <= at - series.heard_at < bounds.least
    ):
        return False
    series.value, series.heard_at, series.unit = value, at, unit
    return True


_NONE: Final = timedelta()


def _heard(
    key: str, fact: Fact, memory: Memory, reading: Reading, bounds: Bounds
) -> Iterator[Finding]:
    is_out = bounds.beyond(reading.value) > 0
    at, series = reading.observed_at, memory.series.get(key)
    if series is None:
        series = begun(fact, reading, bounds)
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
            yield told_late(fact, series, reading, bounds)


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
    series.since, series.turned = at, said_by(fact, reading)
    if series.heard_at - at >= bounds.lasting:
        yield from _settled(fact, memory, key, bounds)


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
        series.turned = said_by(fact, reading)
        if is_out and not series.is_raised:
            series.worst = reading.value
    elif not is_out:
        past.note(Gap(series.heard_at, at), bounds.least)
    series.value, series.heard_at, series.unit = reading.value, at, reading.unit
    if is_out and beyond > bounds.beyond(series.worst):
        series.worst = reading.value


def _settled(fact: Fact, memory: Memory, key: str, bounds: Bounds) -> Iterator[Finding]:
    """The series stayed on its side for long enough."""
    series = memory.series[key]
    memory.waiting.pop(key, None)
    if series.is_out == series.is_raised:
        return
    series.is_raised = series.is_out
    if series.is_raised:
        series.past.told_from = series.since
        yield raises(fact, series, bounds)
    else:
        yield clears(fact, series)


def due(memory: Memory, _settings: JudgeSettings) -> datetime | None:
    """When the first of those that wait has waited long enough."""
    return min(memory.waiting.values(), default=None)


READING_OUT_OF_RANGE: Final = Rule(
    name="reading_out_of_range",
    hears=(ReadingsTaken, ForeignHeard, Tick),
    memory=Memory,
    find=find,
    due=due,
)

"""That a range was left is told, in whatever order the readings came: by the kept ones alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

from contract.messages import Reading, ReadingsTaken
from gateway.adapters.heard import ForeignHeard
from gateway.adapters.readings import values_of
from gateway.entry import Entry
from gateway.judge.settings import Limit
from tests.faults.books import Books
from tests.faults.world import LIMITS, World

CLOCKS: Final = ("agent's clock", "gateway's clock")


class Heard(NamedTuple):
    """A value, and where in the journal it stands."""

    value: float
    position: int


class Run(NamedTuple):
    """Readings that follow each other on one side of a limit."""

    is_out: bool
    begin: datetime
    heard: int
    """Where the first of them stands that was heard."""


Values = dict[datetime, Heard]
Measured = dict[tuple[str, str, str], Values]
"""By source, device and metric."""


def unsaid(world: World, books: Books) -> Iterator[str]:
    """Each range that was left for long enough, and of which nobody was told."""
    if world.plan.has(*CLOCKS):
        return  # the order in which things were observed is not known
    told: Counter[tuple[str, str]] = Counter()
    for alert in books.alerts.values():
        if alert.rule == "reading_out_of_range":
            told[alert.source, alert.subject] += alert.times
    limits = {limit.metric: limit for limit in LIMITS}
    for (source, device, metric), values in _measured(books.entries, limits.keys()).items():
        limit = limits[metric]
        left = excursions(values, limit)
        # With a minimum duration, two that are close to each other are told as one.
        wanted = min(left, 1) if limit.for_s else left
        times = told[source, f"{device} {metric}"]
        if times < wanted:
            yield f"{device} at {source} left its range of {metric} {left} times, told {times}"


def excursions(values: Values, limit: Limit) -> int:
    """How often a range was left for long enough, by the device's clock."""
    runs = _joined(_runs(values, limit))
    ends = [run.begin for run in runs[1:]] + [max(values)]
    return sum(
        run.is_out and (end - run.begin).total_seconds() >= limit.for_s
        for run, end in zip(runs, ends, strict=True)
    )


def _runs(values: Values, limit: Limit) -> list[Run]:
    assert limit.high is not None
    high = limit.high
    in_order = groupby(sorted(values.items()), lambda one: one[1].value > high)
    some = [(is_out, list(run)) for is_out, run in in_order]
    return [Run(is_out, run[0][0], min(heard.position for _, heard in run)) for is_out, run in some]


def _joined(runs: list[Run]) -> list[Run]:
    """Two that were told as one stay one, when it is heard later that it was well in between."""
    joined: list[Run] = []
    for run in runs:
        if len(joined) >= 2 and run.is_out and joined[-1].heard > max(joined[-2].heard, run.heard):
            joined.pop()
        else:
            joined.append(run)
    return joined


def _measured(entries: Iterable[Entry], metrics: Iterable[str]) -> Measured:
    wanted = frozenset(metrics)
    measured: Measured = defaultdict(dict)
    for entry in entries:
        for one in _readings(entry, wanted):
            if one.metric in wanted:
                heard = Heard(one.value, entry.position)
                measured[entry.source, one.device, one.metric][one.observed_at] = heard
    return measured


def _readings(entry: Entry, wanted: frozenset[str]) -> tuple[Reading, ...]:
    if isinstance(entry.message, ForeignHeard):
        return tuple(
            Reading(device=device, metric=metric, value=value, unit=unit, observed_at=at)
            for device, metric, value, unit, at in values_of(entry.message, wanted)
        )
    is_kept = entry.kind == "kept" and isinstance(entry.message, ReadingsTaken)
    return entry.message.readings if is_kept else ()  # type: ignore[union-attr]  # it is what it is asked for

"""A scanner's pictures no longer look like those its model was made for; clears when they do.

That they did not once is told too if it is heard late (`gateway.judge.past`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from contract.messages import DRIFT_METRIC, DRIFT_PICTURES_METRIC, Reading, ReadingsTaken
from gateway.judge.past import Past
from gateway.judge.rule import Fact, Finding, Rule, is_ahead, remember
from gateway.judge.wording import capital, clock_time, listed

FEATURES: Final = {
    "covered": "how much of the picture is filled",
    "brightness": "brightness",
    "saturation": "colour",
    "sharpness": "sharpness",
    "score": "the model's scores",
}
"""What an agent compares, as people call it."""


class Last(msgspec.Struct, kw_only=True):
    """The last report of a scanner."""

    heard_at: datetime
    is_raised: bool
    past: Past = msgspec.field(default_factory=Past)


class Memory(msgspec.Struct):
    """Scanners by source and device."""

    scanners: dict[str, Last] = {}


def find(fact: Fact, memory: Memory) -> Iterator[Finding]:
    """A finding when a report says that pictures moved, and one when a later one says settled."""
    taken = fact.message
    assert isinstance(taken, ReadingsTaken)  # noqa: S101 - the rule hears nothing else
    for reading in taken.readings:
        if reading.metric == DRIFT_METRIC:
            yield from _reported(fact, memory, reading, taken)


def _reported(
    fact: Fact, memory: Memory, worst: Reading, taken: ReadingsTaken
) -> Iterator[Finding]:
    key = f"{fact.entry.source}\n{worst.device}"
    at, before = worst.observed_at, memory.scanners.get(key)
    was_raised = before is not None and before.is_raised
    bounds = fact.settings.pictures
    # Between the two bounds it stays as it was: a scanner on the edge of one does not flicker.
    bound = bounds.settled_max if was_raised else bounds.moved_min
    is_raised = worst.value > bound if was_raised else worst.value >= bound
    others = {one.metric: one.value for one in taken.readings if one.device == worst.device}
    if before is not None and _is_late(fact, before, at, is_raised=is_raised):
        if worst.value <= bounds.settled_max:
            before.past.was_well(at, _NONE, before.heard_at)
        elif worst.value >= bounds.moved_min and before.past.was_bad(at, _NONE):
            yield _raises(fact, worst, others, is_passed=True)
        return
    past = before.past if before is not None and at >= before.heard_at else Past()
    if is_raised:
        past.told_from = past.told_from or at
    else:
        past.well(at, _NONE)
    remember(memory.scanners, key, Last(heard_at=at, is_raised=is_raised, past=past))
    if is_raised and not was_raised:
        yield _raises(fact, worst, others)
    elif was_raised and not is_raised:
        yield _clears(fact, worst, others)


_NONE: Final = timedelta()


def _is_late(fact: Fact, last: Last, at: datetime, *, is_raised: bool) -> bool:
    """Whether it says nothing about now; nor does what is late in its stream turn a state back."""
    if fact.is_late and last.is_raised and not is_raised:
        return True
    return at < last.heard_at and not is_ahead(last.heard_at, fact.now)


def _raises(
    fact: Fact, worst: Reading, others: dict[str, float], *, is_passed: bool = False
) -> Finding:
    bounds = fact.settings.pictures
    moved = [
        f"{words} ({others[f'{DRIFT_METRIC}_{name}']:.2f})"
        for name, words in FEATURES.items()
        if others.get(f"{DRIFT_METRIC}_{name}", 0.0) >= bounds.moved_min
    ]
    what = f" What differs most: {listed(moved)}." if moved else ""
    return Finding(
        effect="passed" if is_passed else "raises",
        subject=f"{worst.device} pictures",
        source=fact.entry.source,
        device=worst.device,
        severity=bounds.severity,
        title="Pictures have changed",
        detail=f"{capital(_last(others))} of {worst.device} up to "
        f"{clock_time(worst.observed_at, fact.now)} no longer look like those that its model was "
        f"made for.{what} From {bounds.moved_min:g} on, what the model's passport says of hits "
        "and false alarms does not hold: look at the scanner, or adapt the model to it.",
        observed_at=worst.observed_at,
        says=_says(worst),
    )


def _clears(fact: Fact, worst: Reading, others: dict[str, float]) -> Finding:
    return Finding(
        effect="clears",
        subject=f"{worst.device} pictures",
        source=fact.entry.source,
        device=worst.device,
        detail=f"{capital(_last(others))} of {worst.device} up to "
        f"{clock_time(worst.observed_at, fact.now)} look like those that its model was made for "
        f"({worst.value:.2f}).",
        observed_at=worst.observed_at,
        says=_says(worst),
    )


def _last(others: dict[str, float]) -> str:
    pictures = others.get(DRIFT_PICTURES_METRIC)
    return f"the last {pictures:,.0f} pictures" if pictures else "the last pictures"


def _says(worst: Reading) -> str:
    return f"pictures differ by {worst.value:.2f}"


PICTURES_CHANGED: Final = Rule(
    name="pictures_changed", hears=(ReadingsTaken,), memory=Memory, find=find
)

"""Whether pictures and scores still look as they did when the model was measured.

A passport carries histograms of a few plain features. A scanner that was serviced, a palette that
was changed, another kind of traffic: they show here long before anybody notices missed bags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Self

BINS = 16
SETTLED_MAX = 0.1
"""Population stability index up to which nothing has happened."""
MOVED_MIN = 0.25
"""From here on the figures of the passport no longer hold."""
RANGES = {
    "covered": (0.0, 1.0),
    "brightness": (0.0, 1.0),
    "saturation": (0.0, 1.0),
    "sharpness": (0.0, 0.064),
    "score": (0.0, 1.0),
}
"""What is watched, and from where to where: share of the picture that shows something; mean
brightness and saturation of that; mean step between neighbouring pixels; the loudest score."""


@dataclass(frozen=True)
class Histogram:
    """How often a feature fell into each of `BINS` equal parts of its range."""

    counts: tuple[int, ...]

    @classmethod
    def of(cls, values: Sequence[float], low: float, high: float) -> Self:
        """Count; what lies outside falls into the nearest part."""
        counts = [0] * BINS
        for value in values:
            counts[place(value, low, high)] += 1
        return cls(tuple(counts))


def place(value: float, low: float, high: float) -> int:
    """Return the part of a range that a value falls into; what lies outside, the nearest."""
    return min(max(int((value - low) / (high - low) * BINS), 0), BINS - 1)


def histograms(values: Mapping[str, Sequence[float]]) -> dict[str, Histogram]:
    """Return one histogram per feature."""
    return {name: Histogram.of(seen, *RANGES[name]) for name, seen in values.items() if seen}


def shift(reference: Histogram, seen: Histogram) -> float:
    """Return the population stability index: 0 the same, above `MOVED_MIN` another world.

    Less what chance alone makes of so few pictures: two samples of the same traffic differ by about
    the number of parts over the number of pictures.
    """
    # Half a picture in every part: an empty one is not impossible.
    then, now = ([n + 0.5 for n in histogram.counts] for histogram in (reference, seen))
    shares = [(t / sum(then), n / sum(now)) for t, n in zip(then, now, strict=True)]
    index = sum((n - t) * log(n / t) for t, n in shares)
    parts = sum(1 for t, n in zip(reference.counts, seen.counts, strict=True) if t or n)
    totals = (sum(reference.counts), sum(seen.counts))
    by_chance = sum((parts - 1) / total for total in totals if total)
    return max(0.0, index - by_chance)


def shifts(reference: Mapping[str, Histogram], seen: Mapping[str, Histogram]) -> dict[str, Any]:
    """Return the index of every feature that both have, and what the largest means."""
    found = {
        name: round(shift(reference[name], seen[name]), 3) for name in reference if name in seen
    }
    worst = max(found.values(), default=0.0)
    verdict = "settled" if worst <= SETTLED_MAX else "moving" if worst < MOVED_MIN else "moved"
    return {"stability_index": found, "verdict": verdict}

"""From a score to a likelihood ratio: how much more often a bag with it says so than one without.

Not a probability: how rare smugglers are belongs to the case, not to the model. The steps only
rise, and end where the data end: what no harmless bag ever said has a lower limit and no upper one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import exp, log, sqrt
from typing import Any

from models.rates import Z_95

STEPS_MAX = 8
BAGS_MIN = 30  # of each kind; fewer say nothing


@dataclass(frozen=True)
class Step:
    """The ratio for all scores from `score` up to the next step."""

    score: float
    ratio: float
    low: float
    high: float | None
    """Interval of 95 %; None where no harmless bag was ever so loud: the data end here."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def steps(threats: Sequence[float], harmless: Sequence[float]) -> tuple[Step, ...]:
    """Return rising steps from the loudest score of each bag with and without the class.

    Nothing where there are fewer than `BAGS_MIN` bags of either kind.
    """
    if min(len(threats), len(harmless)) < BAGS_MIN:
        return ()
    edges = _edges(threats, harmless)
    counted = [
        (edge, _between(threats, edge, to), _between(harmless, edge, to))
        for edge, to in zip(edges, [*edges[1:], float("inf")], strict=True)
    ]
    with_, without = len(threats), len(harmless)
    return tuple(_step(*one, with_, without) for one in _rising(counted, with_, without))


def ratio_of(found: Sequence[Step], score: float) -> Step | None:
    """Return the step of a score; none below the first."""
    return next((step for step in reversed(found) if score >= step.score), None)


def _between(scores: Iterable[float], low: float, high: float) -> int:
    return sum(low <= score < high for score in scores)


def _edges(threats: Sequence[float], harmless: Sequence[float]) -> list[float]:
    """Return where steps may begin: quantiles of both kinds, so that no step is empty of both."""
    parts = STEPS_MAX // 2
    loud = [
        ordered[len(ordered) * part // parts]
        for ordered in (sorted(threats), sorted(harmless))
        for part in range(parts)
    ]
    # What lies above the loudest harmless bag is a step of its own: there the data end.
    last = max(harmless) + 1e-4
    return sorted({0.0, *(round(min(score, last), 4) for score in [*loud, last])})


def _rising(
    counted: Sequence[tuple[float, int, int]], with_: int, without: int
) -> list[tuple[float, int, int]]:
    """Merge neighbours until ratios rise (pool adjacent violators) and no step is empty."""
    pooled: list[tuple[float, int, int]] = []
    for one in counted:
        pooled.append(one)
        while len(pooled) > 1 and (
            _ratio(*pooled[-1][1:], with_, without) <= _ratio(*pooled[-2][1:], with_, without)
            or pooled[-1][1] + pooled[-1][2] == 0
        ):
            _, hits, cries = pooled.pop()
            edge, before_hits, before_cries = pooled.pop()
            pooled.append((edge, before_hits + hits, before_cries + cries))
    return pooled


def _ratio(hits: int, cries: int, with_: int, without: int) -> float:
    """Return the ratio with half a bag added on each side: no bag seen is not never."""
    return ((hits + 0.5) / (with_ + 1)) / ((cries + 0.5) / (without + 1))


def _step(score: float, hits: int, cries: int, with_: int, without: int) -> Step:
    """Return a step with its interval (Katz's logarithm method)."""
    ratio = _ratio(hits, cries, with_, without)
    variance = 1 / (hits + 0.5) - 1 / (with_ + 1) + 1 / (cries + 0.5) - 1 / (without + 1)
    half = Z_95 * sqrt(max(variance, 0.0))
    high = round(exp(log(ratio) + half), 3) if cries else None
    return Step(score, round(ratio, 3), round(exp(log(ratio) - half), 3), high)

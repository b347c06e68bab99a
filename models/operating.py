"""The operating point: thresholds that find the most for the false alarms allowed, all together.

Equal shares of the false alarms waste them: what one class finds for one more may be ten times what
another does. On half of the bags they go, one after the other, to the class that finds most for
them; that says how the classes stand to each other. On the other half all thresholds are moved
together (`calibration`) until new honest bags are stopped as rarely as wanted: on the bags that
eight thresholds were chosen on they would seem better than they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.calibration import calibrate
from models.evaluation import FLOOR, SURE_MAX, Look, hits, loudest

STEP = 1e-4  # above the loudest bag that must stay silent
TIMES = 3.0
"""How many more false alarms the classes are weighed at than are wanted: there are too few of them
otherwise, and it would be their chance that is weighed."""
PAIR = 2  # every other bag of a trial is honest: both halves must get both


def operating_point(
    looks: Sequence[Look], false_alarms_max: float, kinds: Sequence[str]
) -> dict[str, float]:
    """Return the thresholds of `kinds` that find most.

    `false_alarms_max` is per new honest bag, all classes together. With too few honest bags for it
    every threshold lies above the loudest of them.
    """
    halves: tuple[list[Look], list[Look]] = ([], [])
    for place, one in enumerate(looks):
        halves[place // PAIR % 2].append(one)
    weighed = weigh(halves[0], TIMES * false_alarms_max, kinds)
    harmless = [one for one in halves[1] if not one.truths]
    return calibrate(harmless, weighed, false_alarms_max).thresholds


def weigh(looks: Sequence[Look], false_alarms_max: float, kinds: Sequence[str]) -> dict[str, float]:
    """Return the thresholds that find most of what is hidden in these very bags."""
    honest = [one for one in looks if not one.truths]
    allowed = int(false_alarms_max * len(honest))
    table = {kind: _Kind.of(kind, looks, honest) for kind in kinds}
    level = dict.fromkeys(kinds, 0)
    stopped: frozenset[int] = frozenset()
    while offers := [
        offer
        for kind in kinds
        for offer in _offers(kind, table[kind], level[kind], stopped, allowed)
        if offer.gain > 0
    ]:
        best = max(offers, key=lambda offer: (offer.gain, -len(offer.stopped)))
        level[best.kind], stopped = best.level, best.stopped
    return {kind: table[kind].thresholds[level[kind]] for kind in kinds}


@dataclass(frozen=True)
class _Kind:
    """One class on the bags that thresholds are chosen on; a level lets that many bags cry."""

    bags: tuple[int, ...]
    """The honest bags, the loudest first."""
    thresholds: tuple[float, ...]
    """Per level, the lowest score that lets no more bags cry."""
    found: tuple[int, ...]
    """Per level, how many hidden things of the class are found."""

    @classmethod
    def of(cls, kind: str, looks: Sequence[Look], honest: Sequence[Look]) -> _Kind:
        """Look at all that was said of a class."""
        cries = sorted(
            ((loudest(one.detections, kind), place) for place, one in enumerate(honest)),
            reverse=True,
        )
        limits = [score for score, _ in cries] + [0.0]
        thresholds = [round(min(max(limit + STEP, FLOOR), SURE_MAX), 4) for limit in limits]
        scores = sorted(
            max((d.score for d in one.detections if hits(d, truth)), default=0.0)
            for one in looks
            for truth in one.truths
            if truth.kind == kind
        )
        found = len(scores) - np.searchsorted(scores, thresholds)
        return cls(
            tuple(place for _, place in cries), tuple(thresholds), tuple(int(n) for n in found)
        )


@dataclass(frozen=True)
class _Offer:
    """Some more false alarms of one class, and what they find."""

    kind: str
    level: int
    stopped: frozenset[int]
    gain: float
    """Things found per honest bag more that is stopped."""


def _offers(
    name: str, kind: _Kind, level: int, stopped: frozenset[int], allowed: int
) -> Iterator[_Offer]:
    """Yield every lower threshold of a class that the allowance still pays for."""
    grown = stopped
    for lower in range(level + 1, len(kind.bags) + 1):
        grown = grown | {kind.bags[lower - 1]}
        if len(grown) > allowed:
            return
        cost = max(len(grown) - len(stopped), 0.5)  # who is stopped anyway costs nearly nothing
        yield _Offer(name, lower, grown, (kind.found[lower] - kind.found[level]) / cost)

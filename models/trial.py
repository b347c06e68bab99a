"""A model on trial: every figure that one wants to know of it, from looks at pictures.

samples ─▶ look_at ─▶ Look… ─▶ Trial ─▶ JSON, Markdown (`report`), plots
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from models.circumstances import CONTROL, OTHER, by, by_control
from models.drift import histograms, shifts
from models.evaluation import FLOOR, Look, announced, figures, hits, loudest
from models.features import features
from models.inference import Model
from models.passport import Passport
from models.precision import precisions
from models.rates import Figure, Rate, wilson
from models.sources import Sample

SCORE_BINS = 10
CURVE_POINTS = 60
SCHEMA = "greenlane.trial/1"


@dataclass(frozen=True)
class Trial:
    """What came out; every detection rate in it has its false alarms beside it."""

    model: str
    data: str
    """What was looked at, in a sentence; real, simulated or projected is said here."""
    pictures: int
    harmless: int
    thresholds: dict[str, float]
    figures: dict[str, Figure]
    """Per class and `any`: hidden things found, harmless bags in which it was announced."""
    bags: Figure
    """Bags with something hidden in which anything was announced, wherever in the picture."""
    by: dict[str, dict[str, Figure]]
    """Circumstance, part of it, figure; empty where the truth does not know."""
    precisions: dict[str, Any]
    reliability: list[dict[str, float]]
    curve: list[tuple[float, Figure]]
    """Margin over the thresholds (difference of logits) and the figure there."""
    latency_ms: dict[str, float]
    drift: dict[str, Any]
    items: list[dict[str, Any]]
    """Projected items: the picture's score for the class without and with it."""

    def sees_projection(self) -> bool:
        """Tell whether what is simulated is announced for having been simulated.

        It is where harmless things that look like no class raise more alarms than the pictures
        alone do, beyond both intervals: then some of the items are found for that as well.
        """
        if CONTROL not in self.by:
            return False
        return self.by[CONTROL][OTHER].false_alarm.low > self.figures["any"].false_alarm.high


def look_at(
    model: Model, samples: Iterable[Sample], clock: Callable[[], float] = time.perf_counter
) -> Iterator[Look]:
    """Yield what a model says of each sample, down to `FLOOR`, and how long it took."""
    for sample in samples:
        began = clock()
        said = model.detect(sample.pixels, FLOOR)
        taken = (clock() - began) * 1000.0
        seen = features(sample.pixels, model.passport.input_side)
        yield Look(sample.truths, said, sample.name, sample.packed, taken, seen, sample.others)


def judge(
    passport: Passport,
    looks: Sequence[Look],
    data: str,
    items: Sequence[Look] = (),
    controls: Sequence[Look] = (),
) -> Trial:
    """Return the trial of looks at pictures, and of looks at some of them with an item in it.

    `controls` are looks at them with a simulated harmless thing instead.
    """
    thresholds, kinds = passport.thresholds, passport.classes
    together = [*looks, *items]
    harmless = [one for one in looks if not one.truths]
    values = {name: [one.seen[name] for one in harmless] for name in (harmless or looks)[0].seen}
    values["score"] = [loudest(one.detections) for one in harmless]
    seen = histograms(values)
    milliseconds = [one.milliseconds for one in together]
    return Trial(
        model=passport.id,
        data=data,
        pictures=len(looks),
        harmless=len(harmless),
        thresholds=thresholds,
        figures=figures(together, thresholds),
        bags=_bags(together, thresholds),
        by=by(together, thresholds) | by_control(items, controls, thresholds),
        precisions=precisions(together, kinds),
        reliability=reliability(together),
        curve=_curve(together, thresholds),
        latency_ms={
            "median": float(np.median(milliseconds)),
            "p95": float(np.percentile(milliseconds, 95)),
            "pictures": len(milliseconds),
        },
        drift=shifts(passport.reference, seen) if passport.reference else {},
        items=_pairs(looks, items),
    )


def _bags(looks: Sequence[Look], thresholds: dict[str, float]) -> Figure:
    groups: dict[bool, list[bool]] = {True: [], False: []}
    for one in looks:
        groups[bool(one.truths)].append(bool(announced(one, thresholds)))
    found, cried = (wilson(sum(group), len(group)) for group in (groups[True], groups[False]))
    return Figure(found, cried)


def reliability(looks: Sequence[Look]) -> list[dict[str, float]]:
    """Return per tenth of the scores how many boxes were said and which share of them was right.

    The share holds for this mixture of bags alone; scores are not probabilities.
    """
    said = [(d.score, any(hits(d, t) for t in one.truths)) for one in looks for d in one.detections]
    bins = []
    for number in range(SCORE_BINS):
        low, high = number / SCORE_BINS, (number + 1) / SCORE_BINS
        inside = [(s, right) for s, right in said if low <= s < high or (s == high == 1.0)]
        if inside:
            rate = wilson(sum(right for _, right in inside), len(inside))
            mean = float(np.mean([s for s, _ in inside]))
            bins.append({"score": mean, "boxes": len(inside)} | _flat(rate))
    return bins


def _flat(rate: Rate) -> dict[str, float]:
    return {"right_low": rate.low, "right_high": rate.high, "right": rate.value}


def margin(score: float, threshold: float) -> float:
    """Return by how much a score passes its threshold, as a difference of logits."""
    score, threshold = (min(max(p, 1e-6), 1 - 1e-6) for p in (score, threshold))
    return log(score / (1 - score)) - log(threshold / (1 - threshold))


def _curve(looks: Sequence[Look], thresholds: dict[str, float]) -> list[tuple[float, Figure]]:
    """Return what all thresholds moved together would give: margin 0 is where they stand."""
    things = [
        (
            one,
            truth,
            [margin(d.score, thresholds[d.kind]) for d in one.detections if hits(d, truth)],
        )
        for one in looks
        for truth in one.truths
    ]
    best = np.asarray([max(margins, default=-99.0) for _, _, margins in things])
    loud = np.asarray(
        [
            max((margin(d.score, thresholds[d.kind]) for d in one.detections), default=-99.0)
            for one in looks
            if not one.truths
        ]
    )
    if not (best.size and loud.size):
        return []
    levels = np.unique(np.quantile(np.append(loud, 0.0), np.linspace(0, 1, CURVE_POINTS)))
    return [
        (
            float(level),
            Figure(
                wilson(int((best >= level).sum()), best.size),
                wilson(int((loud >= level).sum()), loud.size),
            ),
        )
        for level in levels
        if level > -90.0  # noqa: PLR2004 - nothing was said at all
    ]


def _pairs(looks: Sequence[Look], items: Sequence[Look]) -> list[dict[str, Any]]:
    before = {one.name: one for one in looks}
    pairs = []
    for one in items:
        (truth,) = one.truths
        pairs.append(
            {
                "picture": one.name,
                "class": truth.kind,
                "box": [round(edge, 1) for edge in truth.box],
                "score_without": round(loudest(before[one.name].detections, truth.kind), 4),
                "score_with": round(
                    max((d.score for d in one.detections if hits(d, truth)), default=0.0), 4
                ),
            }
        )
    return pairs

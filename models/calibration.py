"""Thresholds for a wanted rate of false alarms, from a few hundred harmless pictures.

One number is chosen, not one per class: all thresholds move together by a difference of logits. A
new harmless bag is then louder than the chosen level with probability (allowed + 1) / (n + 1),
whatever the scores' distribution, if it comes from where the n came from. Six thresholds chosen
one by one on so few pictures would cost six times that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, floor, log

from models.evaluation import FLOOR, SURE_MAX, Look
from models.trial import margin

STEP = 1e-3  # above the loudest bag that must stay silent, in logits
SPREAD_LOGITS_MAX = 1.5  # how far a class may stand from the middle of all
SILENT = -99.0


@dataclass(frozen=True)
class Calibrated:
    """What was chosen, and what it promises."""

    thresholds: dict[str, float]
    bags: int
    allowed: int
    """Harmless bags of those that are stopped."""
    expected: float
    """The rate of false alarms on new bags of the same kind."""


def calibrate(harmless: Sequence[Look], base: dict[str, float], false_alarms: float) -> Calibrated:
    """Move the thresholds `base` together until new harmless bags are stopped as rarely as wanted.

    With too few bags for the wanted rate the thresholds lie above the loudest of them, and
    `expected` says what that can promise.
    """
    if not harmless:
        raise ValueError("there is no harmless picture to choose thresholds on")
    loud = sorted(
        (
            max((margin(d.score, base[d.kind]) for d in one.detections), default=SILENT)
            for one in harmless
        ),
        reverse=True,
    )
    allowed = max(0, floor(false_alarms * (len(loud) + 1)) - 1)
    level = loud[allowed] + STEP
    moved = {kind: _moved(score, level) for kind, score in base.items()}
    return Calibrated(moved, len(loud), allowed, (allowed + 1) / (len(loud) + 1))


def levelled(base: dict[str, float]) -> dict[str, float]:
    """Return thresholds drawn together: one class must not stand far from all others by chance."""
    logits = {kind: log(score / (1 - score)) for kind, score in base.items()}
    middle = sorted(logits.values())[len(logits) // 2]
    return {
        kind: _score(max(middle - SPREAD_LOGITS_MAX, min(logit, middle + SPREAD_LOGITS_MAX)))
        for kind, logit in logits.items()
    }


def _moved(score: float, by: float) -> float:
    chosen = _score(log(score / (1 - score)) + max(by, -20.0))
    # Rounded up: down would let the loudest silent bag through.
    return round(min(max(chosen + 5e-6, FLOOR), SURE_MAX), 5)


def _score(logit: float) -> float:
    return 1.0 / (1.0 + exp(-logit))

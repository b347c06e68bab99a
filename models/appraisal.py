"""What a passport says beyond its figures: likelihood ratios, and how things looked at the time."""

from __future__ import annotations

from collections.abc import Sequence

from models.drift import Histogram, histograms
from models.evaluation import Look, loudest
from models.likelihood import Step, steps


def likelihood_of(looks: Sequence[Look], kinds: Sequence[str]) -> dict[str, tuple[Step, ...]]:
    """Return the steps of each class; a class with too few bags is left out."""
    harmless = [one for one in looks if not one.truths]
    found = {}
    for kind in kinds:
        hidden = [one for one in looks if any(t.kind == kind for t in one.truths)]
        of_kind = steps(
            [loudest(one.detections, kind) for one in hidden],
            [loudest(one.detections, kind) for one in harmless],
        )
        if of_kind:
            found[kind] = of_kind
    return found


def reference_of(looks: Sequence[Look]) -> dict[str, Histogram]:
    """Return histograms of features and of the loudest score over the harmless pictures."""
    harmless = [one for one in looks if not one.truths and one.seen]
    if not harmless:
        return {}
    values = {name: [one.seen[name] for one in harmless] for name in harmless[0].seen}
    return histograms(values | {"score": [loudest(one.detections) for one in harmless]})

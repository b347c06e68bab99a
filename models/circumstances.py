"""By which circumstances things are found: how thick, under what, how concealed, beside what.

Each row of a table has its own things and, beside them, the false alarms that go with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from models.evaluation import Found, Look, announced, found_in, rate_of
from models.rates import Figure, Rate, wilson
from models.xray.contents import LOOKALIKES

THICKNESS = ("absorbed", (0.3, 1.0, 2.0))
OVERLAP = ("behind", (0.3, 0.8, 1.5))
"""Edges between the parts of a table, in mean -ln T of the thing and of what lies over it."""
CONTROL = "what is projected into harmless pictures where no item is"
ALIKE, OTHER = "a lookalike", "another harmless thing"


def by(looks: Sequence[Look], thresholds: dict[str, float]) -> dict[str, dict[str, Figure]]:
    """Return the figures by circumstance, for those that the truths know."""
    found = found_in(looks, thresholds)
    honest = [one for one in looks if not one.truths]
    every = _stopped(honest, thresholds)
    tables = {
        "thickness (mean -ln T of the thing)": _parts(found, *THICKNESS, every),
        "overlap (mean -ln T of all else there)": _parts(found, *OVERLAP, every),
    }
    concealed = sorted({one.truth.concealment for one in found})
    if len(concealed) > 1:
        tables["concealment"] = {
            how or "open": Figure(rate_of([f for f in found if f.truth.concealment == how]), every)
            for how in concealed
        }
    if any(one.packed for one in looks):
        tables["material-matched distractor"] = _distracted(found, honest, thresholds)
    return {name: table for name, table in tables.items() if table}


def _parts(
    found: Sequence[Found], field: str, edges: Sequence[float], cried: Rate
) -> dict[str, Figure]:
    known = [(float(getattr(one.truth, field)), one) for one in found]
    if not any(value > 0 for value, _ in known):
        return {}
    bounds = [0.0, *edges, float("inf")]
    table = {}
    for low, high in pairwise(bounds):
        part = [one for value, one in known if low <= value < high]
        name = f"{low:g} to {high:g}" if high < float("inf") else f"{low:g} and more"
        table[name] = Figure(rate_of(part), cried)
    return table


def _distracted(
    found: Sequence[Found], honest: Sequence[Look], thresholds: dict[str, float]
) -> dict[str, Figure]:
    """Return the figures of bags with and without a harmless thing like the hidden one.

    Of harmless bags count those with anything that is packed to be mistaken.
    """

    def is_distracted(one: Found) -> bool:
        return any(LOOKALIKES[p][1] == one.kind for p in one.look.packed if p in LOOKALIKES)

    def is_confusing(one: Look) -> bool:
        return any(name in LOOKALIKES for name in one.packed)

    return {
        name: Figure(
            rate_of([one for one in found if is_distracted(one) is there]),
            _stopped([one for one in honest if is_confusing(one) is there], thresholds),
        )
        for name, there in (("beside one", True), ("none", False))
    }


def by_control(
    items: Sequence[Look], controls: Sequence[Look], thresholds: dict[str, float]
) -> dict[str, dict[str, Figure]]:
    """Return how often items are found, beside the alarms at harmless things simulated as they are.

    One that looks like a class, or any other: neither may be announced.
    """
    if not controls:
        return {}
    found = rate_of(found_in(items, thresholds))
    parts = {
        name: [one for one in controls if (one.packed[-1] in LOOKALIKES) is is_alike]
        for name, is_alike in ((ALIKE, True), (OTHER, False))
    }
    return {
        CONTROL: {name: Figure(found, _stopped(part, thresholds)) for name, part in parts.items()}
    }


def _stopped(honest: Sequence[Look], thresholds: dict[str, float]) -> Rate:
    return wilson(sum(bool(announced(one, thresholds)) for one in honest), len(honest))

"""The operating point: thresholds for a wanted rate of false alarms, all classes together.

Equal shares say how the classes stand to each other, at twice the wanted rate: at the rate
itself each would rest on a few bags. Then all move together (`calibration`) until so few honest
bags are stopped that new ones will be, nine times in ten, no more often than wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final

from models.calibration import calibrate
from models.evaluation import Look, thresholds

TIMES: Final = 2.0
"""How many more false alarms the classes are weighed at than are wanted."""
Z_90: Final = 1.281552
"""One-sided 90 % of a normal distribution."""


def operating_point(
    looks: Sequence[Look], false_alarms_max: float, kinds: Sequence[str]
) -> dict[str, float]:
    """Return the thresholds of `kinds`; `false_alarms_max` is per honest bag, of all together.

    Only honest bags are looked at; with too few for the wish every threshold lies above the loudest
    of them.
    """
    honest = [one for one in looks if not one.truths]
    shared = thresholds(honest, TIMES * false_alarms_max, kinds)
    # Wilson's upper bound of a rate that is chosen so is the rate that is wanted.
    doubt = Z_90 * sqrt(false_alarms_max * (1.0 - false_alarms_max) / max(len(honest), 1))
    return calibrate(honest, shared, max(false_alarms_max - doubt, 0.0)).thresholds

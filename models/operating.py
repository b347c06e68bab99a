"""The operating point: thresholds for a wanted rate of false alarms, all classes together.

Equal shares say how the classes stand to each other, at three times the wanted rate: at the rate
itself each would rest on one or two bags. Then all move together (`calibration`) until no more
honest bags are stopped than wanted.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.calibration import calibrate
from models.evaluation import Look, thresholds

TIMES = 3.0
"""How many more false alarms the classes are weighed at than are wanted."""


def operating_point(
    looks: Sequence[Look], false_alarms_max: float, kinds: Sequence[str]
) -> dict[str, float]:
    """Return the thresholds of `kinds`; `false_alarms_max` is per honest bag, of all together.

    With too few honest bags for it every threshold lies above the loudest of them.
    """
    honest = [one for one in looks if not one.truths]
    shared = thresholds(honest, TIMES * false_alarms_max, kinds)
    return calibrate(honest, shared, false_alarms_max).thresholds

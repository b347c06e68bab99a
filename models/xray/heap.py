"""How high everything in a bag lies: things fall, one after the other, onto those before them.

From above a bag is a sum, and order does not show. Seen from the side it does: each thing comes to
rest where it touches what lies under its shadow, and leans as that does (`Lie` says how). Where
things lie and how they are turned, seen from above, stays as it is: nothing rolls, and to lean is
to be shifted along the beam.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import cv2
import numpy as np

from models.xray.columns import OF_THE_BAG, Standing, columns, of_bag, rows_beyond
from models.xray.parts import SHADOW_CM_MIN, Sheet, Thing
from models.xray.shapes import Map, Pose, Window

LID_CM: Final = 0.5  # over the highest thing
DRAPE_CM: Final = 2.5  # cloth bridges what is narrower
LEAN_MAX: Final = 0.4
"""How much a thing may rise per cm: 22 degrees."""
SUNK_SHARE: Final = 0.1
"""How much of a thing's shadow may press into what it lies on: a bag is no stack of stones."""
LOOK_EVERY_PX: Final = 3
COLUMNS_MIN: Final = 8  # fewer show no slope
FIRM_SHARE: Final = 0.4  # of draped cloth; into the rest of it the next thing sinks


@dataclass(frozen=True)
class Heap:
    """Everything at its height: the parts of each thing, in the order in which they were laid."""

    things: Sequence[Sequence[Standing]]
    depth_cm: float
    """Of the bag, from the floor to the lid."""


def heap(belt: Sheet, deep_cm: float) -> Heap:
    """Let everything on the belt fall, and return where it came to rest.

    The first thing laid is the bag; it is `deep_cm` deep, or as deep as what is in it needs.
    """
    ground = _Ground(belt)
    things = [ground.lay(thing, pose) for thing, pose in belt.laid]
    highest = max(
        (float(one.bands[0].high_cm.max()) for thing in things[1:] for one in thing), default=0.0
    )
    depth = max(deep_cm, highest + LID_CM)
    return Heap([[of_bag(one, depth) for one in thing] for thing in things], depth)


class _Ground:
    """How high what lies there already reaches, over each pixel and beyond the picture's edges."""

    def __init__(self, belt: Sheet) -> None:
        self._belt = belt
        self._beyond = rows_beyond(belt)
        rows = belt.height + 2 * self._beyond
        self._height_cm: Map = np.zeros((rows, belt.width), dtype=np.float32)

    def lay(self, thing: Thing, pose: Pose) -> list[Standing]:
        """Let a thing fall; return its parts at their heights, those that lie near the picture."""
        found = [one for part in thing.parts if (one := columns(part, pose, self._belt))]
        falling = [one for one in found if one.part.rise not in OF_THE_BAG]
        rested = [one for one in found if one.part.rise in OF_THE_BAG]
        groups = [[one] for one in falling]
        if thing.lie == "whole" and falling:
            groups = [falling]
        for group in groups:
            is_soft = thing.lie == "draped"
            landed = [self._drape(group[0])] if is_soft else self._rest(group)
            for one in landed:
                self._cover(one, FIRM_SHARE if is_soft else 1.0)
            rested += landed
        return rested

    def _rest(self, group: Sequence[Standing]) -> list[Standing]:
        """Let parts fall together until they touch, leaning as what is under them does."""
        points = [self._gaps(one) for one in group]
        x, y, gap = (np.concatenate(values) for values in zip(*points, strict=True))
        height, lean_x, lean_y = 0.0, 0.0, 0.0
        if gap.size:
            lean_x, lean_y = _lean(x, y, gap)
            rest = gap - lean_x * x - lean_y * y
            keep = min(gap.size - 1, int(gap.size * (1.0 - SUNK_SHARE)))
            height = float(np.partition(rest, keep)[keep])
        leaning = [one.leaning(height, lean_x, lean_y) for one in group]
        # The floor is firm.
        below = min(one.lowest for one in leaning)
        return leaning if below >= 0 else [one.leaning(-below, 0.0, 0.0) for one in leaning]

    def _gaps(self, one: Standing) -> tuple[Map, Map, Map]:
        """Return x, y in cm of some of a part's columns, and how deep the ground is under each."""
        step = 1 if one.window.width < 5 * LOOK_EVERY_PX else LOOK_EVERY_PX
        look = np.s_[::step, ::step]
        outline = one.bands[0]
        low = outline.low_cm[look]
        row, column = np.nonzero(outline.high_cm[look] - low > SHADOW_CM_MIN)
        gap = (self._under(one.window)[look] - low)[row, column]
        x, y = one.window.left + step * column, one.window.top + step * row
        scale = np.float32(one.window.px_per_cm)
        return np.asarray(x / scale, np.float32), np.asarray(y / scale, np.float32), gap

    def _drape(self, one: Standing) -> Standing:
        """Let a part take the form of what is under it, bridging what is narrow."""
        side = 2 * ceil(DRAPE_CM * self._belt.px_per_cm / 2) + 1
        under = cv2.dilate(self._under(one.window), np.ones((side, side), np.uint8))
        under = cv2.blur(under, (side, side))
        return one.lifted(np.asarray(under - one.bands[0].low_cm, dtype=np.float32))

    def _cover(self, one: Standing, firm: float) -> None:
        """Raise the ground to the top of a part, or to a share of it that does not give way."""
        under, outline = self._under(one.window), one.bands[0]
        thick = outline.high_cm - outline.low_cm
        top = outline.high_cm if firm == 1 else outline.low_cm + np.float32(firm) * thick
        np.maximum(under, top, out=under, where=thick > SHADOW_CM_MIN)

    def _under(self, window: Window) -> Map:
        top = window.top + self._beyond
        return self._height_cm[top : top + window.height, window.left : window.left + window.width]


def _lean(x: Map, y: Map, gap: Map) -> tuple[float, float]:
    """Return how the ground under some columns rises per cm along x and y, no more than a lean."""
    if gap.size < COLUMNS_MIN:
        return 0.0, 0.0
    x, y, gap = x - x.mean(), y - y.mean(), gap - gap.mean()
    # Least squares, with a little of every direction: a wire leans along itself alone.
    across = float(x @ y)
    square = np.asarray([[float(x @ x), across], [across, float(y @ y)]])
    square += np.eye(2) * (0.02 * np.trace(square) + 1e-6)
    slope = np.linalg.solve(square, [float(x @ gap), float(y @ gap)])
    slope *= min(1.0, LEAN_MAX / max(float(np.hypot(*slope)), 1e-9))
    return float(slope[0]), float(slope[1])

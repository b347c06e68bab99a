"""The same bag seen from the side: a second beam along y, at right angles to the first.

Both pictures have the same columns, as on a scanner whose two beams look at one moving belt: what
a column holds in the one it holds in the other. This beam is parallel, as the first is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Final

import numpy as np

from models.xray.columns import Band, Standing
from models.xray.mesh import Mesh
from models.xray.parts import Sheet
from models.xray.shapes import Map, Window

FLOOR_CM: Final = 2.5
"""How much of the picture is below the bag."""


def stand(side: Sheet, parts: Sequence[Standing]) -> None:
    """Add parts to the sheet seen from the side: its rows go down, heights go up.

    What is higher than the picture is cut off, as the tunnel of a scanner would not let it in.
    """
    floor_px = side.height - round(FLOOR_CM * side.px_per_cm)
    for one in parts:
        first, shadow = _from_side(one, floor_px)
        if shadow.size == 0:
            continue
        high, wide = shadow.shape
        window = Window(one.window.left, floor_px - first - high, wide, high, side.px_per_cm)
        side.spread(one.part.material, shadow[::-1] * np.float32(one.part.density), window)


def _from_side(one: Standing, rows: int) -> tuple[int, Map]:
    """Return how many px over the floor a part begins, and its shadow from there upwards."""
    scale = one.window.px_per_cm
    solid = one.part.solid
    if not isinstance(solid, Mesh):
        return columns_from_side(one.bands, scale, rows)
    solid = solid.leaning(one.pose, *one.lean)
    low, high = solid.low + one.pose.z, solid.high + one.pose.z
    first, last = max(0, floor(low * scale)), min(rows, ceil(high * scale))
    window = Window(one.window.left, first, one.window.width, max(0, last - first), scale)
    return first, solid.fill_from_side(one.pose, one.pose.z, window)


def columns_from_side(bands: Sequence[Band], px_per_cm: float, rows: int) -> tuple[int, Map]:
    """Return the first row over the floor that bands reach into, and their thickness in cm.

    Exact: a column that covers a part of a row counts by that part, so that no mass is lost.
    """
    width = bands[0].low_cm.shape[1]
    ends, places, signs = [], [], []
    for band in bands:
        solid = np.flatnonzero(band.high_cm > band.low_cm)
        place = solid % width
        share = band.share.ravel()[solid] if isinstance(band.share, np.ndarray) else band.share
        for edge, sign in ((band.high_cm, share), (band.low_cm, -share)):
            ends.append(edge.ravel()[solid])
            places.append(place)
            signs.append(np.broadcast_to(np.float32(sign), place.shape))
    end = np.clip(np.concatenate(ends) * np.float32(px_per_cm), 0.0, rows)
    if end.size == 0 or (first := floor(end.min())) >= (last := ceil(end.max())):
        return 0, np.zeros((0, width), dtype=np.float32)
    # A column up to height e fills the rows below floor(e) and e - floor(e) of that row. Summed
    # downwards, that is a step of the one at floor(e) and of the rest in the row below.
    whole = np.floor(end)
    sign = np.concatenate(signs)
    step = (end - whole) * sign
    place = (whole.astype(np.int64) - first) * width + np.concatenate(places)
    size = (last - first + 2) * width
    steps = np.bincount(place + width, step, size) + np.bincount(place, sign - step, size)
    filled = steps.reshape(-1, width)[:0:-1].cumsum(axis=0)[::-1][: last - first]
    return first, np.asarray(filled / px_per_cm, dtype=np.float32)

"""How much of a closed surface a parallel beam crosses: the exact mean over each pixel's square.

Every triangle counts its depth over what it covers, plus where it faces the far end of the beam and
minus where it faces the source; over a closed surface the sum is exit less entry, however often
the beam goes in and out. Depth is integrated over each pixel's square in closed form, so that the
sum over all pixels times their area is the enclosed volume, to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.xray.shapes import Map

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PAIRS_MAX: Final = 1 << 17
"""Pairs of a triangle and a pixel that are worked on at once: some 60 MB."""
AREA_PX2_MIN: Final = 1e-12
"""A triangle that shows less is seen on edge and crosses nothing."""


def thickness(corners: Floats, width: int, height: int) -> Map:
    """Return the mean thickness in cm in each of height by width pixels.

    `corners` is (n, 3, 3): for each triangle of a closed, outward surface its corners' x and y in
    px and depth in cm along the beam. What lies outside of the pixels is not counted.
    """
    out = np.zeros(width * height)
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normals = np.cross(ab, ac)
    shown = np.abs(normals[:, 2]) / 2 > AREA_PX2_MIN
    corners, normals = corners[shown], normals[shown]
    slopes = -normals[:, :2] / normals[:, 2:]
    # Depth counts from the middle of the solid: it cancels over a closed surface, and so do fewer
    # digits.
    depth = corners[:, 0, 2] - (corners[:, :, 2].mean() if len(corners) else 0.0)
    facing = np.sign(normals[:, 2])
    for triangle, column, row in _pairs(corners[:, :, :2], width, height):
        flat = corners[triangle, :, :2] - np.stack([column, row], axis=1)[:, None]
        slope, sign = slopes[triangle], facing[triangle]
        # Depth at the pixel's corner, on the triangle's plane.
        start = depth[triangle] - (slope * flat[:, 0]).sum(axis=1)
        inside, outside = _sides(flat, sign)
        share = np.where(inside, sign * (start + slope.sum(axis=1) / 2), 0.0)
        cut = np.flatnonzero(~inside & ~outside)
        area, first_x, first_y = _moments(flat[cut])
        share[cut] = start[cut] * area + slope[cut, 0] * first_x + slope[cut, 1] * first_y
        out += np.bincount(row * width + column, share, out.size)
    # Rounding leaves some 1e-15 cm of either sign beside the solid.
    return np.asarray(np.maximum(out, 0.0).reshape(height, width), dtype=np.float32)


def _pairs(flat: Floats, width: int, height: int) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Yield triangle, column and row of each pixel in the rectangle round each triangle."""
    size = np.asarray([width, height])
    first = np.clip(np.floor(flat.min(axis=1)), 0, size).astype(np.int64)
    last = np.clip(np.ceil(flat.max(axis=1)), 0, size).astype(np.int64)
    wide, high = (last - first).T
    ends = np.cumsum(wide * high)
    for start in range(0, int(ends[-1]) if len(ends) else 0, PAIRS_MAX):
        number = np.arange(start, min(start + PAIRS_MAX, int(ends[-1])))
        triangle = np.searchsorted(ends, number, side="right")
        within = number - (ends - wide * high)[triangle]
        down, along = np.divmod(within, wide[triangle])
        yield triangle, first[triangle, 0] + along, first[triangle, 1] + down


def _sides(flat: Floats, sign: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which unit squares at the origin lie wholly inside, and which wholly outside."""
    edge = np.roll(flat, -1, axis=1) - flat
    to_middle = 0.5 - flat
    across = sign[:, None] * (edge[..., 0] * to_middle[..., 1] - edge[..., 1] * to_middle[..., 0])
    half = np.abs(edge).sum(axis=2) / 2
    return (across >= half).all(axis=1), (across <= -half).any(axis=1)


def _moments(flat: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the integrals of 1, x and y over (n, 3, 2) triangles in the unit square.

    They are signed: positive for a triangle that goes round as the axes do. Each edge counts what
    lies between it and the x axis; round a triangle, all that is outside cancels.
    """
    a, b = flat, np.roll(flat, -1, axis=1)
    run, rise = (b - a)[..., 0], (b - a)[..., 1]
    low = np.clip(np.minimum(a[..., 0], b[..., 0]), 0.0, 1.0)
    high = np.clip(np.maximum(a[..., 0], b[..., 0]), 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = rise / run
        kinks = [a[..., 0] + (level - a[..., 1]) / slope for level in (0.0, 1.0)]
    upright = run == 0
    slope = np.where(upright, 0.0, slope)
    # Where the edge leaves the square above or below, its height stays at 1 or 0.
    kinks = [np.clip(np.nan_to_num(kink, posinf=0.0, neginf=0.0), low, high) for kink in kinks]
    x = np.stack([low, np.minimum(*kinks), np.maximum(*kinks), high])
    y = np.clip(a[..., 1] + slope * (x - a[..., 0]), 0.0, 1.0)
    dx, y0, y1 = np.diff(x, axis=0), y[:-1], y[1:]
    under = dx * (y0 + y1) / 2
    under_x = x[:-1] * under + dx * dx * (y0 + 2 * y1) / 6
    under_y = dx * (y0 * y0 + y0 * y1 + y1 * y1) / 6
    # An edge that runs backwards has the inside above it.
    back = np.where(upright, 0.0, -np.sign(run))
    area, first_x, first_y = (
        np.asarray((back * part.sum(axis=0)).sum(axis=1)) for part in (under, under_x, under_y)
    )
    return area, first_x, first_y

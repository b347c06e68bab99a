"""A part as columns along the first beam: between which heights it is, pixel by pixel.

A parametric solid fills as much over its plane as under it, so that its thickness from above is its
whole form. A mesh has a form of its own; its columns only say how much room it takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Final

import numpy as np

from models.xray.mesh import Mesh
from models.xray.parts import Part, Sheet
from models.xray.shapes import Hollow, Map, Pose, Solid, Window

BEYOND: Final = 1.0
"""How far beyond the picture's edges things are followed, in heights of the picture."""
OF_THE_BAG: Final = frozenset({"walls", "shells", "lid"})
"""What does not fall: it stands as high as the bag."""


@dataclass(frozen=True)
class Band:
    """Columns from `low_cm` to `high_cm` over the floor, pixel by pixel.

    `share` of their length counts: minus one takes a hole out.
    """

    low_cm: Map
    high_cm: Map
    share: float | Map = 1.0

    def lifted(self, by_cm: Map) -> Band:
        """Return it higher."""
        return Band(self.low_cm + by_cm, self.high_cm + by_cm, self.share)


@dataclass(frozen=True)
class Standing:
    """One part at its height: what it fills over `window`, which may reach out of the picture.

    The first band is its outline.
    """

    part: Part
    pose: Pose
    window: Window
    bands: tuple[Band, ...]
    lean: tuple[float, float] = (0.0, 0.0)
    """How much it rises per cm along the belt and across."""

    def lifted(self, by_cm: Map) -> Standing:
        """Return it with each column higher by its own measure."""
        return replace(self, bands=tuple(band.lifted(by_cm) for band in self.bands))

    @property
    def lowest(self) -> float:
        """The lowest point of its outline in cm over the floor."""
        outline = self.bands[0]
        is_solid = outline.high_cm > outline.low_cm
        return float(outline.low_cm.min(where=is_solid, initial=np.inf))

    def leaning(self, height_cm: float, lean_x: float, lean_y: float) -> Standing:
        """Return it higher, its columns shifted along a plane that rises by so much per cm.

        A shift along the beam: its shadow from above stays what it is.
        """
        scale = np.float32(self.window.px_per_cm)
        x = (np.arange(self.window.width, dtype=np.float32) + self.window.left) / scale
        y = (np.arange(self.window.height, dtype=np.float32) + self.window.top) / scale
        plane = height_cm + np.float32(lean_x) * x + np.float32(lean_y) * y[:, None]
        bands = tuple(band.lifted(np.asarray(plane, np.float32)) for band in self.bands)
        at = height_cm + lean_x * self.pose.x + lean_y * self.pose.y
        pose = replace(self.pose, z=self.pose.z + at)
        lean = (self.lean[0] + lean_x, self.lean[1] + lean_y)
        return Standing(self.part, pose, self.window, bands, lean)


def rows_beyond(belt: Sheet) -> int:
    """Return how many rows above a picture, and how many below it, things are followed."""
    return ceil(BEYOND * belt.height)


def columns(part: Part, pose: Pose, belt: Sheet) -> Standing | None:
    """Return a part's columns round its thing's plane, or None far from the picture of `belt`."""
    at = pose.place(part.pose)
    window = _window(at, part.solid.reach, belt)
    if window is None:
        return None
    if isinstance(part.solid, Mesh):
        window, (shadow,) = _cropped(window, _fill(part.solid, at, window, belt))
        is_solid = shadow > 0
        low, high = (
            np.where(is_solid, np.float32(at.z + z), np.float32(0.0))
            for z in (part.solid.low, part.solid.high)
        )
        return Standing(part, at, window, (Band(low, high),))
    window, shadows = _cropped(window, *_shadows(part.solid, at, window, belt))
    bands = [_band(part, at, shadow, sign) for shadow, sign in zip(shadows, (1, -1), strict=False)]
    return Standing(part, at, window, tuple(bands))


def _shadows(solid: Solid, at: Pose, window: Window, belt: Sheet) -> list[Map]:
    """Return the thickness of a solid without its hole, and of its hole if it has one."""
    if not isinstance(solid, Hollow):
        return [_fill(solid, at, window, belt)]
    outer = _fill(solid.outer, at, window, belt)
    inner = _fill(solid.inner, at.place(solid.inner_pose), window, belt)
    return [outer, np.minimum(inner, outer)]


def _fill(solid: Solid, at: Pose, window: Window, belt: Sheet) -> Map:
    """Return a solid's thickness from above; inside the picture, as the picture has it.

    The relief of cloth depends on the window it is asked for.
    """
    shadow = solid.fill(at, window)
    top, bottom = max(window.top, 0), min(window.top + window.height, belt.height)
    if top < bottom < top + window.height:
        seen = Window(window.left, top, window.width, bottom - top, window.px_per_cm)
        shadow[top - window.top : bottom - window.top] = solid.fill(at, seen)
    return shadow


def _window(at: Pose, reach: float, belt: Sheet) -> Window | None:
    """Return the pixels within reach: of the picture's columns, and rows beyond it too."""
    scale, beyond = belt.px_per_cm, rows_beyond(belt)
    left = max(floor((at.x - reach) * scale) - 1, 0)
    right = min(ceil((at.x + reach) * scale) + 1, belt.width)
    top = max(floor((at.y - reach) * scale) - 1, -beyond)
    bottom = min(ceil((at.y + reach) * scale) + 1, belt.height + beyond)
    if right <= left or bottom <= top:
        return None
    return Window(left, top, right - left, bottom - top, scale)


def _cropped(window: Window, *shadows: Map) -> tuple[Window, list[Map]]:
    """Return the rows and columns where the first of some shadows is: a reach is a wide circle."""
    filled = shadows[0] > 0
    rows, columns = np.flatnonzero(filled.any(axis=1)), np.flatnonzero(filled.any(axis=0))
    if not rows.size:
        return window, list(shadows)
    down, along = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    left, top = window.left + int(columns[0]), window.top + int(rows[0])
    width, height = along.stop - along.start, down.stop - down.start
    smaller = Window(left, top, int(width), int(height), window.px_per_cm)
    return smaller, [shadow[down, along] for shadow in shadows]


def _band(part: Part, at: Pose, shadow: Map, sign: int) -> Band:
    """Return the columns whose length is a shadow, or a hole's."""
    plane = np.full_like(shadow, at.z)
    half = np.asarray(shadow / 2, np.float32)
    if part.rise in OF_THE_BAG:
        return Band(np.zeros_like(shadow), shadow, sign)
    if part.rise == "dome":
        return Band(plane, plane + half, 2 * sign)
    if part.rise == "cup":
        return Band(plane - half, plane, 2 * sign)
    return Band(plane - half, plane + half, sign)


def of_bag(one: Standing, depth_cm: float) -> Standing:
    """Return a part of the bag itself as high as the bag came out; anything else as it is."""
    if one.part.rise not in OF_THE_BAG:
        return one
    outline = one.bands[0]
    deep = np.float32(depth_cm)
    shadow = outline.high_cm
    if one.part.rise == "walls":
        is_solid = shadow > 0
        tall = np.where(is_solid, deep, np.float32(0.0))
        bands = [Band(outline.low_cm, tall, shadow / deep)]
    elif one.part.rise == "shells":
        floor, lid = outline.low_cm, outline.low_cm + deep
        half = np.asarray(shadow / 2, np.float32)
        bands = [Band(floor, half), Band(lid - half, lid)]
    else:
        bands = [outline.lifted(np.full_like(shadow, deep))]
    return replace(one, bands=tuple(bands))

"""A thing is a list of parts: a material, a solid, and where it sits in the thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, hypot
from typing import Literal

import numpy as np

from models.xray.materials import materials
from models.xray.shapes import HERE, Map, Pose, Solid, Window

LOOK_EVERY_PX = 4
IRON_LOAD = 10.0
SHADOW_CM_MIN = 0.02  # thinner than this no scanner shows an edge


Rise = Literal["level", "dome", "cup", "walls", "shells", "lid"]
"""Where a part's mass is along the beam from above: half over and half under its plane; all over it
and twice as dense, or all under it; from the bag's floor to its lid; half on the floor and half on
the lid; on the lid. From above all look the same; `heap` and `side` tell them apart."""

Lie = Literal["whole", "loose", "draped"]
"""How a thing comes to rest: its parts keep their places to each other; each falls by itself on
what lies there; each falls and takes the form of what lies there."""


@dataclass(frozen=True)
class Part:
    """One solid of one material; `density` scales it (loose cloth, marrow, growth rings)."""

    material: str
    solid: Solid
    pose: Pose = HERE
    density: float = 1.0
    rise: Rise = "level"


@dataclass(frozen=True)
class Thing:
    """What one can pack: its parts round its own origin."""

    parts: Sequence[Part]
    lie: Lie = "whole"

    @property
    def reach(self) -> float:
        """Radius in cm of a circle round the origin that holds it."""
        return max(hypot(part.pose.x, part.pose.y) + part.solid.reach for part in self.parts)


@dataclass
class Sheet:
    """The belt seen from above, filled thing by thing.

    `basis_cm` is (2, height, width): cm of polyethylene and of iron (see `materials`).
    """

    width: int
    height: int
    px_per_cm: float
    basis_cm: Map = field(init=False)
    laid: list[tuple[Thing, Pose]] = field(init=False, default_factory=list)
    """All that lies here and where, in the order it was laid."""

    def __post_init__(self) -> None:
        """Start with an empty belt."""
        self.basis_cm = np.zeros((2, self.height, self.width), dtype=np.float32)

    def window(self, x: float, y: float, reach: float) -> Window | None:
        """Return the pixels within `reach` cm of (x, y) cm, or None off the picture."""
        scale = self.px_per_cm
        left, top = max(floor((x - reach) * scale) - 1, 0), max(floor((y - reach) * scale) - 1, 0)
        right = min(ceil((x + reach) * scale) + 1, self.width)
        bottom = min(ceil((y + reach) * scale) + 1, self.height)
        if right <= left or bottom <= top:
            return None
        return Window(left, top, right - left, bottom - top, scale)

    def load_near(self, pose: Pose, reach: float) -> float:
        """Return the mean load within `reach` cm of a pose, or infinity off the picture.

        In cm of polyethylene; a cm of iron counts ten.
        """
        window = self.window(pose.x, pose.y, reach)
        if window is None:
            return float("inf")
        part = self.basis_cm[
            :,
            window.top : window.top + window.height : LOOK_EVERY_PX,
            window.left : window.left + window.width : LOOK_EVERY_PX,
        ]
        return float(part[0].mean() + IRON_LOAD * part[1].mean())

    def plastic_at(self, pose: Pose) -> float:
        """Return the cm of polyethylene lying at a pose, or infinity off the picture."""
        x, y = int(pose.x * self.px_per_cm), int(pose.y * self.px_per_cm)
        if not (0 <= x < self.width and 0 <= y < self.height):
            return float("inf")
        return float(self.basis_cm[0, y, x])

    def add(self, thing: Thing, pose: Pose) -> tuple[float, float, float, float] | None:
        """Lay a thing down; return the box x1, y1, x2, y2 in px round its shadow, if any."""
        self.laid.append((thing, pose))
        box: tuple[float, float, float, float] | None = None
        for part in thing.parts:
            part_pose = pose.place(part.pose)
            window = self.window(part_pose.x, part_pose.y, part.solid.reach)
            if window is None:
                continue
            shadow = part.solid.fill(part_pose, window)
            self.spread(part.material, shadow * np.float32(part.density), window)
            box = _join(box, bounds_px(shadow, window))
        return box

    def spread(self, material: str, shadow_cm: Map, window: Window) -> None:
        """Add a thickness map of one material."""
        rows = slice(window.top, window.top + window.height)
        columns = slice(window.left, window.left + window.width)
        for plane, weight in zip(self.basis_cm, materials()[material].basis_per_cm, strict=True):
            plane[rows, columns] += np.float32(weight) * shadow_cm


def bounds_px(shadow: Map, window: Window) -> tuple[float, float, float, float] | None:
    """Return the box x1, y1, x2, y2 in px of the picture round a shadow, if any."""
    seen = shadow > SHADOW_CM_MIN
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    if not columns.size:
        return None
    left, top = window.left, window.top
    return (
        float(left + columns[0]),
        float(top + rows[0]),
        float(left + columns[-1] + 1),
        float(top + rows[-1] + 1),
    )


def _join(
    a: tuple[float, float, float, float] | None, b: tuple[float, float, float, float] | None
) -> tuple[float, float, float, float] | None:
    if a is None or b is None:
        return a or b
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))

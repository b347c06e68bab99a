"""Solids and the thickness of their shadow: what an X-ray crosses, in cm, pixel by pixel.

The beam is parallel and looks along z. A solid lives at its own origin; a `Pose` puts it on the
belt; a `Window` is the part of the picture it can touch. `fill` gives the thickness in that window.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, sin
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
"""A picture-shaped array, (height, width)."""

Points = NDArray[np.float64]
"""A line in space, (n, 2) or (n, 3), in cm."""

# cv2 takes polygon corners as integers; this many fractional bits keep them exact to 1/16 px.
SUBPIXEL_BITS = 4
MASK_FULL = 255


@dataclass(frozen=True)
class Pose:
    """Where a solid lies: its origin in cm on the belt and its turn in radians."""

    x: float
    y: float
    turn: float = 0.0
    z: float = 0.0
    """How far it lies over the plane of its thing, in cm: seen from the side alone."""

    def place(self, inner: Pose) -> Pose:
        """Return the pose on the belt of something posed relative to this one."""
        c, s = cos(self.turn), sin(self.turn)
        return Pose(
            self.x + c * inner.x - s * inner.y,
            self.y + s * inner.x + c * inner.y,
            self.turn + inner.turn,
            self.z + inner.z,
        )


HERE = Pose(0.0, 0.0)


@dataclass(frozen=True)
class Window:
    """A rectangle of the picture: left, top, width and height in px, at `px_per_cm`."""

    left: int
    top: int
    width: int
    height: int
    px_per_cm: float

    def pixels(self, pose: Pose, points: Points) -> Points:
        """Return (n, 2) points of a posed solid in px from the corner of this window."""
        c, s = cos(pose.turn), sin(pose.turn)
        x = pose.x + c * points[:, 0] - s * points[:, 1]
        y = pose.y + s * points[:, 0] + c * points[:, 1]
        corner = np.asarray([self.left, self.top], dtype=float)
        return np.asarray(np.stack([x, y], axis=1) * self.px_per_cm - corner)

    def axes(self, pose: Pose) -> tuple[Map, Map]:
        """Return the solid's own coordinates u, v in cm at every pixel centre."""
        x = (np.arange(self.width, dtype=np.float32) + 0.5 + self.left) / self.px_per_cm - pose.x
        y = (np.arange(self.height, dtype=np.float32) + 0.5 + self.top) / self.px_per_cm - pose.y
        c, s = np.float32(cos(pose.turn)), np.float32(sin(pose.turn))
        return x * c + y[:, None] * s, y[:, None] * c - x * s


class Solid(Protocol):
    """Anything that casts a shadow."""

    @property
    def reach(self) -> float:
        """Radius in cm of a circle round the origin that holds the shadow."""

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the thickness in cm at every pixel of the window."""


@dataclass(frozen=True)
class Ellipsoid:
    """Semi-axes in cm; rz is along the beam."""

    rx: float
    ry: float
    rz: float

    @property
    def reach(self) -> float:
        """The longer semi-axis."""
        return max(self.rx, self.ry)

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the chord of the beam."""
        u, v = window.axes(pose)
        inside = 1.0 - (u / self.rx) ** 2 - (v / self.ry) ** 2
        return np.asarray(2.0 * self.rz * np.sqrt(np.maximum(inside, 0.0)), dtype=np.float32)


@dataclass(frozen=True)
class Box:
    """A block of w by h by depth cm; `bevel` is how far its edges slope, as a tilted block's do."""

    w: float
    h: float
    depth: float
    bevel: float = 0.1

    @property
    def reach(self) -> float:
        """Half the diagonal."""
        return hypot(self.w, self.h) / 2

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the depth, falling to nothing over the bevel."""
        u, v = window.axes(pose)
        slope = max(self.bevel, 1.0 / window.px_per_cm)
        along = np.clip((self.w / 2 - np.abs(u)) / slope, 0.0, 1.0)
        across = np.clip((self.h / 2 - np.abs(v)) / slope, 0.0, 1.0)
        return np.asarray(self.depth * np.minimum(along, across), dtype=np.float32)


@dataclass(frozen=True)
class Rod:
    """A cylinder lying on its side along u."""

    length: float
    radius: float

    @property
    def reach(self) -> float:
        """Half the diagonal of its shadow."""
        return hypot(self.length / 2, self.radius)

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the chord of the beam."""
        u, v = window.axes(pose)
        chord = 2.0 * np.sqrt(np.maximum(self.radius**2 - v**2, 0.0))
        edge = np.clip((self.length / 2 - np.abs(u)) * window.px_per_cm + 0.5, 0.0, 1.0)
        return np.asarray(chord * edge, dtype=np.float32)


@dataclass(frozen=True)
class Disc:
    """A cylinder standing on end: a disc of `radius`, `depth` cm along the beam."""

    radius: float
    depth: float

    @property
    def reach(self) -> float:
        """The radius."""
        return self.radius

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the depth inside the circle."""
        u, v = window.axes(pose)
        edge = (self.radius - np.hypot(u, v)) * window.px_per_cm + 0.5
        return np.asarray(self.depth * np.clip(edge, 0.0, 1.0), dtype=np.float32)


@dataclass(frozen=True)
class Hollow:
    """One solid with another taken out of it; `inner` is posed relative to `outer`."""

    outer: Solid
    inner: Solid
    inner_pose: Pose = HERE

    @property
    def reach(self) -> float:
        """The outer solid's."""
        return self.outer.reach

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return outer less inner, never below zero."""
        hole = self.inner.fill(pose.place(self.inner_pose), window)
        return np.asarray(np.maximum(self.outer.fill(pose, window) - hole, 0.0), dtype=np.float32)


@dataclass(frozen=True)
class Slab:
    """A flat sheet cut to a polygon, (n, 2) cm; its edge slopes over `bevel` cm."""

    corners: Points
    depth: float
    bevel: float = 0.0

    @property
    def reach(self) -> float:
        """The farthest corner."""
        return float(np.hypot(self.corners[:, 0], self.corners[:, 1]).max())

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the depth inside the polygon."""
        mask = np.zeros((window.height, window.width), dtype=np.uint8)
        corners = window.pixels(pose, self.corners) - 0.5
        fixed = np.rint(corners * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(mask, [fixed], MASK_FULL, cv2.LINE_AA, SUBPIXEL_BITS)
        bevel_px = self.bevel * window.px_per_cm
        if bevel_px > 1.0:
            inside = cv2.distanceTransform((mask > MASK_FULL // 2).astype(np.uint8), cv2.DIST_L2, 3)
            return np.asarray(self.depth * np.minimum(inside / bevel_px, 1.0), dtype=np.float32)
        return np.asarray(mask, dtype=np.float32) * np.float32(self.depth / MASK_FULL)


@dataclass(frozen=True)
class Crumpled:
    """A sheet that is nowhere even, like packed cloth; `grain` (n, m) is its relief, mean 1."""

    sheet: Slab
    grain: Map

    @property
    def reach(self) -> float:
        """The sheet's."""
        return self.sheet.reach

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the sheet's depth times its relief; the relief does not turn with the pose."""
        relief = cv2.resize(
            self.grain, (window.width, window.height), interpolation=cv2.INTER_CUBIC
        )
        return np.asarray(self.sheet.fill(pose, window) * np.maximum(relief, 0.1), dtype=np.float32)


@dataclass(frozen=True)
class Swept:
    """A ball of changing radius swept along a line: tusks, horns, snakes, cables, bananas.

    `line` is (n, 2) cm, `radii` (n,) cm. `flatten` stretches the shadow's thickness: above 1 the
    thing is deeper along the beam than wide. With `round_ends` false it is sawn off.
    """

    line: Points
    radii: NDArray[np.float64]
    flatten: float = 1.0
    round_ends: bool = True

    @property
    def reach(self) -> float:
        """The farthest point and its radius."""
        return float((np.hypot(self.line[:, 0], self.line[:, 1]) + self.radii).max())

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the chord of the union of all balls, segment by segment."""
        out = np.zeros((window.height, window.width), dtype=np.float32)
        line = window.pixels(pose, self.line) - 0.5
        radii = self.radii * window.px_per_cm
        for i in range(len(line) - 1):
            _segment(out, line[i], line[i + 1], (radii[i], radii[i + 1]))
        if not self.round_ends:
            _saw(out, line[0], line[1], float(radii[0]))
            _saw(out, line[-1], line[-2], float(radii[-1]))
        return out * np.float32(self.flatten / window.px_per_cm)


def _saw(out: Map, end: Points, inward: Points, radius: float) -> None:
    """Cut off what the last balls of a swept line leave beyond its end (px)."""
    x = np.arange(out.shape[1], dtype=np.float32) - np.float32(end[0])
    y = (np.arange(out.shape[0], dtype=np.float32) - np.float32(end[1]))[:, None]
    dx, dy = inward - end
    beyond = (x * np.float32(dx) + y * np.float32(dy) < 0) & (np.hypot(x, y) < 1.5 * radius + 2)
    out[beyond] = 0.0


def _segment(out: Map, a: Points, b: Points, radii: tuple[float, float]) -> None:
    """Raise `out` (px) to the chord of one tapered segment from a to b (px)."""
    reach = max(radii) + 1.0
    left, top = np.maximum(np.floor(np.minimum(a, b) - reach), 0).astype(int)
    right, bottom = np.ceil(np.maximum(a, b) + reach).astype(int) + 1
    patch = out[top:bottom, left:right] if right > 0 and bottom > 0 else out[:0]
    if patch.size == 0:
        return
    x = np.arange(left, left + patch.shape[1], dtype=np.float32) - np.float32(a[0])
    y = (np.arange(top, top + patch.shape[0], dtype=np.float32) - np.float32(a[1]))[:, None]
    dx, dy = np.float32(b[0] - a[0]), np.float32(b[1] - a[1])
    t = np.clip((x * dx + y * dy) / max(float(dx * dx + dy * dy), 1e-6), 0.0, 1.0)
    radius = np.float32(radii[0]) + t * np.float32(radii[1] - radii[0])
    chord2 = radius * radius - (x - t * dx) ** 2 - (y - t * dy) ** 2
    np.maximum(patch, 2.0 * np.sqrt(np.maximum(chord2, 0.0)), out=patch)

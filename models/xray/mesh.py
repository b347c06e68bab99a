"""A solid of any form, as a closed surface of triangles; its shadow is exact from any side.

A `Mesh` is a solid like those of `shapes`, so that it makes a part of a thing, lies in a bag and is
projected into a scanner's picture as they are. What is not closed encloses nothing and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.xray.shapes import Map, Points, Pose, Window
from models.xray.triangles import thickness

Faces = NDArray[np.int64]
"""Three places in the list of vertices per triangle, (m, 3), outside seen counterclockwise."""

FACES_MAX: Final = 200_000
CM_MAX: Final = 200.0
"""Larger than any tunnel: the unit is wrong."""


class BadMesh(ValueError):
    """This surface encloses no solid, or none that fits; the message says why."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """A closed surface: `vertices` (n, 3) in cm, the beam from above along z; `faces` (m, 3).

    Raises `BadMesh` if a face names no vertex, if an edge is left open, or if it is of no size.
    Where two bodies of one mesh overlap, both count.
    """

    vertices: Points
    faces: Faces

    def __post_init__(self) -> None:
        """Refuse what is not closed; turn what is inside out."""
        _check(self.vertices, self.faces)
        if self.volume < 0:
            object.__setattr__(self, "faces", self.faces[:, ::-1])

    @property
    def volume(self) -> float:
        """What it encloses, in cm³."""
        a, b, c = (self.vertices[self.faces[:, i]] - self.vertices[0] for i in range(3))
        return float((a * np.cross(b, c)).sum() / 6)

    @cached_property
    def reach(self) -> float:
        """The corner farthest from the origin, seen from above."""
        return float(np.hypot(self.vertices[:, 0], self.vertices[:, 1]).max())

    @property
    def low(self) -> float:
        """How far it reaches below its origin, in cm, as a z: usually negative."""
        return float(self.vertices[:, 2].min())

    @property
    def high(self) -> float:
        """How far it reaches above its origin, in cm."""
        return float(self.vertices[:, 2].max())

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the mean thickness in cm of every pixel, seen from above: exact."""
        return self._seen(window, window.pixels(pose, self.vertices[:, :2]), self.vertices[:, 2])

    def fill_from_side(self, pose: Pose, z_cm: float, window: Window) -> Map:
        """Return the same along y, its origin `z_cm` high; rows of the window count upwards."""
        above = Window(0, 0, window.width, window.height, window.px_per_cm)
        x, y = (above.pixels(pose, self.vertices[:, :2])).T
        z = (self.vertices[:, 2] + z_cm) * window.px_per_cm
        flat = np.stack([x - window.left, z - window.top], axis=1)
        # Looked at along the other axis, right and left have changed places: depth is turned.
        return self._seen(window, flat, -y / window.px_per_cm)

    def _seen(self, window: Window, flat_px: Points, depth_cm: NDArray[np.float64]) -> Map:
        corners = np.concatenate([flat_px, depth_cm[:, None]], axis=1)[self.faces]
        return thickness(corners, window.width, window.height)

    def turned(self, *, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
        """Return it turned round the x axis, then y, then z, in radians."""
        rotation = np.eye(3)
        for axis, angle in enumerate((x, y, z)):
            i, j = (axis + 1) % 3, (axis + 2) % 3
            turn = np.eye(3)
            turn[[i, j], [i, j]] = np.cos(angle)
            turn[j, i] = np.sin(angle)
            turn[i, j] = -turn[j, i]
            rotation = turn @ rotation
        return Mesh(self.vertices @ rotation.T, self.faces)

    def leaning(self, pose: Pose, along: float, across: float) -> Mesh:
        """Return it shifted along z to rise by so much per cm of the belt it lies on."""
        if not (along or across):
            return self
        c, s = np.cos(pose.turn), np.sin(pose.turn)
        u, v, z = self.vertices.T
        risen = z + u * (c * along + s * across) + v * (c * across - s * along)
        return Mesh(np.stack([u, v, risen], axis=1), self.faces)

    def centred(self) -> Mesh:
        """Return it with its origin in the middle of the box round it."""
        middle = (self.vertices.min(axis=0) + self.vertices.max(axis=0)) / 2
        return Mesh(self.vertices - middle, self.faces)


def _check(vertices: Points, faces: Faces) -> None:
    """Raise `BadMesh` unless this is a closed surface of a sane size."""
    if vertices.ndim != 2 or vertices.shape[1] != 3 or faces.ndim != 2 or faces.shape[1] != 3:  # noqa: PLR2004 - a triangle in space
        raise BadMesh("a mesh is (n, 3) vertices and (m, 3) faces")
    if not 4 <= len(faces) <= FACES_MAX:  # noqa: PLR2004 - a tetrahedron has four
        raise BadMesh(f"a mesh has 4 to {FACES_MAX} triangles, not {len(faces)}")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise BadMesh("a face names a vertex that is not there")
    if not np.isfinite(vertices).all() or np.ptp(vertices, axis=0).max() > CM_MAX:
        raise BadMesh(f"the mesh is larger than {CM_MAX:g} cm: say its unit")
    if open_edges := _open_edges(faces, len(vertices)):
        raise BadMesh(
            f"the mesh is not watertight: {open_edges} of {3 * len(faces)} edges of its triangles "
            "have no neighbour that runs the other way (holes, or faces turned over); repair it"
        )


def _open_edges(faces: Faces, vertices: int) -> int:
    """Return how many edges are not run along as often one way as the other."""
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    proper = start != end
    start, end = start[proper].astype(np.int64), end[proper].astype(np.int64)
    one = np.where(start < end, start * vertices + end, end * vertices + start)
    edges, which = np.unique(one, return_inverse=True)
    surplus = np.bincount(which, np.where(start < end, 1, -1), len(edges))
    return int(np.abs(surplus).sum())


def ring(sides: int) -> Points:
    """Return the corners of a regular polygon round the origin, (sides, 2), radius 1."""
    angle = np.linspace(0.0, 2 * np.pi, sides, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def swept(line: Points, radii: NDArray[np.float64], sides: int = 24) -> Mesh:
    """Return the closed tube round (n, 3) points with a radius at each: cut square at both ends."""
    ahead = np.gradient(line, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    # Any direction that the line never takes gives a frame without twist for a line that bends
    # little.
    aside = np.cross(ahead, np.eye(3)[np.abs(ahead).max(axis=0).argmin()])
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    other = np.cross(ahead, aside)
    circle = ring(sides)
    rings = line[:, None] + radii[:, None, None] * (
        circle[:, 0, None] * aside[:, None] + circle[:, 1, None] * other[:, None]
    )
    n = len(line)
    vertices = np.concatenate([rings.reshape(-1, 3), line[:1], line[-1:]])
    i = np.arange(sides)
    j = (i + 1) % sides
    faces = []
    for k in range(n - 1):
        here, there = k * sides, (k + 1) * sides
        faces += [
            np.stack([here + i, here + j, there + i], axis=1),
            np.stack([here + j, there + j, there + i], axis=1),
        ]
    faces.append(np.stack([j, i, np.full(sides, n * sides)], axis=1))
    last = (n - 1) * sides
    faces.append(np.stack([last + i, last + j, np.full(sides, n * sides + 1)], axis=1))
    return Mesh(vertices, np.concatenate(faces))

"""Elephant ivory: whole tusks, tips, sawn pieces, carvings, rings."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.parts import Part, Thing
from models.xray.shapes import Box, Disc, Ellipsoid, Hollow, Pose, Swept

CAVITY_MIN = 0.1  # share of the length; a shallower one is no cavity but a sawn face


def elephant_tusk(rng: Generator) -> Thing:
    """Return a tusk, tip, sawn piece, carving or rings; a pulp cavity at the root tells it."""
    kind = rng.choice(["whole", "tip", "piece", "carved", "rings"], p=[0.46, 0.14, 0.2, 0.1, 0.1])
    if kind == "rings":
        return _ivory_rings(rng)
    if kind == "carved":
        return _carving(rng)
    length = {"whole": rng.uniform(22, 58), "tip": rng.uniform(9, 22)}.get(kind, rng.uniform(7, 22))
    root = length * rng.uniform(0.05, 0.085) if kind == "whole" else rng.uniform(1.4, 3.8)
    tip = root * rng.uniform(0.8, 1.0) if kind == "piece" else rng.uniform(0.15, 0.5)
    n = 22
    line = lines.arc(length, rng.uniform(0.3, 1.5) * (0.3 if kind == "piece" else 1.0), n)
    along = np.linspace(0.0, 1.0, n)
    radii = tip + (root - tip) * (1.0 - along) ** rng.uniform(0.5, 0.85)
    if kind == "piece":
        radii = root + (tip - root) * along
    # Seen at a tilt the beam crosses more ivory than the tusk is wide.
    flatten = rng.uniform(1.0, 1.25)
    outer = Swept(line, radii, flatten, round_ends=False)
    cavity = rng.uniform(0.25, 0.6) if kind == "whole" else rng.uniform(0.0, 1.2)
    if cavity < CAVITY_MIN or kind == "tip":
        return Thing([Part("ivory", outer)])
    depth = np.clip(1.0 - along / cavity, 0.0, 1.0)
    if kind == "piece":
        depth = np.full(n, min(cavity, 0.8))
    inner = Swept(line, radii * rng.uniform(0.6, 0.85) * depth, flatten, round_ends=False)
    return Thing([Part("ivory", Hollow(outer, inner))])


def _carving(rng: Generator) -> Thing:
    """Return a figure carved from a piece: solid, waisted and lobed along its axis, on a foot."""
    length = rng.uniform(7, 18)
    girth = length * rng.uniform(0.13, 0.22)
    n = 24
    along = np.linspace(0.0, 1.0, n)
    knots = rng.uniform(0.55, 1.15, 7)
    radii = girth * np.interp(along, np.linspace(0, 1, 7), knots)
    line = lines.arc(length, rng.uniform(0.0, 0.5), n)
    parts = [Part("ivory", Swept(line, radii, rng.uniform(0.8, 1.2), round_ends=False))]
    head = Pose(float(line[-1, 0] + girth * 0.5), float(line[-1, 1]))
    parts.append(Part("ivory", Ellipsoid(girth * 0.8, girth * 0.7, girth * 0.7), head))
    foot = Pose(float(line[0, 0]), float(line[0, 1]))
    parts.append(Part("ivory", Box(length * 0.12, girth * 2.6, girth * 2), foot))
    for i in range(int(rng.integers(1, 5))):
        limb = lines.arc(length * rng.uniform(0.25, 0.5), rng.uniform(-1.5, 1.5), 8)
        at = line[int(rng.integers(4, n - 4))]
        side = girth * (0.7 if i % 2 else -0.7)
        pose = Pose(float(at[0]), float(at[1] + side), rng.uniform(-0.7, 0.7))
        parts.append(Part("ivory", Swept(limb, np.full(8, girth * 0.25)), pose))
    return Thing(parts)


def _ivory_rings(rng: Generator) -> Thing:
    """Return bangles or discs sliced from a tusk, spread a little."""
    parts = []
    for _ in range(int(rng.integers(2, 6))):
        radius, depth = rng.uniform(2.2, 4.2), rng.uniform(0.8, 2.5)
        hole = Disc(radius * rng.uniform(0.3, 0.8), depth)
        pose = Pose(rng.uniform(-4, 4), rng.uniform(-4, 4))
        parts.append(Part("ivory", Hollow(Disc(radius, depth), hole), pose))
    return Thing(parts, "loose")

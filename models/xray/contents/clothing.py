"""What people wear, and what holds it up."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance, pick
from models.xray.parts import Part, Thing
from models.xray.shapes import Box, Crumpled, Disc, Ellipsoid, Hollow, Points, Pose, Slab, Swept
from models.xray.wires import Wire


def clothes(rng: Generator) -> Thing:
    """Return a folded garment: layers of cloth, creases, now and then buttons or a zip."""
    w, h = rng.uniform(16, 44), rng.uniform(14, 32)
    parts = []
    for _ in range(int(rng.integers(2, 5))):
        outline = lines.blob(rng, w / 2 * rng.uniform(0.6, 1), h / 2 * rng.uniform(0.6, 1), 0.1)
        at = Pose(rng.normal(0, 2), rng.normal(0, 2))
        sheet = Slab(outline, rng.uniform(0.6, 3.0), rng.uniform(0.5, 3))
        grain = rng.normal(1.0, 0.4, (int(rng.integers(4, 20)), int(rng.integers(4, 20))))
        parts.append(Part("cotton", Crumpled(sheet, grain.astype(np.float32)), at))
    for _ in range(int(rng.integers(2, 7))):
        crease = lines.wander(rng, rng.uniform(6, w), 0.5, 14)
        at = Pose(rng.normal(0, w / 5), rng.normal(0, h / 5), rng.uniform(0, 6))
        parts.append(Part("cotton", Wire(crease, rng.uniform(0.15, 0.6)), at))
    if chance(rng, 0.35):
        for i in range(int(rng.integers(3, 8))):
            at = Pose(i * 2.2 - w / 4, rng.normal(0, 0.3))
            parts.append(Part(pick(rng, "abs", "steel"), Disc(0.5, 0.2), at))
    return Thing(parts, "draped")


def shoe(rng: Generator) -> Thing:
    """Return a shoe from above or from the side: sole, upper, perhaps a steel shank, eyelets."""
    length, wide = rng.uniform(22, 30), rng.uniform(8, 11)
    u = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    waist = 1.0 - 0.22 * np.exp(-((np.cos(u) + 0.15) ** 2) * 8)
    outline = np.stack([np.cos(u) * length / 2, np.sin(u) * wide / 2 * waist], axis=1)
    parts = [
        Part("rubber", Slab(outline, rng.uniform(0.8, 1.8), 0.3)),
        Part("leather", Hollow(Slab(outline * 0.97, 1.0, 0.2), Slab(outline * 0.85, 0.6))),
    ]
    if chance(rng, 0.4):
        parts.append(Part("steel", Box(length * 0.4, 1.2, 0.1), Pose(-length * 0.05, 0.0)))
    if chance(rng, 0.5):
        heel = Slab(outline[8:17] * 0.95, rng.uniform(1, 3), 0.2)
        parts.append(Part("rubber", heel))
    for i in range(5):
        for sign in (-1, 1):
            at = Pose(length * (0.05 + 0.05 * i), sign * 1.4)
            parts.append(Part("brass", Disc(0.25, 0.06), at))
    return Thing(parts, "loose")


def belt(rng: Generator) -> Thing:
    """Return a rolled belt or a rope: a coil without ribs."""
    girth = rng.uniform(0.25, 0.9)
    turns = rng.uniform(2, 5)
    inner = rng.uniform(0.8, 3)
    line = lines.coil(inner, inner + girth * 2.6 * turns, turns, rng.uniform(0.7, 1.0), 80)
    material = pick(rng, "leather", "cotton", "rubber", "polyethylene")
    depth = rng.uniform(1.0, 3.0)
    buckle = Wire(lines.rectangle(4.5, 3.5, 0.4), 0.2, closed=True)
    at = Pose(float(line[-1, 0]), float(line[-1, 1]))
    return Thing(
        [Part(material, Swept(line, np.full(80, girth), depth)), Part("brass", buckle, at)]
    )


def helmet(rng: Generator) -> Thing:
    """Return a dome of plastic and foam, or a ball: as round as a turtle."""
    rx = rng.uniform(7, 15)
    ry, wall = rx * rng.uniform(0.75, 1.0), rng.uniform(0.3, 1.6)
    dome = Hollow(Ellipsoid(rx, ry, rx * 0.6), Ellipsoid(rx - wall, ry - wall, rx * 0.6 - wall))
    parts = [
        Part(pick(rng, "abs", "rubber", "leather", "pvc"), dome, density=rng.uniform(0.3, 0.7))
    ]
    for _ in range(int(rng.integers(0, 5))):
        rib: Points = lines.arc(rx * 1.4, rng.uniform(-1.5, 1.5), 9)
        parts.append(Part("abs", Wire(rib, 0.3), Pose(0.0, rng.uniform(-0.6, 0.6) * ry)))
    return Thing(parts)

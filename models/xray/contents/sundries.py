"""Wash bags, soap, toys and bags of small flat things."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance, pick
from models.xray.parts import Part, Thing
from models.xray.shapes import Box, Disc, Ellipsoid, Hollow, Pose, Rod, Slab, Solid, Swept

ROUND_CM_MAX = 1.4  # smaller bits are pebbles and nuts, larger ones discs


def pouch(rng: Generator) -> Thing:
    """Return a wash bag or pencil case: tubes, pens, a brush, small metal things."""
    parts = []
    for _ in range(int(rng.integers(3, 9))):
        at = Pose(rng.normal(0, 4), rng.normal(0, 3), rng.uniform(0, 6))
        kind = pick(rng, "tube", "bar", "pen", "box")
        if kind == "tube":
            parts.append(Part("polyethylene", Rod(rng.uniform(8, 15), rng.uniform(0.4, 0.7)), at))
        elif kind == "bar":
            parts.append(Part("soap", Ellipsoid(rng.uniform(4, 8), 2.2, 1.2), at))
        elif kind == "pen":
            parts.append(Part(pick(rng, "steel", "brass"), Rod(rng.uniform(3, 12), 0.2), at, 0.6))
        else:
            parts.append(Part("abs", Box(rng.uniform(4, 9), rng.uniform(1, 5), 0.8, 0.2), at))
    parts.append(Part("polyethylene", Slab(lines.blob(rng, 12, 8, 0.06), 0.12)))
    return Thing(parts, "loose")


def soap(rng: Generator) -> Thing:
    """Return soap, wax, a candle, cheese or a plastic cone: as orange as horn."""
    material = pick(rng, "soap", "wax", "food", "polyethylene", "abs")
    kind = pick(rng, "block", "candle", "lump", "cone")
    size = rng.uniform(4, 9)
    if kind == "block":
        return Thing([Part(material, Box(size, size * 0.65, rng.uniform(2, 5), 0.6))])
    if kind == "candle":
        return Thing([Part(material, Rod(rng.uniform(8, 24), rng.uniform(1.2, 3.8)))])
    if kind == "lump":
        return Thing([Part(material, Ellipsoid(size, size * 0.7, rng.uniform(2, 5)))])
    line = lines.arc(rng.uniform(12, 24), 0.0, 8)  # straight cone: a cosmetics cap, a funnel
    return Thing([Part(material, Swept(line, np.linspace(size * 0.5, 0.8, 8), round_ends=False))])


def chips(rng: Generator) -> Thing:
    """Return a bag of flat bits that are no scales: biscuits, poker chips, shells, pebbles."""
    material = pick(rng, "food", "abs", "wood", "ceramic", "glass")
    size, depth = rng.uniform(0.8, 2.6), rng.uniform(0.2, 0.8)
    if material in {"ceramic", "glass"}:
        size, depth = size * 0.5, depth * 0.6
    is_round = size < ROUND_CM_MAX
    spread = rng.uniform(3, 8)
    parts = []
    for _ in range(int(rng.integers(12, 60))):
        at = Pose(rng.normal(0, spread / 2), rng.normal(0, spread / 2), rng.uniform(0, 6))
        stretch = rng.uniform(0.3, 1.0)
        solid = Ellipsoid(size, size * stretch, depth) if is_round else Disc(size, depth)
        parts.append(Part(material, solid, at))
    return Thing(parts, "loose")


def toy(rng: Generator) -> Thing:
    """Return a stuffed or plastic animal: a body and limbs with no bones in it."""
    material, density = ("cotton", 0.6) if chance(rng, 0.6) else ("abs", 0.25)
    size = rng.uniform(4, 9)
    parts = [Part(material, Ellipsoid(size, size * 0.6, size * 0.5), density=density)]
    for fx, fy in ((0.7, 0.6), (0.7, -0.6), (-0.7, 0.6), (-0.7, -0.6), (1.2, 0.0)):
        limb = Ellipsoid(size * 0.4, size * 0.25, size * 0.25)
        turn = float(np.arctan2(fy, fx))
        parts.append(Part(material, limb, Pose(fx * size, fy * size, turn), density))
    if chance(rng, 0.4):
        parts.append(Part("steel", Box(3, 2, 0.4), density=0.5))
    return Thing(parts)


def balls(rng: Generator) -> Thing:
    """Return round things side by side: sweets, oranges, golf balls, a box of hollow baubles."""
    material = pick(rng, "food", "food", "rubber", "abs", "glass", "wax")
    radius = rng.uniform(1.0, 3.2)
    solid: Solid = Ellipsoid(radius, radius * rng.uniform(0.8, 1.0), radius * 0.9)
    if material in {"abs", "glass"}:
        hole = Ellipsoid(radius - 0.15, radius - 0.15, radius - 0.15)
        solid = Hollow(Ellipsoid(radius, radius, radius), hole)
    columns, loose = int(rng.integers(1, 5)), rng.uniform(0.0, 0.4) * radius
    parts = []
    for i in range(int(rng.integers(2, 13))):
        row, column = divmod(i, columns)
        at = Pose(
            (column - columns / 2) * radius * 2.1 + rng.normal(0, loose),
            (row - 1.5) * radius * 2.1 + rng.normal(0, loose),
        )
        parts.append(Part(material, solid, at))
    return Thing(parts)


def sprig(rng: Generator) -> Thing:
    """Return a plastic plant, a hair clip, a comb of wood: forked, and no coral."""
    material = pick(rng, "pvc", "abs", "wood", "ceramic")
    length = rng.uniform(6, 16)
    stem = lines.arc(length, rng.uniform(-0.6, 0.6), 10)
    parts = [Part(material, Swept(stem, np.linspace(0.45, 0.15, 10)))]
    for i in range(int(rng.integers(4, 14))):
        at = stem[int(rng.integers(1, 10))]
        turn = rng.uniform(0.5, 1.1) * (1 if i % 2 else -1)
        leaf = rng.uniform(0.15, 0.35) * length
        pose = Pose(
            float(at[0] + np.cos(turn) * leaf / 2), float(at[1] + np.sin(turn) * leaf / 2), turn
        )
        solid: Solid = Rod(leaf, 0.2)
        if chance(rng, 0.5):
            solid = Ellipsoid(leaf / 2, leaf / 5, 0.15)
        parts.append(Part(material, solid, pose))
    return Thing(parts)

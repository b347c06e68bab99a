"""Fruit, bread, sausage and meat: horns, snakes and birds of food."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import pick
from models.xray.parts import Part, Thing
from models.xray.shapes import Ellipsoid, Pose, Swept


def fruit(rng: Generator) -> Thing:
    """Return bananas, cucumbers, bread or a sausage ring: horns, tusks and snakes of food."""
    kind = pick(rng, "bananas", "loaf", "sausage")
    n = 14
    along = np.linspace(0, 1, n)
    if kind == "bananas":
        hand = []
        radii = rng.uniform(1.4, 2.0) * np.interp(
            along, [0, 0.12, 0.5, 0.9, 1], [0.3, 0.8, 1, 0.8, 0.3]
        )
        for i in range(int(rng.integers(1, 6))):
            line = lines.arc(rng.uniform(14, 20), rng.uniform(0.8, 1.4), n)
            hand.append(Part("food", Swept(line, radii), Pose(0.0, i * 2.2, rng.normal(0, 0.15))))
        return Thing(hand, "loose")
    if kind == "loaf":
        radius = rng.uniform(2, 5)
        radii = radius * np.sin(np.pi * (0.1 + 0.8 * along)) ** 0.5
        loaf = Swept(lines.arc(rng.uniform(14, 30), rng.uniform(0, 0.5), n), radii)
        return Thing([Part("food", loaf, density=rng.uniform(0.3, 1.0))])
    ring = lines.arc(rng.uniform(25, 45), rng.uniform(3.5, 5.8), 30)
    return Thing([Part("food", Swept(ring, np.full(30, rng.uniform(1.2, 2.2))))])


def meat(rng: Generator) -> Thing:
    """Return a chicken leg or ribs: flesh and bone, but no bird."""
    parts = [Part("tissue", Ellipsoid(rng.uniform(5, 9), rng.uniform(3, 5), rng.uniform(1.5, 3)))]
    for _ in range(int(rng.integers(1, 4))):
        bone = Swept(
            lines.arc(rng.uniform(7, 13), 0.3, 8),
            np.asarray([0.9, 0.5, 0.4, 0.4, 0.4, 0.4, 0.5, 0.8]),
        )
        at = Pose(rng.normal(0, 1.5), rng.normal(0, 1.2), rng.uniform(0, 6))
        parts.append(Part("bone", bone, at, 0.6))
    return Thing(parts)

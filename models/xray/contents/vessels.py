"""Bottles, tins, pots and pipes: hollow things, some as green as ivory."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance, pick
from models.xray.parts import Part, Thing
from models.xray.shapes import Box, Disc, Ellipsoid, Hollow, Pose, Rod, Swept


def bottle(rng: Generator) -> Thing:
    """Return a bottle of plastic or glass, part full, lying down."""
    length, radius = rng.uniform(12, 28), rng.uniform(2.2, 4.4)
    n = 14
    neck = rng.uniform(0.25, 0.45)
    along = np.linspace(0, 1, n)
    radii = radius * np.interp(along, [0, 1 - neck, 1 - neck * 0.45, 1], [1, 1, 0.4, 0.35])
    line = np.stack([along * length - length / 2, np.zeros(n)], axis=1)
    outer = Swept(line, radii, round_ends=False)
    glass = chance(rng, 0.35)
    wall = rng.uniform(0.25, 0.45) if glass else rng.uniform(0.05, 0.12)
    inner = Swept(line, np.maximum(radii - wall, 0.1), round_ends=False)
    parts = [Part("glass" if glass else "pet", Hollow(outer, inner))]
    if chance(rng, 0.75):
        full = rng.uniform(0.3, 1.0)
        cut = max(3, int(n * full))
        liquid = Swept(line[:cut], np.maximum(radii[:cut] - wall, 0.1), round_ends=False)
        parts.append(Part(pick(rng, "water", "water", "soap", "food"), liquid))
    end = Pose(float(line[-1, 0]), 0.0)
    parts.append(Part(pick(rng, "polyethylene", "aluminium"), Rod(2.0, radius * 0.42), end, 0.3))
    return Thing(parts)


def can(rng: Generator) -> Thing:
    """Return a drinks or food tin, or a spray can."""
    length, radius = rng.uniform(8, 20), rng.uniform(2.2, 4.2)
    metal = pick(rng, "aluminium", "steel")
    wall = 0.02 if metal == "steel" else rng.uniform(0.02, 0.06)
    rim = [
        Part(metal, Box(0.25, radius * 2, radius * 0.15), Pose(s * length / 2, 0.0))
        for s in (-1, 1)
    ]
    shell = Part(metal, Hollow(Rod(length, radius), Rod(length, radius - wall)))
    filling = Part(
        pick(rng, "water", "food", "soap"),
        Rod(length * 0.95, radius - wall),
        density=rng.uniform(0.2, 1.0),
    )
    return Thing([shell, filling, *rim])


def ceramics(rng: Generator) -> Thing:
    """Return a bowl, a plate, a mug or a vase: a dome or rings as green as shell and ivory."""
    material = pick(rng, "ceramic", "glass")
    kind = pick(rng, "bowl", "plate", "vase")
    radius, wall = rng.uniform(4, 12), rng.uniform(0.3, 0.7)
    if kind == "bowl":
        dome = Hollow(
            Ellipsoid(radius, radius, radius * 0.6),
            Ellipsoid(radius - wall, radius - wall, radius * 0.6 - wall),
        )
        foot = Pose(0.0, 0.0, z=-radius * 0.6)
        return Thing(
            [
                Part(material, dome, density=0.5, rise="cup"),
                Part(material, Disc(radius * 0.4, wall), foot),
            ]
        )
    if kind == "plate":
        rim = Hollow(Disc(radius, wall), Disc(radius * 0.65, wall * 0.4))
        return Thing([Part(material, rim)])
    n = 12
    along = np.linspace(0, 1, n)
    belly = np.interp(along, [0, 0.35, 0.75, 0.9, 1], rng.uniform(0.35, 1.0, 5))
    line = np.stack([along * radius * 2.4 - radius * 1.2, np.zeros(n)], axis=1)
    outer = radius * 0.75 * belly
    vase = Hollow(
        Swept(line, outer, round_ends=False),
        Swept(line, np.maximum(outer - wall, 0.1), round_ends=False),
    )
    return Thing([Part(material, vase)])


def pipe(rng: Generator) -> Thing:
    """Return a tube as green as ivory: PVC pipe, glass or aluminium tube, a flute, a candle jar."""
    length, radius = rng.uniform(10, 52), rng.uniform(0.8, 3.6)
    wall = rng.uniform(0.15, 0.5)
    material = pick(rng, "pvc", "glass", "aluminium", "ceramic")
    if chance(rng, 0.3):
        bend = rng.uniform(0.3, 1.6)
        line, even = lines.arc(length, bend, 16), np.full(16, radius)
        body = Hollow(
            Swept(line, even, round_ends=False), Swept(line, even - wall, round_ends=False)
        )
        return Thing([Part(material, body)])
    return Thing([Part(material, Hollow(Rod(length, radius), Rod(length + 1, radius - wall)))])


def bar(rng: Generator) -> Thing:
    """Return a solid green bar: a glass rod, a chair leg of PVC, a stone pestle, a bent handle."""
    length, radius = rng.uniform(8, 34), rng.uniform(0.7, 2.2)
    n = 12
    swell = 1.0 + rng.uniform(-0.35, 0.35) * np.cos(np.linspace(0, 2 * np.pi, n))
    line = lines.arc(length, rng.uniform(0.0, 0.5), n)
    return Thing(
        [
            Part(
                pick(rng, "pvc", "glass", "ceramic"),
                Swept(line, radius * swell),
                density=rng.uniform(0.5, 1.0),
            )
        ]
    )

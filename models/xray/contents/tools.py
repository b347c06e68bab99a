"""Tools, umbrellas, keys and coins: metal."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import pick
from models.xray.parts import Part, Thing
from models.xray.shapes import Box, Disc, Hollow, Pose, Rod, Swept
from models.xray.wires import Wire


def tool(rng: Generator) -> Thing:
    """Return a wrench, a screwdriver, pliers or scissors."""
    kind = pick(rng, "wrench", "screwdriver", "pliers")
    length = rng.uniform(12, 26)
    if kind == "screwdriver":
        return Thing(
            [
                Part("steel", Rod(length * 0.6, 0.3), Pose(length * 0.3, 0.0)),
                Part("abs", Rod(length * 0.4, 1.3), Pose(-length * 0.2, 0.0)),
            ]
        )
    if kind == "wrench":
        jaw = Hollow(Disc(1.8, 0.7), Box(2.4, 1.2, 0.7), Pose(1.0, 0.0))
        return Thing(
            [
                Part("steel", Box(length, 1.4, 0.55, 0.15)),
                Part("steel", jaw, Pose(length / 2, 0.0)),
                Part("steel", Hollow(Disc(1.5, 0.7), Disc(0.8, 0.7)), Pose(-length / 2, 0.0)),
            ]
        )
    parts = []
    for sign in (-1.0, 1.0):
        bend = sign * rng.uniform(0.4, 0.8)
        arm = Swept(lines.arc(length, bend, 9), np.linspace(0.3, 0.65, 9))
        parts.append(Part("steel", arm, Pose(0.0, sign * 1.0, sign * 0.12), 0.6))
        parts.append(
            Part(
                "pvc",
                Swept(lines.arc(length * 0.5, bend, 7), np.full(7, 0.9)),
                Pose(length * 0.25, sign * 1.6, sign * 0.12),
            )
        )
    return Thing(parts)


def umbrella(rng: Generator) -> Thing:
    """Return a folded umbrella: shaft, ribs, handle, cloth."""
    length = rng.uniform(22, 60)
    parts = [Part("steel", Rod(length, 0.35), density=0.35)]
    for _ in range(6):
        end = rng.normal(0, 1.2, 2)
        rib = np.asarray([[-length * 0.45, end[0]], [length * 0.42, end[1]]])
        parts.append(Part("steel", Wire(rib, 0.09)))
    parts.append(Part("cotton", Rod(length * 0.85, 2.6), density=1.6))
    handle = lines.arc(rng.uniform(6, 14), rng.uniform(0, 3), 9)
    parts.append(
        Part(pick(rng, "wood", "abs"), Swept(handle, np.full(9, 1.1)), Pose(length / 2, 0.0))
    )
    return Thing(parts)


def trinkets(rng: Generator) -> Thing:
    """Return keys, coins, buckles: small, dense, blue."""
    parts = []
    for _ in range(int(rng.integers(2, 8))):
        at = Pose(rng.normal(0, 3), rng.normal(0, 3), rng.uniform(0, 6))
        metal = pick(rng, "brass", "steel", "copper")
        kind = pick(rng, "coin", "key", "buckle", "zip")
        if kind == "coin":
            parts.append(Part(metal, Disc(rng.uniform(0.8, 1.3), 0.2), at))
        elif kind == "key":
            parts.append(Part(metal, Box(rng.uniform(3, 6), 0.8, 0.2), at))
        elif kind == "buckle":
            buckle = Wire(lines.rectangle(3.6, 2.6, 0.4), 0.18, closed=True)
            parts.append(Part(metal, buckle, at))
        else:
            zipper = lines.wander(rng, rng.uniform(8, 22), 0.4, 16)
            parts.append(Part(metal, Wire(zipper, 0.1), at, 0.7))
    return Thing(parts, "loose")

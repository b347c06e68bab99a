"""Coral and large shells: lime, branched or wound."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance
from models.xray.parts import Part, Thing
from models.xray.shapes import Ellipsoid, Hollow, Pose, Slab, Swept

BRANCHES_MAX = 60
BRANCH_CM_MIN = 0.8  # nothing shorter branches off


def coral_or_shell(rng: Generator) -> Thing:
    """Return a branch of coral, a brain coral, a conch or a giant clam."""
    maker = (_branches, _branches, _conch, _clam)[int(rng.integers(4))]
    return maker(rng)


def _branches(rng: Generator) -> Thing:
    """Return a coral that forks and forks again, ever thinner."""
    parts: list[Part] = []
    size = rng.uniform(3.0, 6.5)
    shrink, spread = rng.uniform(0.68, 0.82), rng.uniform(0.35, 0.8)
    density = rng.uniform(0.6, 1.0)  # pores
    open_: list[tuple[float, float, float, float, float]] = [
        (-size, 0.0, 0.0, size, rng.uniform(0.5, 1.1))
    ]
    while open_ and len(parts) < BRANCHES_MAX:
        x, y, heading, length, radius = open_.pop(0)
        bend = rng.normal(0, 0.3)
        middle = heading + bend / 2
        end = (x + length * np.cos(middle), y + length * np.sin(middle))
        line = np.asarray([[x, y], end])
        radii = np.asarray([radius, radius * shrink])
        parts.append(Part("aragonite", Swept(line, radii), density=density))
        if length * shrink < BRANCH_CM_MIN:
            continue
        for sign in (-1, 1) if chance(rng, 0.8) else (-1, 0, 1):
            turn = heading + bend + sign * spread * rng.uniform(0.6, 1.3)
            shorter = length * shrink * rng.uniform(0.8, 1.1)
            open_.append((end[0], end[1], float(turn), float(shorter), radius * shrink))
    return Thing(parts)


def _conch(rng: Generator) -> Thing:
    """Return a shell wound round its axis: whorls ever smaller, hollow, a flaring lip."""
    size = rng.uniform(4.5, 9.0)
    wall = size * rng.uniform(0.04, 0.08)
    parts: list[Part] = []
    x, radius = -size * 0.4, size * rng.uniform(0.5, 0.62)
    for _ in range(6):
        outer = Ellipsoid(radius * 0.75, radius, radius)
        inner = Ellipsoid(radius * 0.75 - wall, radius - wall, radius - wall)
        turn = Pose(x, 0.0, rng.normal(0.25, 0.05))
        parts.append(Part("aragonite", Hollow(outer, inner), turn))
        x += radius * 0.62
        radius *= 0.7
    axis = np.asarray([[-size * 1.1, 0.0], [x, 0.0]])
    parts.append(Part("aragonite", Swept(axis, np.asarray([wall * 1.5, wall]))))
    lip = Slab(lines.blob(rng, size * 0.75, size * 0.3, 0.08), wall * 1.5, wall)
    parts.append(Part("aragonite", lip, Pose(-size * 0.35, size * 0.55, rng.normal(0, 0.15))))
    return Thing(parts)


def _clam(rng: Generator) -> Thing:
    """Return one valve of a clam or a scallop: a fan with ribs."""
    size = rng.uniform(4.5, 10.0)
    folds = int(rng.integers(5, 13))
    angle = np.linspace(-1.25, 1.25, 60)
    edge = size * (1.0 + 0.07 * np.cos(angle * folds * 2.0))
    fan = np.stack([edge * np.cos(angle) - size / 2, edge * np.sin(angle)], axis=1)
    outline = np.concatenate([fan, [[-size * 0.62, 0.0]]])
    thick = size * rng.uniform(0.05, 0.12)
    parts = [Part("aragonite", Slab(outline, thick, size * 0.12))]
    for fold in np.linspace(-1.15, 1.15, folds):
        rib = np.asarray([[0.0, 0.0], [np.cos(fold), np.sin(fold)]]) * size * 0.95
        rib[:, 0] -= size / 2
        width = np.asarray([size * 0.015, size * 0.05])
        parts.append(Part("aragonite", Swept(rib, width), density=rng.uniform(0.5, 1.0)))
    return Thing(parts)

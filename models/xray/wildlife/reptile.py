"""Snakes and lizards: flesh round a fine skeleton."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance
from models.xray.parts import Part, Thing
from models.xray.shapes import Ellipsoid, Hollow, Pose, Swept
from models.xray.wires import Wire


def snake_or_lizard(rng: Generator) -> Thing:
    """Return a coiled snake or a lizard: flesh round a fine spine, ribs, a skull."""
    return _snake(rng) if chance(rng, 0.6) else _lizard(rng)


def _snake(rng: Generator) -> Thing:
    """Return a snake in a loose coil or a heap of bends."""
    girth = rng.uniform(0.9, 2.6)
    n = 80
    if chance(rng, 0.7):
        turns = rng.uniform(1.6, 3.2)
        inner = girth * rng.uniform(0.9, 1.6)
        outer = inner + girth * 2.0 * turns * rng.uniform(0.85, 1.05)
        line = lines.coil(inner, outer, turns, rng.uniform(0.65, 1.0), n)
        line = line + rng.normal(0, girth * 0.04, line.shape)
    else:
        line = lines.wander(rng, girth * rng.uniform(22, 36), 1.6, n)
    along = np.linspace(0.0, 1.0, n)
    girths = girth * (0.25 + 0.75 * np.sin(np.pi * (0.08 + 0.84 * along)) ** 0.6)
    parts = [
        Part("tissue", Swept(line, girths)),
        Part("bone", Swept(line, girths * 0.13), density=0.8),
    ]
    side = np.gradient(line, axis=0)
    side = np.stack([-side[:, 1], side[:, 0]], axis=1)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6)
    for i in range(4, n - 4, 2):
        rib = np.stack([line[i] - side[i] * girths[i] * 0.75, line[i] + side[i] * girths[i] * 0.75])
        parts.append(Part("bone", Wire(rib, girth * 0.03)))
    skull = Ellipsoid(girth * 0.9, girth * 0.55, girth * 0.3)
    end = line[-1]
    turn = float(np.arctan2(end[1] - line[-2][1], end[0] - line[-2][0]))
    head = Pose(float(end[0]), float(end[1]), turn)
    return Thing([*parts, Part("bone", skull, head, 0.4)])


def _lizard(rng: Generator) -> Thing:
    """Return a lizard: a spindle of a body, a long tail, four bent legs."""
    body = rng.uniform(8, 20)
    girth = body * rng.uniform(0.1, 0.17)
    n = 44
    line = lines.wander(rng, body * rng.uniform(1.9, 2.6), 0.45, n)
    along = np.linspace(0.0, 1.0, n)
    girths = girth * np.interp(
        along, [0, 0.08, 0.14, 0.3, 0.45, 0.55, 1], [0.4, 0.7, 0.5, 1, 0.9, 0.4, 0.06]
    )
    parts = [
        Part("tissue", Swept(line, girths)),
        Part("bone", Swept(line, np.maximum(girths * 0.12, 0.06)), density=0.8),
    ]
    head = Pose(float(line[1][0]), float(line[1][1]), float(np.arctan2(*(line[3] - line[0])[::-1])))
    skull = Hollow(
        Ellipsoid(girth * 1.0, girth * 0.65, girth * 0.5),
        Ellipsoid(girth * 0.8, girth * 0.5, girth * 0.4),
    )
    parts.append(Part("bone", skull, head))
    for at in (0.18, 0.46):
        i = int(at * n)
        heading = line[i + 1] - line[i]
        turn = float(np.arctan2(heading[1], heading[0]))
        for sign in (-1.0, 1.0):
            reach = girth * rng.uniform(1.6, 2.4)
            splay = sign * rng.uniform(0.5, 1.3)
            knee = np.asarray([np.cos(splay), np.sin(splay)]) * reach
            foot = knee + np.asarray([np.cos(-splay * 0.4), np.sin(splay * 1.2)]) * reach * 0.8
            leg = np.stack([np.zeros(2), knee, foot])
            pose = Pose(float(line[i][0]), float(line[i][1]), turn)
            parts.append(Part("tissue", Swept(leg, girth * np.asarray([0.35, 0.22, 0.15])), pose))
            parts.append(Part("bone", Wire(leg, girth * 0.06), pose))
    return Thing(parts)

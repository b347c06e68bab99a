"""Pangolin scales: loose in a packet, or on the skin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance
from models.xray.parts import Part, Thing
from models.xray.shapes import Points, Pose, Slab

SCALES_MAX = 130  # in one packet


def _scale_outline(rng: Generator, size: float) -> Points:
    """Return the shield outline of one scale, `size` cm long: round root, blunt point."""
    angle = np.linspace(0.0, 2 * np.pi, 18, endpoint=False)
    point = 1.0 + rng.uniform(0.15, 0.45) * np.maximum(np.cos(angle), 0.0) ** 6
    width = rng.uniform(0.65, 0.95)
    x, y = np.cos(angle) * point, np.sin(angle) * width
    return np.stack([x, y], axis=1) * size / 2


def pangolin_scales(rng: Generator) -> Thing:
    """Return a packet of loose scales, or a strip of skin with its scales in rows like tiles."""
    size = rng.uniform(2.2, 5.5)
    thick = rng.uniform(0.3, 0.6)
    shapes = [
        Slab(_scale_outline(rng, size * rng.uniform(0.7, 1.2)), thick, size * 0.12)
        for _ in range(6)
    ]
    parts: list[Part] = []
    if chance(rng, 0.65):
        rx, ry = rng.uniform(5, 13), rng.uniform(4, 9)
        area = np.pi * rx * ry / (size * size * 0.6)
        for _ in range(min(SCALES_MAX, max(10, int(area * rng.uniform(3.0, 7.0))))):
            radius, angle = np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
            pose = Pose(
                float(rx * radius * np.cos(angle)),
                float(ry * radius * np.sin(angle)),
                float(rng.uniform(0, 2 * np.pi)),
            )
            # A scale on edge is a short dense streak.
            slab = shapes[int(rng.integers(6))]
            if chance(rng, 0.25):
                slab = replace(slab, corners=slab.corners * [1.0, 0.3], depth=thick * 3)
            parts.append(Part("pangolin_scale", slab, pose))
        return Thing(parts, "loose")
    step = size * rng.uniform(0.45, 0.6)
    rows, columns = int(rng.integers(3, 7)), int(rng.integers(5, 11))
    for row in range(rows):
        for column in range(columns):
            x = (column - columns / 2) * step + rng.normal(0, 0.15)
            y = (row - rows / 2 + 0.5 * (column % 2)) * step * 1.1 + rng.normal(0, 0.15)
            turn = rng.normal(0, 0.12)
            parts.append(Part("pangolin_scale", shapes[int(rng.integers(6))], Pose(x, y, turn)))
    skin = Slab(lines.rectangle(columns * step, rows * step * 1.1, 1.0), 0.3)
    return Thing([Part("leather", skin), *parts], "loose")

"""Turtles and tortoises: the shell, with or without the animal."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance
from models.xray.parts import Part, Rise, Thing
from models.xray.shapes import Ellipsoid, Hollow, Pose, Swept
from models.xray.wires import Wire


def turtle_shell(rng: Generator) -> Thing:
    """Return a carapace with or without its plastron, seams between scutes, perhaps the animal."""
    rx = rng.uniform(6, 19)
    ry, rise = rx * rng.uniform(0.68, 0.92), rx * rng.uniform(0.3, 0.5)
    wall = rx * rng.uniform(0.025, 0.05) + 0.1
    dome = Hollow(Ellipsoid(rx, ry, rise), Ellipsoid(rx - wall, ry - wall, rise - wall))
    share = rng.choice([0.5, 1.0])  # a carapace alone is half a shell
    stands: Rise = "dome" if share < 1 else "level"
    parts = [
        Part("bone", dome, density=0.9 * float(share), rise=stands),
        Part("scute", dome, density=0.2, rise=stands),
    ]
    seam = wall * rng.uniform(0.25, 0.5)
    spine = np.asarray([[-0.85 * rx, 0.0], [0.85 * rx, 0.0]])
    parts.append(Part("bone", Wire(spine, seam * 1.6)))
    for side in (-1.0, 1.0):
        flank = np.linspace(-0.8, 0.8, 9)
        middle = np.stack([flank * rx, side * 0.42 * ry * np.sqrt(1.05 - flank**2)], axis=1)
        parts.append(Part("bone", Wire(middle, seam)))
        for x in (-0.55, -0.2, 0.2, 0.55):
            start = [x * rx, side * 0.42 * ry * np.sqrt(1.05 - x * x)]
            end = [1.15 * x * rx, side * 0.97 * ry * np.sqrt(1 - (1.15 * x) ** 2)]
            parts.append(Part("bone", Wire(np.asarray([start, end]), seam)))
    if chance(rng, 0.45):
        parts += _reptile_inside(rng, rx, ry)
    return Thing(parts)


def _reptile_inside(rng: Generator, rx: float, ry: float) -> list[Part]:
    """Return the flesh and limb bones of a turtle drawn into its shell."""
    parts = [Part("tissue", Ellipsoid(rx * 0.85, ry * 0.8, rx * rng.uniform(0.2, 0.35)))]
    for fx, fy in ((0.6, 0.5), (0.6, -0.5), (-0.6, 0.5), (-0.6, -0.5)):
        turn = float(rng.uniform(0, np.pi))
        bone = Swept(lines.arc(rx * 0.35, 0.3, 5), np.full(5, rx * 0.035))
        parts.append(Part("bone", bone, Pose(fx * rx, fy * ry, turn)))
    skull = Hollow(Ellipsoid(rx * 0.16, rx * 0.12, rx * 0.12), Ellipsoid(rx * 0.1, rx * 0.08, 0.8))
    return [*parts, Part("bone", skull, Pose(rx * 0.8, 0.0))]

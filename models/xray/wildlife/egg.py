"""Eggs of birds and reptiles: a thin shell of lime round what is in it, several together."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray.chance import chance
from models.xray.parts import Part, Thing
from models.xray.shapes import Ellipsoid, Hollow, Pose, Slab, Solid

PARROT_CM, TORTOISE_CM = (2.6, 4.6), (3.4, 6.5)  # length
SPACE = 1.15  # centre to centre, in lengths
PADDED_SHARE = 0.6


def eggs(rng: Generator) -> Thing:
    """Return a clutch: in rows as in a vest or a box, or in a heap."""
    low, high = PARROT_CM if chance(rng, 0.6) else TORTOISE_CM
    length = rng.uniform(low, high)
    wide = length * rng.uniform(0.7, 0.95)
    wall = rng.uniform(0.03, 0.06) * (length / 4.0)
    count = int(rng.integers(3, 15))
    columns = int(np.ceil(np.sqrt(count * rng.uniform(0.8, 2.5))))
    shell: Solid = Hollow(
        Ellipsoid(length / 2, wide / 2, wide / 2),
        Ellipsoid(length / 2 - wall, wide / 2 - wall, wide / 2 - wall),
    )
    inside = Ellipsoid(length / 2 - wall, wide / 2 - wall, wide / 2 - wall)
    loose = rng.uniform(0.0, 0.25) * length
    parts: list[Part] = []
    rows = int(np.ceil(count / columns))
    for i in range(count):
        row, column = divmod(i, columns)
        at = Pose(
            (column - (columns - 1) / 2) * wide * SPACE + rng.normal(0, loose),
            (row - (rows - 1) / 2) * length * SPACE + rng.normal(0, loose),
            np.pi / 2 + rng.normal(0, 0.2),
        )
        parts += [Part("eggshell", shell, at), Part("water", inside, at, 1.03)]
    if chance(rng, PADDED_SHARE):
        w, h = columns * wide * SPACE / 2 + 0.5, rows * length * SPACE / 2 + 0.5
        corners = np.asarray([[-w, -h], [w, -h], [w, h], [-w, h]])
        beneath = Pose(0.0, 0.0, z=-wide / 2)
        parts.append(Part("cotton", Slab(corners, rng.uniform(0.3, 1.5), 0.5), beneath))
    return Thing(parts)

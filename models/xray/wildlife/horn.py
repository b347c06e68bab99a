"""Rhino horn: whole, sawn, sliced."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.parts import Part, Thing
from models.xray.shapes import Ellipsoid, Hollow, Pose, Slab, Swept


def rhino_horn(rng: Generator) -> Thing:
    """Return a horn or a sawn piece: solid keratin, thick, a broad dished base, denser core."""
    kind = rng.choice(["whole", "piece", "discs"], p=[0.65, 0.25, 0.1])
    if kind == "discs":
        return Thing(
            [
                Part(
                    "horn",
                    Slab(
                        lines.blob(rng, r := rng.uniform(4, 7), r * rng.uniform(0.8, 1), 0.05),
                        rng.uniform(2, 5),
                        0.3,
                    ),
                    Pose(rng.uniform(-5, 5), rng.uniform(-5, 5)),
                )
                for _ in range(int(rng.integers(1, 4)))
            ],
            "loose",
        )
    length = rng.uniform(14, 42) if kind == "whole" else rng.uniform(8, 16)
    base = rng.uniform(4.0, 7.5)
    tip = rng.uniform(0.4, 1.2) if kind == "whole" else base * rng.uniform(0.6, 0.9)
    n = 20
    along = np.linspace(0.0, 1.0, n)
    radii = tip + (base - tip) * (1.0 - along) ** rng.uniform(0.7, 1.3)
    line = lines.arc(length, rng.uniform(0.15, 1.1), n)
    # The skin of a horn flares over the last centimetres and is worn thin.
    body = Swept(line, radii, rng.uniform(0.75, 1.1), round_ends=False)
    core = Swept(line[: n // 2 + 4], radii[: n // 2 + 4] * rng.uniform(0.35, 0.6))
    dish_at = line[0]
    dish = Ellipsoid(rng.uniform(1.0, 2.5), base * 0.8, base * 0.7)
    turn = float(np.arctan2(*(line[1] - line[0])[::-1]))
    hollow = Hollow(body, dish, Pose(float(dish_at[0]), float(dish_at[1]), turn))
    return Thing([Part("horn", hollow), Part("bone", core, density=rng.uniform(0.01, 0.05))])

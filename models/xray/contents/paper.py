"""Books and papers."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray.chance import chance
from models.xray.parts import Part, Thing
from models.xray.shapes import Box
from models.xray.wires import Wire


def book(rng: Generator) -> Thing:
    """Return a book or a stack of papers."""
    w, h = rng.uniform(12, 22), rng.uniform(16, 29)
    depth = rng.uniform(0.8, 4.5)
    parts = [Part("paper", Box(w, h, depth, rng.uniform(0.1, 1.0)))]
    if chance(rng, 0.2):
        spiral = np.stack([np.full(30, -w / 2), np.linspace(-h / 2, h / 2, 30)], axis=1)
        spiral[::2, 0] += 0.8
        parts.append(Part("steel", Wire(spiral, 0.06)))
    return Thing(parts)

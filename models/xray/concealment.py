"""How a threat is hidden: a graded mixture, from laid among few things to under metal.

Most items can be seen in part by a patient person: a detector learns nothing from what nobody could
see, and a figure over such bags alone says nothing. The mixture is `CONCEALMENTS`; every truth says
which it was, so that figures can be split by it.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import pick
from models.xray.contents.electronics import appliance, laptop
from models.xray.contents.tools import tool, trinkets
from models.xray.contents.vessels import can
from models.xray.parts import Part, Thing
from models.xray.shapes import Box, Pose, Slab

CONCEALMENTS = {"open": 0.40, "among": 0.30, "wrapped": 0.15, "covered": 0.15}
"""Share of each: in the emptiest place; somewhere; wrapped in cloth, paper or foil; under metal or
electronics, or inside an appliance."""
PLACES_TRIED = {"open": 8, "among": 2, "wrapped": 4, "covered": 3}


def any_concealment(rng: Generator) -> str:
    """Return one of `CONCEALMENTS`."""
    return str(rng.choice(list(CONCEALMENTS), p=list(CONCEALMENTS.values())))


def wrapping(rng: Generator, w: float, h: float) -> Thing:
    """Return what is wound round a thing of w by h cm: cloth, bubble film, newspaper, foil."""
    outline = lines.rectangle(w * 1.1 + 1.0, h * 1.1 + 1.0, min(w, h) * 0.2)
    outline = outline * (1.0 + 0.03 * rng.normal(size=outline.shape))
    material = pick(rng, "cotton", "polyethylene", "paper", "aluminium")
    depth = {
        "cotton": rng.uniform(0.5, 4.0),
        "polyethylene": rng.uniform(0.05, 0.4),
        "paper": rng.uniform(0.1, 1.2),
        "aluminium": rng.uniform(0.01, 0.08),
    }[material]
    parts = [Part(material, Slab(outline, depth, rng.uniform(0.0, 1.0)))]
    for _ in range(int(rng.integers(0, 3))):  # tape and folds
        band = Box(rng.uniform(0.3, 1.0) * w, rng.uniform(1.0, 3.0), depth)
        at = Pose(rng.normal(0, w / 8), rng.normal(0, h / 6), rng.uniform(0, np.pi))
        parts.append(Part(material, band, at))
    return Thing(parts, "draped")


def cover(rng: Generator) -> Thing:
    """Return what is laid over a thing to hide it."""
    kind = pick(rng, "laptop", "appliance", "can", "tool", "trinkets", "plate")
    if kind == "plate":
        metal, depth = pick(rng, "aluminium", "steel"), rng.uniform(0.03, 0.15)
        sheet = Box(rng.uniform(8, 22), rng.uniform(6, 16), depth)
        return Thing([Part(metal, sheet, density=4.0 if metal == "aluminium" else 1.0)])
    makers = {
        "laptop": laptop,
        "appliance": appliance,
        "can": can,
        "tool": tool,
        "trinkets": trinkets,
    }
    return makers[kind](rng)

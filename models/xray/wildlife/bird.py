"""Birds: a light body, hollow bones, a beak."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance
from models.xray.parts import Part, Thing
from models.xray.shapes import Ellipsoid, Hollow, Pose, Slab, Swept
from models.xray.wires import Wire

TUBE_SHARE = 0.25  # live birds are smuggled in tubes and curlers; so are these


def bird(rng: Generator) -> Thing:
    """Return a bird lying with folded wings: keel, thin hollow bones, long legs, a beak."""
    size = rng.uniform(4.0, 9.0)
    rx, ry = size, size * rng.uniform(0.42, 0.6)
    parts = [
        Part("tissue", Ellipsoid(rx, ry, ry * rng.uniform(0.7, 1.0)), density=0.85),
        Part("cotton", Ellipsoid(rx * 1.25, ry * 1.15, ry), density=0.5),  # plumage
    ]
    neck = rng.uniform(-0.6, 0.6)
    head = Pose(rx * 1.1 + size * 0.1, float(np.sin(neck) * size * 0.4))
    spine = np.asarray([[-rx * 0.8, 0.0], [0.0, -ry * 0.2], [rx * 0.7, 0.0], [head.x, head.y]])
    parts.append(Part("bone", Wire(spine, size * 0.035)))
    skull = Hollow(
        Ellipsoid(size * 0.26, size * 0.22, size * 0.22),
        Ellipsoid(size * 0.23, size * 0.19, size * 0.19),
    )
    beak = np.asarray([[0.2, 0.1], [0.62, -0.02 + rng.uniform(-0.1, 0.1)], [0.2, -0.12]]) * size
    parts += [
        Part("tissue", Ellipsoid(size * 0.24, size * 0.2, size * 0.18), head),
        Part("bone", skull, head),
        Part("scute", Slab(beak, size * 0.12), head),
    ]
    keel = np.asarray([[rx * 0.6, ry * 0.2], [0.0, ry * 0.75], [-rx * 0.45, ry * 0.35]])
    parts.append(Part("bone", Wire(keel, size * 0.03)))
    for sign in (-1.0, 1.0):
        spread = rng.uniform(0.7, 1.1)
        wing = np.asarray(
            [
                [rx * 0.6, sign * ry * 0.5],
                [-rx * 0.35, sign * ry * spread],
                [rx * 0.5, sign * ry * spread * 1.08],
                [-rx * 0.9, sign * ry * 0.75],
            ]
        )
        tube = Swept(wing, np.full(4, size * 0.035))
        marrow = Swept(wing, np.full(4, size * 0.02))
        parts.append(Part("bone", Hollow(tube, marrow)))
        foot = rng.uniform(1.3, 2.0)
        leg = np.asarray(
            [
                [-rx * 0.3, sign * ry * 0.3],
                [-rx * 0.75, sign * ry * 0.7],
                [-rx * foot, sign * ry * rng.uniform(0.1, 0.5)],
            ]
        )
        parts.append(Part("bone", Wire(leg, size * 0.025)))
        for toe in (-0.5, 0.0, 0.5):
            tip = leg[-1] + np.asarray([-np.cos(toe), np.sin(toe)]) * size * 0.22
            parts.append(Part("bone", Wire(np.stack([leg[-1], tip]), size * 0.014)))
    for x in np.linspace(-0.4, 0.5, 5):
        rib = np.asarray([[x * rx, -ry * 0.3], [x * rx - 0.1 * rx, 0.0], [x * rx, ry * 0.5]])
        parts.append(Part("bone", Wire(rib, size * 0.012)))
    if chance(rng, TUBE_SHARE):
        tube_outer = Slab(lines.rectangle(rx * 3.2, ry * 2.6, 0.3), 0.3)
        parts.append(Part("polyethylene", tube_outer))
    return Thing(parts)

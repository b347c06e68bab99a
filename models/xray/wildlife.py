"""Wildlife contraband: six families, each different every time it is packed.

Sizes are those of seized goods that fit a suitcase. `WILDLIFE` is the one list of classes, in the
order the detector numbers them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.parts import Part, Thing
from models.xray.shapes import Disc, Ellipsoid, Hollow, Points, Pose, Slab, Swept, Wire

SCALES_MAX = 90  # in one packet
BIRD_TUBE_SHARE = 0.25  # live birds are smuggled in tubes and curlers; so are these


def elephant_tusk(rng: Generator) -> Thing:
    """Return a tusk, a tip or a sawn piece; the pulp cavity at the root is what tells it."""
    kind = rng.choice(["whole", "tip", "piece", "rings"], p=[0.5, 0.15, 0.25, 0.1])
    if kind == "rings":
        return _ivory_rings(rng)
    length = {"whole": rng.uniform(22, 58), "tip": rng.uniform(9, 22)}.get(
        kind, rng.uniform(7, 22)
    )
    root = length * rng.uniform(0.05, 0.085) if kind == "whole" else rng.uniform(1.4, 3.8)
    tip = root * rng.uniform(0.8, 1.0) if kind == "piece" else rng.uniform(0.15, 0.5)
    n = 22
    line = lines.arc(length, rng.uniform(0.3, 1.5) * (0.3 if kind == "piece" else 1.0), n)
    along = np.linspace(0.0, 1.0, n)
    radii = tip + (root - tip) * (1.0 - along) ** rng.uniform(0.5, 0.85)
    if kind == "piece":
        radii = root + (tip - root) * along
    # Seen at a tilt the beam crosses more ivory than the tusk is wide.
    flatten = rng.uniform(1.0, 1.25)
    outer = Swept(line, radii, flatten, round_ends=False)
    cavity = rng.uniform(0.25, 0.6) if kind == "whole" else rng.uniform(0.0, 1.2)
    if cavity < 0.1 or kind == "tip":
        return Thing([Part("ivory", outer)])
    depth = np.clip(1.0 - along / cavity, 0.0, 1.0)
    if kind == "piece":
        depth = np.full(n, min(cavity, 0.8))
    inner = Swept(line, radii * rng.uniform(0.6, 0.85) * depth, flatten, round_ends=False)
    return Thing([Part("ivory", Hollow(outer, inner))])


def _ivory_rings(rng: Generator) -> Thing:
    """Return bangles or discs sliced from a tusk, spread a little."""
    parts = []
    for _ in range(int(rng.integers(2, 6))):
        radius, depth = rng.uniform(2.2, 4.2), rng.uniform(0.8, 2.5)
        hole = Disc(radius * rng.uniform(0.3, 0.8), depth)
        pose = Pose(rng.uniform(-4, 4), rng.uniform(-4, 4))
        parts.append(Part("ivory", Hollow(Disc(radius, depth), hole), pose))
    return Thing(parts)


def rhino_horn(rng: Generator) -> Thing:
    """Return a horn or a sawn piece: solid keratin, thick, a broad dished base, denser core."""
    kind = rng.choice(["whole", "piece", "discs"], p=[0.65, 0.25, 0.1])
    if kind == "discs":
        return Thing([
            Part(
                "horn",
                Slab(lines.blob(rng, r := rng.uniform(4, 7), r * rng.uniform(0.8, 1), 0.05),
                     rng.uniform(2, 5), 0.3),
                Pose(rng.uniform(-5, 5), rng.uniform(-5, 5)),
            )
            for _ in range(int(rng.integers(1, 4)))
        ])
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
    if rng.random() < 0.65:
        rx, ry = rng.uniform(5, 13), rng.uniform(4, 9)
        area = np.pi * rx * ry / (size * size * 0.6)
        for _ in range(min(SCALES_MAX, max(10, int(area * rng.uniform(1.6, 3.6))))):
            radius, angle = np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
            pose = Pose(
                float(rx * radius * np.cos(angle)),
                float(ry * radius * np.sin(angle)),
                float(rng.uniform(0, 2 * np.pi)),
            )
            # A scale on edge is a short dense streak.
            slab = shapes[int(rng.integers(6))]
            if rng.random() < 0.25:
                slab = replace(slab, corners=slab.corners * [1.0, 0.3], depth=thick * 3)
            parts.append(Part("pangolin_scale", slab, pose))
        return Thing(parts)
    step = size * rng.uniform(0.45, 0.6)
    rows, columns = int(rng.integers(3, 7)), int(rng.integers(5, 11))
    for row in range(rows):
        for column in range(columns):
            x = (column - columns / 2) * step + rng.normal(0, 0.15)
            y = (row - rows / 2 + 0.5 * (column % 2)) * step * 1.1 + rng.normal(0, 0.15)
            turn = rng.normal(0, 0.12)
            parts.append(Part("pangolin_scale", shapes[int(rng.integers(6))], Pose(x, y, turn)))
    skin = Slab(lines.rectangle(columns * step, rows * step * 1.1, 1.0), 0.3)
    return Thing([Part("leather", skin), *parts])


def turtle_shell(rng: Generator) -> Thing:
    """Return a carapace with or without its plastron, seams between scutes, perhaps the animal."""
    rx = rng.uniform(6, 19)
    ry, rise = rx * rng.uniform(0.68, 0.92), rx * rng.uniform(0.3, 0.5)
    wall = rx * rng.uniform(0.025, 0.05) + 0.1
    dome = Hollow(Ellipsoid(rx, ry, rise), Ellipsoid(rx - wall, ry - wall, rise - wall))
    share = rng.choice([0.5, 1.0])  # a carapace alone is half a shell
    parts = [Part("bone", dome, density=0.9 * float(share)), Part("scute", dome, density=0.2)]
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
    if rng.random() < 0.45:
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


def snake_or_lizard(rng: Generator) -> Thing:
    """Return a coiled snake or a lizard: flesh round a fine spine, ribs, a skull."""
    return _snake(rng) if rng.random() < 0.6 else _lizard(rng)


def _snake(rng: Generator) -> Thing:
    """Return a snake in a loose coil or a heap of bends."""
    girth = rng.uniform(0.9, 2.6)
    n = 80
    if rng.random() < 0.7:
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
    girths = girth * np.interp(along, [0, 0.08, 0.14, 0.3, 0.45, 0.55, 1], [0.4, 0.7, 0.5, 1, 0.9, 0.4, 0.06])
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


def bird(rng: Generator) -> Thing:
    """Return a bird lying with folded wings: keel, thin hollow bones, long legs, a beak."""
    size = rng.uniform(4.0, 9.0)
    rx, ry = size, size * rng.uniform(0.42, 0.6)
    parts = [
        Part("tissue", Ellipsoid(rx, ry, ry * rng.uniform(0.6, 0.9)), density=0.75),
        Part("cotton", Ellipsoid(rx * 1.25, ry * 1.15, ry), density=0.5),  # plumage
    ]
    neck = rng.uniform(-0.6, 0.6)
    head = Pose(rx * 1.1 + size * 0.1, float(np.sin(neck) * size * 0.4))
    spine = np.asarray([[-rx * 0.8, 0.0], [0.0, -ry * 0.2], [rx * 0.7, 0.0], [head.x, head.y]])
    parts.append(Part("bone", Wire(spine, size * 0.035)))
    skull = Hollow(Ellipsoid(size * 0.26, size * 0.22, size * 0.22), Ellipsoid(size * 0.23, size * 0.19, size * 0.19))
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
        wing = np.asarray([[rx * 0.6, sign * ry * 0.5], [-rx * 0.35, sign * ry * spread],
                           [rx * 0.5, sign * ry * spread * 1.08], [-rx * 0.9, sign * ry * 0.75]])
        tube = Swept(wing, np.full(4, size * 0.035))
        marrow = Swept(wing, np.full(4, size * 0.02))
        parts.append(Part("bone", Hollow(tube, marrow)))
        foot = rng.uniform(1.3, 2.0)
        leg = np.asarray([[-rx * 0.3, sign * ry * 0.3], [-rx * 0.75, sign * ry * 0.7],
                          [-rx * foot, sign * ry * rng.uniform(0.1, 0.5)]])
        parts.append(Part("bone", Wire(leg, size * 0.025)))
        for toe in (-0.5, 0.0, 0.5):
            tip = leg[-1] + np.asarray([-np.cos(toe), np.sin(toe)]) * size * 0.22
            parts.append(Part("bone", Wire(np.stack([leg[-1], tip]), size * 0.014)))
    for x in np.linspace(-0.4, 0.5, 5):
        rib = np.asarray([[x * rx, -ry * 0.3], [x * rx - 0.1 * rx, 0.0], [x * rx, ry * 0.5]])
        parts.append(Part("bone", Wire(rib, size * 0.012)))
    if rng.random() < BIRD_TUBE_SHARE:
        tube_outer = Slab(lines.rectangle(rx * 3.2, ry * 2.6, 0.3), 0.3)
        parts.append(Part("polyethylene", tube_outer))
    return Thing(parts)


WILDLIFE: dict[str, Callable[[Generator], Thing]] = {
    "elephant_tusk": elephant_tusk,
    "rhino_horn": rhino_horn,
    "pangolin_scales": pangolin_scales,
    "turtle_shell": turtle_shell,
    "snake_or_lizard": snake_or_lizard,
    "bird": bird,
}

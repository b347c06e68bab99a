"""What honest people pack, and the things among it that look like wildlife.

`CONTENTS` is the one list: each kind with how often it is packed. `LOOKALIKES` are packed more
often into training bags than into any real one, since a detector learns from what confuses it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from models.xray import lines
from models.xray.parts import Part, Thing
from models.xray.shapes import (
    Box,
    Crumpled,
    Disc,
    Ellipsoid,
    Hollow,
    Points,
    Pose,
    Rod,
    Slab,
    Swept,
    Wire,
)

Maker = Callable[[Generator], Thing]


def _pick(rng: Generator, *names: str) -> str:
    return names[int(rng.integers(len(names)))]


def clothes(rng: Generator) -> Thing:
    """Return a folded garment: layers of cloth, creases, now and then buttons or a zip."""
    w, h = rng.uniform(16, 44), rng.uniform(14, 32)
    parts = []
    for _ in range(int(rng.integers(2, 5))):
        outline = lines.blob(rng, w / 2 * rng.uniform(0.6, 1), h / 2 * rng.uniform(0.6, 1), 0.1)
        at = Pose(rng.normal(0, 2), rng.normal(0, 2))
        sheet = Slab(outline, rng.uniform(0.6, 3.0), rng.uniform(0.5, 3))
        grain = rng.normal(1.0, 0.4, (int(rng.integers(4, 20)), int(rng.integers(4, 20))))
        parts.append(Part("cotton", Crumpled(sheet, grain.astype(np.float32)), at))
    for _ in range(int(rng.integers(2, 7))):
        crease = lines.wander(rng, rng.uniform(6, w), 0.5, 14)
        at = Pose(rng.normal(0, w / 5), rng.normal(0, h / 5), rng.uniform(0, 6))
        parts.append(Part("cotton", Wire(crease, rng.uniform(0.15, 0.6)), at))
    if rng.random() < 0.35:
        for i in range(int(rng.integers(3, 8))):
            at = Pose(i * 2.2 - w / 4, rng.normal(0, 0.3))
            parts.append(Part(_pick(rng, "abs", "steel"), Disc(0.5, 0.2), at))
    return Thing(parts)


def shoe(rng: Generator) -> Thing:
    """Return a shoe from above or from the side: sole, upper, perhaps a steel shank, eyelets."""
    length, wide = rng.uniform(22, 30), rng.uniform(8, 11)
    u = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    waist = 1.0 - 0.22 * np.exp(-((np.cos(u) + 0.15) ** 2) * 8)
    outline = np.stack([np.cos(u) * length / 2, np.sin(u) * wide / 2 * waist], axis=1)
    parts = [
        Part("rubber", Slab(outline, rng.uniform(0.8, 1.8), 0.3)),
        Part("leather", Hollow(Slab(outline * 0.97, 1.0, 0.2), Slab(outline * 0.85, 0.6))),
    ]
    if rng.random() < 0.4:
        parts.append(Part("steel", Box(length * 0.4, 1.2, 0.1), Pose(-length * 0.05, 0.0)))
    if rng.random() < 0.5:
        heel = Slab(outline[8:17] * 0.95, rng.uniform(1, 3), 0.2)
        parts.append(Part("rubber", heel))
    for i in range(5):
        for sign in (-1, 1):
            at = Pose(length * (0.05 + 0.05 * i), sign * 1.4)
            parts.append(Part("brass", Disc(0.25, 0.06), at))
    return Thing(parts)


def book(rng: Generator) -> Thing:
    """Return a book or a stack of papers."""
    w, h = rng.uniform(12, 22), rng.uniform(16, 29)
    depth = rng.uniform(0.8, 4.5)
    parts = [Part("paper", Box(w, h, depth, rng.uniform(0.1, 1.0)))]
    if rng.random() < 0.2:
        spiral = np.stack([np.full(30, -w / 2), np.linspace(-h / 2, h / 2, 30)], axis=1)
        spiral[::2, 0] += 0.8
        parts.append(Part("steel", Wire(spiral, 0.06)))
    return Thing(parts)


def _board(rng: Generator, w: float, h: float, chips: int) -> list[Part]:
    """Return a circuit board of w by h cm with its chips."""
    parts = [Part("fibreglass", Box(w, h, 0.16))]
    for _ in range(chips):
        at = Pose(rng.uniform(-w, w) * 0.45, rng.uniform(-h, h) * 0.45)
        chip = Box(rng.uniform(0.3, 2.2), rng.uniform(0.3, 1.8), rng.uniform(0.05, 0.3))
        parts.append(Part(_pick(rng, "copper", "aluminium", "steel", "ceramic"), chip, at, 0.5))
    return parts


def laptop(rng: Generator) -> Thing:
    """Return a laptop: aluminium or plastic case, board, cells, screen, keyboard."""
    w, h = rng.uniform(28, 38), rng.uniform(20, 26)
    parts = [Part(_pick(rng, "aluminium", "abs"), Box(w, h, rng.uniform(0.15, 0.4)))]
    parts.append(Part("glass", Box(w * 0.95, h * 0.93, 0.12)))
    cells = int(rng.integers(3, 7))
    for i in range(cells):
        at = Pose((i + 0.5) * w * 0.9 / cells - w * 0.45, h * 0.28)
        parts.append(Part("lithium_cell", Box(w * 0.85 / cells, h * 0.3, rng.uniform(0.4, 0.7)), at))
    shift = Pose(rng.uniform(-w, w) * 0.1, -h * 0.2)
    parts += [
        Part(p.material, p.solid, shift.place(p.pose), p.density)
        for p in _board(rng, w * 0.7, h * 0.4, 22)
    ]
    parts.append(Part("copper", Wire(lines.wander(rng, w * 0.5, 0.4, 12), 0.2), shift))
    return Thing(parts)


def phone(rng: Generator) -> Thing:
    """Return a phone or a power bank: glass, cell, small board."""
    w, h = rng.uniform(6, 8), rng.uniform(12, 16)
    cell = Part("lithium_cell", Box(w * 0.6, h * 0.5, rng.uniform(0.35, 1.4)), Pose(0.0, -1.5))
    case = Part(_pick(rng, "aluminium", "glass", "abs"), Box(w, h, 0.25))
    board = [Part(p.material, p.solid, Pose(0.0, h * 0.3).place(p.pose), p.density)
             for p in _board(rng, w * 0.7, h * 0.25, 7)]
    return Thing([case, cell, *board])


def cable(rng: Generator) -> Thing:
    """Return a cable, coiled like a snake or loose, with plugs; sometimes a charger."""
    thick = rng.uniform(0.12, 0.35)
    if rng.random() < 0.6:
        reach = rng.uniform(3, 8)
        line = lines.coil(reach * 0.75, reach, rng.uniform(2, 6), rng.uniform(0.4, 1.0), 110)
        line = line + rng.normal(0, 0.12, line.shape)
    else:
        line = lines.wander(rng, rng.uniform(25, 70), 1.4)
    parts = [Part("pvc", Wire(line, thick), density=0.6), Part("copper", Wire(line, thick * 0.35))]
    for end in (line[0], line[-1]):
        at = Pose(float(end[0]), float(end[1]), rng.uniform(0, 6))
        parts.append(Part("abs", Box(2.6, 1.4, 0.9), at))
        parts.append(Part("brass", Box(1.4, 0.9, 0.25), at))
    if rng.random() < 0.5:
        at = Pose(rng.uniform(-6, 6), rng.uniform(-6, 6), rng.uniform(0, 6))
        parts.append(Part("abs", Box(rng.uniform(5, 11), rng.uniform(4, 6), 2.5, 0.4), at))
        parts.append(Part("copper", Box(2.2, 2.2, 1.2, 0.3), at, 0.7))
        parts += [Part(p.material, p.solid, at.place(p.pose), p.density)
                  for p in _board(rng, 4.5, 3.2, 6)]
    return Thing(parts)


def bottle(rng: Generator) -> Thing:
    """Return a bottle of plastic or glass, part full, lying down."""
    length, radius = rng.uniform(12, 28), rng.uniform(2.2, 4.4)
    n = 14
    neck = rng.uniform(0.25, 0.45)
    along = np.linspace(0, 1, n)
    radii = radius * np.interp(along, [0, 1 - neck, 1 - neck * 0.45, 1], [1, 1, 0.4, 0.35])
    line = np.stack([along * length - length / 2, np.zeros(n)], axis=1)
    outer = Swept(line, radii, round_ends=False)
    glass = rng.random() < 0.35
    wall = rng.uniform(0.25, 0.45) if glass else rng.uniform(0.05, 0.12)
    inner = Swept(line, np.maximum(radii - wall, 0.1), round_ends=False)
    parts = [Part("glass" if glass else "pet", Hollow(outer, inner))]
    if rng.random() < 0.75:
        full = rng.uniform(0.3, 1.0)
        cut = max(3, int(n * full))
        liquid = Swept(line[:cut], np.maximum(radii[:cut] - wall, 0.1), round_ends=False)
        parts.append(Part(_pick(rng, "water", "water", "soap", "food"), liquid))
    end = Pose(float(line[-1, 0]), 0.0)
    parts.append(Part(_pick(rng, "polyethylene", "aluminium"), Rod(2.0, radius * 0.42), end, 0.3))
    return Thing(parts)


def can(rng: Generator) -> Thing:
    """Return a drinks or food tin, or a spray can."""
    length, radius = rng.uniform(8, 20), rng.uniform(2.2, 4.2)
    metal = _pick(rng, "aluminium", "steel")
    wall = 0.02 if metal == "steel" else rng.uniform(0.02, 0.06)
    rim = [Part(metal, Box(0.25, radius * 2, radius * 0.15), Pose(s * length / 2, 0.0)) for s in (-1, 1)]
    shell = Part(metal, Hollow(Rod(length, radius), Rod(length, radius - wall)))
    filling = Part(_pick(rng, "water", "food", "soap"), Rod(length * 0.95, radius - wall),
                   density=rng.uniform(0.2, 1.0))
    return Thing([shell, filling, *rim])


def umbrella(rng: Generator) -> Thing:
    """Return a folded umbrella: shaft, ribs, handle, cloth."""
    length = rng.uniform(22, 60)
    parts = [Part("steel", Rod(length, 0.35), density=0.35)]
    for _ in range(6):
        end = rng.normal(0, 1.2, 2)
        rib = np.asarray([[-length * 0.45, end[0]], [length * 0.42, end[1]]])
        parts.append(Part("steel", Wire(rib, 0.09)))
    parts.append(Part("cotton", Rod(length * 0.85, 2.6), density=1.6))
    handle = lines.arc(rng.uniform(6, 14), rng.uniform(0, 3), 9)
    parts.append(Part(_pick(rng, "wood", "abs"), Swept(handle, np.full(9, 1.1)), Pose(length / 2, 0.0)))
    return Thing(parts)


def tool(rng: Generator) -> Thing:
    """Return a wrench, a screwdriver, pliers or scissors."""
    kind = _pick(rng, "wrench", "screwdriver", "pliers")
    length = rng.uniform(12, 26)
    if kind == "screwdriver":
        return Thing([
            Part("steel", Rod(length * 0.6, 0.3), Pose(length * 0.3, 0.0)),
            Part("abs", Rod(length * 0.4, 1.3), Pose(-length * 0.2, 0.0)),
        ])
    if kind == "wrench":
        jaw = Hollow(Disc(1.8, 0.7), Box(2.4, 1.2, 0.7), Pose(1.0, 0.0))
        return Thing([
            Part("steel", Box(length, 1.4, 0.55, 0.15)),
            Part("steel", jaw, Pose(length / 2, 0.0)),
            Part("steel", Hollow(Disc(1.5, 0.7), Disc(0.8, 0.7)), Pose(-length / 2, 0.0)),
        ])
    parts = []
    for sign in (-1.0, 1.0):
        bend = sign * rng.uniform(0.4, 0.8)
        arm = Swept(lines.arc(length, bend, 9), np.linspace(0.3, 0.65, 9))
        parts.append(Part("steel", arm, Pose(0.0, sign * 1.0, sign * 0.12), 0.6))
        parts.append(Part("pvc", Swept(lines.arc(length * 0.5, bend, 7), np.full(7, 0.9)),
                          Pose(length * 0.25, sign * 1.6, sign * 0.12)))
    return Thing(parts)


def pouch(rng: Generator) -> Thing:
    """Return a wash bag or pencil case: tubes, pens, a brush, small metal things."""
    parts = []
    for _ in range(int(rng.integers(3, 9))):
        at = Pose(rng.normal(0, 4), rng.normal(0, 3), rng.uniform(0, 6))
        kind = int(rng.integers(4))
        if kind == 0:
            parts.append(Part("polyethylene", Rod(rng.uniform(8, 15), rng.uniform(0.4, 0.7)), at))
        elif kind == 1:
            parts.append(Part("soap", Ellipsoid(rng.uniform(4, 8), 2.2, 1.2), at))
        elif kind == 2:
            parts.append(Part(_pick(rng, "steel", "brass"), Rod(rng.uniform(3, 12), 0.2), at, 0.6))
        else:
            parts.append(Part("abs", Box(rng.uniform(4, 9), rng.uniform(1, 5), 0.8, 0.2), at))
    parts.append(Part("polyethylene", Slab(lines.blob(rng, 12, 8, 0.06), 0.12)))
    return Thing(parts)


def trinkets(rng: Generator) -> Thing:
    """Return keys, coins, buckles: small, dense, blue."""
    parts = []
    for _ in range(int(rng.integers(2, 8))):
        at = Pose(rng.normal(0, 3), rng.normal(0, 3), rng.uniform(0, 6))
        metal = _pick(rng, "brass", "steel", "copper")
        kind = int(rng.integers(4))
        if kind == 0:
            parts.append(Part(metal, Disc(rng.uniform(0.8, 1.3), 0.2), at))
        elif kind == 1:
            parts.append(Part(metal, Box(rng.uniform(3, 6), 0.8, 0.2), at))
        elif kind == 2:
            buckle = Wire(lines.rectangle(3.6, 2.6, 0.4), 0.18, closed=True)
            parts.append(Part(metal, buckle, at))
        else:
            zipper = lines.wander(rng, rng.uniform(8, 22), 0.4, 16)
            parts.append(Part(metal, Wire(zipper, 0.1), at, 0.7))
    return Thing(parts)


def appliance(rng: Generator) -> Thing:
    """Return a hair dryer, shaver, camera: plastic shell, motor of copper and iron, a board."""
    w, h = rng.uniform(8, 16), rng.uniform(6, 11)
    parts = [
        Part("abs", Hollow(Ellipsoid(w / 2, h / 2, 3.5), Ellipsoid(w / 2 - 0.3, h / 2 - 0.3, 3.2))),
        Part("copper", Rod(rng.uniform(2, 5), rng.uniform(0.8, 1.8)), density=0.35),
        Part("steel", Rod(rng.uniform(2, 5), rng.uniform(0.6, 1.2)), density=0.3),
        Part("abs", Rod(rng.uniform(8, 14), 1.8), Pose(2.0, h / 2, 1.3), 0.4),
    ]
    if rng.random() < 0.5:
        parts.append(Part("glass", Disc(rng.uniform(1.2, 2.8), 1.6), Pose(w * 0.15, 0.0)))
    return Thing([*parts, *_board(rng, w * 0.5, h * 0.4, 6)])


def pipe(rng: Generator) -> Thing:
    """Return a tube as green as ivory: PVC pipe, glass or aluminium tube, a flute, a candle jar."""
    length, radius = rng.uniform(10, 52), rng.uniform(0.8, 3.6)
    wall = rng.uniform(0.15, 0.5)
    material = _pick(rng, "pvc", "glass", "aluminium", "ceramic")
    if rng.random() < 0.3:
        bend = rng.uniform(0.3, 1.6)
        line, even = lines.arc(length, bend, 16), np.full(16, radius)
        body = Hollow(
            Swept(line, even, round_ends=False), Swept(line, even - wall, round_ends=False)
        )
        return Thing([Part(material, body)])
    return Thing([Part(material, Hollow(Rod(length, radius), Rod(length + 1, radius - wall)))])


def bar(rng: Generator) -> Thing:
    """Return a solid green bar: a glass rod, a chair leg of PVC, a stone pestle, a bent handle."""
    length, radius = rng.uniform(8, 34), rng.uniform(0.7, 2.2)
    n = 12
    swell = 1.0 + rng.uniform(-0.35, 0.35) * np.cos(np.linspace(0, 2 * np.pi, n))
    line = lines.arc(length, rng.uniform(0.0, 0.5), n)
    return Thing([Part(_pick(rng, "pvc", "glass", "ceramic"), Swept(line, radius * swell),
                       density=rng.uniform(0.5, 1.0))])


def ceramics(rng: Generator) -> Thing:
    """Return a bowl, a plate, a mug or a vase: a dome or rings as green as shell and ivory."""
    material = _pick(rng, "ceramic", "glass")
    kind = int(rng.integers(3))
    radius, wall = rng.uniform(4, 12), rng.uniform(0.3, 0.7)
    if kind == 0:
        dome = Hollow(Ellipsoid(radius, radius, radius * 0.6),
                      Ellipsoid(radius - wall, radius - wall, radius * 0.6 - wall))
        return Thing([Part(material, dome, density=0.5), Part(material, Disc(radius * 0.4, wall))])
    if kind == 1:
        rim = Hollow(Disc(radius, wall), Disc(radius * 0.65, wall * 0.4))
        return Thing([Part(material, rim)])
    n = 12
    along = np.linspace(0, 1, n)
    belly = np.interp(along, [0, 0.35, 0.75, 0.9, 1], rng.uniform(0.35, 1.0, 5))
    line = np.stack([along * radius * 2.4 - radius * 1.2, np.zeros(n)], axis=1)
    outer = radius * 0.75 * belly
    vase = Hollow(Swept(line, outer, round_ends=False),
                  Swept(line, np.maximum(outer - wall, 0.1), round_ends=False))
    return Thing([Part(material, vase)])


def soap(rng: Generator) -> Thing:
    """Return soap, wax, a candle, cheese or a plastic cone: as orange as horn."""
    material = _pick(rng, "soap", "wax", "food", "polyethylene", "abs")
    kind = int(rng.integers(4))
    size = rng.uniform(4, 9)
    if kind == 0:
        return Thing([Part(material, Box(size, size * 0.65, rng.uniform(2, 5), 0.6))])
    if kind == 1:
        return Thing([Part(material, Rod(rng.uniform(8, 24), rng.uniform(1.2, 3.8)))])
    if kind == 2:
        return Thing([Part(material, Ellipsoid(size, size * 0.7, rng.uniform(2, 5)))])
    line = lines.arc(rng.uniform(12, 24), 0.0, 8)  # straight cone: a cosmetics cap, a funnel
    return Thing([Part(material, Swept(line, np.linspace(size * 0.5, 0.8, 8), round_ends=False))])


def fruit(rng: Generator) -> Thing:
    """Return bananas, cucumbers, bread or a sausage ring: horns, tusks and snakes of food."""
    kind = int(rng.integers(3))
    n = 14
    along = np.linspace(0, 1, n)
    if kind == 0:
        hand = []
        radii = rng.uniform(1.4, 2.0) * np.interp(along, [0, 0.12, 0.5, 0.9, 1], [0.3, 0.8, 1, 0.8, 0.3])
        for i in range(int(rng.integers(1, 6))):
            line = lines.arc(rng.uniform(14, 20), rng.uniform(0.8, 1.4), n)
            hand.append(Part("food", Swept(line, radii), Pose(0.0, i * 2.2, rng.normal(0, 0.15))))
        return Thing(hand)
    if kind == 1:
        radius = rng.uniform(2, 5)
        radii = radius * np.sin(np.pi * (0.1 + 0.8 * along)) ** 0.5
        loaf = Swept(lines.arc(rng.uniform(14, 30), rng.uniform(0, 0.5), n), radii)
        return Thing([Part("food", loaf, density=rng.uniform(0.3, 1.0))])
    ring = lines.arc(rng.uniform(25, 45), rng.uniform(3.5, 5.8), 30)
    return Thing([Part("food", Swept(ring, np.full(30, rng.uniform(1.2, 2.2))))])


def meat(rng: Generator) -> Thing:
    """Return a chicken leg or ribs: flesh and bone, but no bird."""
    parts = [Part("tissue", Ellipsoid(rng.uniform(5, 9), rng.uniform(3, 5), rng.uniform(1.5, 3)))]
    for _ in range(int(rng.integers(1, 4))):
        bone = Swept(lines.arc(rng.uniform(7, 13), 0.3, 8), np.asarray([0.9, .5, .4, .4, .4, .4, .5, .8]))
        at = Pose(rng.normal(0, 1.5), rng.normal(0, 1.2), rng.uniform(0, 6))
        parts.append(Part("bone", bone, at, 0.6))
    return Thing(parts)


def chips(rng: Generator) -> Thing:
    """Return a bag of flat bits that are no scales: biscuits, poker chips, shells, pebbles."""
    material = _pick(rng, "food", "abs", "wood", "ceramic", "glass")
    size, depth = rng.uniform(0.8, 2.6), rng.uniform(0.2, 0.8)
    if material in {"ceramic", "glass"}:
        size, depth = size * 0.5, depth * 0.6
    spread = rng.uniform(3, 8)
    parts = []
    for _ in range(int(rng.integers(12, 60))):
        at = Pose(*rng.normal(0, spread / 2, 2), rng.uniform(0, 6))
        stretch = rng.uniform(0.3, 1.0)
        solid = Ellipsoid(size, size * stretch, depth) if size < 1.4 else Disc(size, depth)
        parts.append(Part(material, solid, at))
    return Thing(parts)


def belt(rng: Generator) -> Thing:
    """Return a rolled belt or a rope: a coil without ribs."""
    girth = rng.uniform(0.25, 0.9)
    turns = rng.uniform(2, 5)
    inner = rng.uniform(0.8, 3)
    line = lines.coil(inner, inner + girth * 2.6 * turns, turns, rng.uniform(0.7, 1.0), 80)
    material = _pick(rng, "leather", "cotton", "rubber", "polyethylene")
    depth = rng.uniform(1.0, 3.0)
    buckle = Wire(lines.rectangle(4.5, 3.5, 0.4), 0.2, closed=True)
    at = Pose(float(line[-1, 0]), float(line[-1, 1]))
    return Thing([Part(material, Swept(line, np.full(80, girth), depth)), Part("brass", buckle, at)])


def helmet(rng: Generator) -> Thing:
    """Return a dome of plastic and foam, or a ball: as round as a turtle."""
    rx = rng.uniform(7, 15)
    ry, wall = rx * rng.uniform(0.75, 1.0), rng.uniform(0.3, 1.6)
    dome = Hollow(Ellipsoid(rx, ry, rx * 0.6), Ellipsoid(rx - wall, ry - wall, rx * 0.6 - wall))
    parts = [Part(_pick(rng, "abs", "rubber", "leather", "pvc"), dome, density=rng.uniform(0.3, 0.7))]
    for _ in range(int(rng.integers(0, 5))):
        rib: Points = lines.arc(rx * 1.4, rng.uniform(-1.5, 1.5), 9)
        parts.append(Part("abs", Wire(rib, 0.3), Pose(0.0, rng.uniform(-0.6, 0.6) * ry)))
    return Thing(parts)


def toy(rng: Generator) -> Thing:
    """Return a stuffed or plastic animal: a body and limbs with no bones in it."""
    material, density = (("cotton", 0.6) if rng.random() < 0.6 else ("abs", 0.25))
    size = rng.uniform(4, 9)
    parts = [Part(material, Ellipsoid(size, size * 0.6, size * 0.5), density=density)]
    for fx, fy in ((0.7, 0.6), (0.7, -0.6), (-0.7, 0.6), (-0.7, -0.6), (1.2, 0.0)):
        limb = Ellipsoid(size * 0.4, size * 0.25, size * 0.25)
        turn = float(np.arctan2(fy, fx))
        parts.append(Part(material, limb, Pose(fx * size, fy * size, turn), density))
    if rng.random() < 0.4:
        parts.append(Part("steel", Box(3, 2, 0.4), density=0.5))
    return Thing(parts)


CONTENTS: dict[str, tuple[Maker, float]] = {
    "clothes": (clothes, 5.0),
    "shoe": (shoe, 1.2),
    "book": (book, 1.0),
    "laptop": (laptop, 0.5),
    "phone": (phone, 0.8),
    "cable": (cable, 1.6),
    "bottle": (bottle, 1.2),
    "can": (can, 0.7),
    "umbrella": (umbrella, 0.5),
    "tool": (tool, 0.6),
    "pouch": (pouch, 1.2),
    "trinkets": (trinkets, 2.0),
    "appliance": (appliance, 0.7),
}

LOOKALIKES: dict[str, tuple[Maker, str]] = {
    "pipe": (pipe, "elephant_tusk"),
    "bar": (bar, "elephant_tusk"),
    "ceramics": (ceramics, "turtle_shell"),
    "soap": (soap, "rhino_horn"),
    "fruit": (fruit, "rhino_horn"),
    "meat": (meat, "bird"),
    "chips": (chips, "pangolin_scales"),
    "belt": (belt, "snake_or_lizard"),
    "helmet": (helmet, "turtle_shell"),
    "toy": (toy, "bird"),
}
"""Each with the class it is most easily taken for."""

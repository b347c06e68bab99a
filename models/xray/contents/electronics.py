"""Laptops, telephones, cables, appliances: boards, cells, copper."""

from __future__ import annotations

from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance, pick
from models.xray.parts import Part, Thing
from models.xray.shapes import Box, Disc, Ellipsoid, Hollow, Pose, Rod
from models.xray.wires import Wire


def board(rng: Generator, w: float, h: float, chips: int) -> list[Part]:
    """Return a circuit board of w by h cm with its chips."""
    parts = [Part("fibreglass", Box(w, h, 0.16))]
    for _ in range(chips):
        at = Pose(rng.uniform(-w, w) * 0.45, rng.uniform(-h, h) * 0.45)
        chip = Box(rng.uniform(0.3, 2.2), rng.uniform(0.3, 1.8), rng.uniform(0.05, 0.3))
        parts.append(Part(pick(rng, "copper", "aluminium", "steel", "ceramic"), chip, at, 0.5))
    return parts


def laptop(rng: Generator) -> Thing:
    """Return a laptop: aluminium or plastic case, board, cells, screen, keyboard."""
    w, h = rng.uniform(28, 38), rng.uniform(20, 26)
    parts = [Part(pick(rng, "aluminium", "abs"), Box(w, h, rng.uniform(0.15, 0.4)))]
    parts.append(Part("glass", Box(w * 0.95, h * 0.93, 0.12)))
    cells = int(rng.integers(3, 7))
    for i in range(cells):
        at = Pose((i + 0.5) * w * 0.9 / cells - w * 0.45, h * 0.28)
        parts.append(
            Part("lithium_cell", Box(w * 0.85 / cells, h * 0.3, rng.uniform(0.4, 0.7)), at)
        )
    shift = Pose(rng.uniform(-w, w) * 0.1, -h * 0.2)
    parts += [
        Part(p.material, p.solid, shift.place(p.pose), p.density)
        for p in board(rng, w * 0.7, h * 0.4, 22)
    ]
    parts.append(Part("copper", Wire(lines.wander(rng, w * 0.5, 0.4, 12), 0.2), shift))
    return Thing(parts, "loose")


def phone(rng: Generator) -> Thing:
    """Return a phone or a power bank: glass, cell, small board."""
    w, h = rng.uniform(6, 8), rng.uniform(12, 16)
    cell = Part("lithium_cell", Box(w * 0.6, h * 0.5, rng.uniform(0.35, 1.4)), Pose(0.0, -1.5))
    case = Part(pick(rng, "aluminium", "glass", "abs"), Box(w, h, 0.25))
    panel = [
        Part(p.material, p.solid, Pose(0.0, h * 0.3).place(p.pose), p.density)
        for p in board(rng, w * 0.7, h * 0.25, 7)
    ]
    return Thing([case, cell, *panel], "loose")


def cable(rng: Generator) -> Thing:
    """Return a cable, coiled like a snake or loose, with plugs; sometimes a charger."""
    thick = rng.uniform(0.12, 0.35)
    if chance(rng, 0.6):
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
    if chance(rng, 0.5):
        at = Pose(rng.uniform(-6, 6), rng.uniform(-6, 6), rng.uniform(0, 6))
        parts.append(Part("abs", Box(rng.uniform(5, 11), rng.uniform(4, 6), 2.5, 0.4), at))
        parts.append(Part("copper", Box(2.2, 2.2, 1.2, 0.3), at, 0.7))
        parts += [
            Part(p.material, p.solid, at.place(p.pose), p.density) for p in board(rng, 4.5, 3.2, 6)
        ]
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
    if chance(rng, 0.5):
        parts.append(Part("glass", Disc(rng.uniform(1.2, 2.8), 1.6), Pose(w * 0.15, 0.0)))
    return Thing([*parts, *board(rng, w * 0.5, h * 0.4, 6)])

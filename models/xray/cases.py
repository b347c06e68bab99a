"""The bag itself: a trolley case, a soft bag, a carton."""

from __future__ import annotations

from numpy.random import Generator

from models.xray import lines
from models.xray.chance import chance
from models.xray.parts import Part, Thing
from models.xray.shapes import HERE, Box, Disc, Pose, Slab
from models.xray.wires import Wire


def case(rng: Generator, w: float, h: float) -> Thing:
    """Return the bag itself: a trolley case, a soft bag or a carton."""
    kind = rng.choice(["trolley", "soft", "carton"], p=[0.5, 0.35, 0.15])
    outline = lines.rectangle(w, h, rng.uniform(2, 6))
    if kind == "carton":
        return Thing(
            [
                Part("paper", Box(w, h, 0.8), rise="shells"),
                Part("paper", Wire(outline, 0.25, closed=True), rise="walls"),
            ]
        )
    if kind == "soft":
        cloth = lines.rectangle(w, h, rng.uniform(4, 11), 9)
        cloth = cloth * (1.0 + 0.012 * rng.normal(size=cloth.shape))
        parts = [
            Part("polyethylene", Slab(cloth, rng.uniform(0.15, 0.4), 1.0), rise="shells"),
            Part("polyethylene", Wire(cloth, rng.uniform(0.15, 0.4), closed=True), rise="walls"),
        ]
        for _ in range(int(rng.integers(1, 4))):
            zipper = lines.arc(rng.uniform(0.4, 0.9) * w, rng.uniform(0, 1.5), 20)
            at = Pose(rng.normal(0, 2), rng.uniform(-h, h) * 0.45)
            parts.append(Part("brass", Wire(zipper, 0.07), at, 0.5, "lid"))
        strap = lines.wander(rng, rng.uniform(30, 70), 0.9)
        parts.append(Part("polyethylene", Wire(strap, 0.5), Pose(w * 0.3, h * 0.4), rise="lid"))
        return Thing([*parts, *_fittings(rng, w, h, 10)], "loose")
    wall = rng.uniform(0.25, 0.6)
    parts = [
        Part("abs", Slab(outline, wall, 0.3), rise="shells"),
        Part("abs", Wire(outline, rng.uniform(0.2, 0.5), closed=True), rise="walls"),
        Part(
            "polyethylene",
            Wire(outline * 0.96, rng.uniform(0.15, 0.3), closed=True),
            rise="walls",
        ),
    ]
    if chance(rng, 0.6):
        parts.append(Part("steel", Wire(outline * 0.98, 0.12, closed=True), HERE, 0.6, "walls"))
    gap = rng.uniform(5, 8)
    for sign in (-1, 1):
        rod = Box(w * rng.uniform(0.75, 0.95), rng.uniform(1.2, 2.0), rng.uniform(0.2, 0.4))
        metal = "aluminium" if chance(rng, 0.3) else "steel"
        parts.append(Part(metal, rod, Pose(0.0, sign * gap), 2.5 if metal == "aluminium" else 0.8))
    for x, y in ((w / 2, h / 2), (w / 2, -h / 2)):
        at = Pose(float(x + 1), float(y * 0.85))
        parts += [Part("rubber", Disc(2.2, 2.0), at), Part("steel", Disc(0.6, 1.5), at)]
    return Thing([*parts, *_fittings(rng, w, h, 24)], "loose")


def _fittings(rng: Generator, w: float, h: float, count: int) -> list[Part]:
    """Return rivets and screws, most of them along the rim."""
    parts = []
    for i in range(count):
        side = float(rng.choice([-1.0, 1.0]))
        on_rim = Pose(rng.uniform(-w, w) / 2, side * h * 0.48)
        at = on_rim if chance(rng, 0.7) else Pose(side * w * 0.48, rng.uniform(-h, h) / 2)
        disc = Disc(rng.uniform(0.15, 0.45), rng.uniform(0.2, 0.8))
        parts.append(Part("steel", disc, at, rise="lid" if i % 2 else "level"))
    return parts

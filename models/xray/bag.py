"""Pack a bag from one seed and put it through the scanner: picture, boxes, truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import pi

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.xray.cases import case
from models.xray.chance import chance
from models.xray.concealment import PLACES_TRIED as HIDING_PLACES_TRIED
from models.xray.concealment import any_concealment, cover, wrapping
from models.xray.contents import any_thing
from models.xray.parts import SHADOW_CM_MIN, Sheet, Thing
from models.xray.scanner import Scanner, absorption, any_scanner, colour, expose
from models.xray.shapes import Map, Pose
from models.xray.wildlife import WILDLIFE

CLASSES = tuple(WILDLIFE)
LOOKALIKE_SHARE = 0.22  # of the things in a bag, unless its maker wants another
THINGS_MIN, THINGS_MAX = 4, 17
SIDE_PX_MIN = 32
SIDE_PX_MAX = 4096
PLACES_TRIED = 3
TWICE_SHARE = 0.15  # two of the same
INNER_SHARE = 0.92  # of the bag, along each side: the emptiest place is not outside of it
NOWHERE = (0.0, 0.0, 0.0, 0.0)  # the box of what does not show
OWN = 255  # in a silhouette: a thing of your own that is none of `CLASSES`
BOX_PX_MIN = 6.0  # what shows less than this of itself is not asked for


@dataclass(frozen=True)
class Truth:
    """One hidden thing: its class and the box x1, y1, x2, y2 in px round its shadow."""

    kind: str
    box: tuple[float, float, float, float]
    absorbed: float = 0.0
    """Mean -ln T of it in its shadow, both detectors: how thick it is for the beam; 0 unknown."""
    behind: float = 0.0
    """Mean -ln T of all else in its shadow: how much lies over and under it."""
    concealment: str = ""
    """How it is hidden: one of `concealment.CONCEALMENTS`, or unknown."""
    thing: int = 0
    """Which of the things hidden in this bag it is: the same from above and from the side."""


@dataclass(frozen=True)
class Item:
    """A thing of your own to hide in a bag, and what its truth calls it."""

    kind: str
    thing: Thing

    def made(self, _: Generator) -> Thing:
        """Return it: no chance is in it."""
        return self.thing


@dataclass(frozen=True)
class Picture:
    """A scan and what is in it."""

    pixels: NDArray[np.uint8]
    """(height, width, 3), RGB."""
    silhouette: NDArray[np.uint8]
    """(height, width): 0, or 1 + the place in `CLASSES` of what is hidden there, or `OWN`."""
    truths: tuple[Truth, ...]
    packed: tuple[str, ...]
    """The names of everything packed, wildlife included."""
    seed: int


@dataclass(frozen=True)
class Hidden:
    """A threat in the bag: what is asked for, and what it alone adds to the sheet."""

    truth: Truth
    basis_cm: Map
    shows: bool
    laid: int
    """Its place in the order in which all was laid."""

    @property
    def shadow(self) -> NDArray[np.bool_]:
        """Where it is."""
        return np.asarray(self.basis_cm.sum(axis=0) > SHADOW_CM_MIN)

    @property
    def mark(self) -> int:
        """What a silhouette shows it by."""
        return 1 + CLASSES.index(self.truth.kind) if self.truth.kind in CLASSES else OWN

    def weighed(self, belt: Sheet) -> Truth:
        """Return the truth with what the threat and what everything else takes from the beam."""
        if not self.shadow.any():
            return self.truth
        absorbed, behind = crossed(self.basis_cm, belt.basis_cm - self.basis_cm)
        return replace(self.truth, absorbed=absorbed, behind=behind)


@dataclass(frozen=True)
class Packed:
    """A bag on the belt, before the beam is on."""

    belt: Sheet
    hidden: tuple[Hidden, ...]
    names: tuple[str, ...]
    scanner: Scanner
    seed: int
    rng: Generator
    """The bag's own: what is left of it makes the noise."""

    def seen(self, sheet: Sheet, hidden: Sequence[Hidden], rng: Generator) -> Picture:
        """Return the picture of a sheet, with the truths of what is hidden as it shows there."""
        silhouette = np.zeros((sheet.height, sheet.width), dtype=np.uint8)
        for one in hidden:
            silhouette[one.shadow] = one.mark
        truths = tuple(one.weighed(sheet) for one in hidden if one.shows)
        pixels = colour(expose(sheet.basis_cm, self.scanner, rng), self.scanner)
        return Picture(pixels, silhouette, truths, self.names, self.seed)


def render(
    seed: int,
    *,
    threat: str | Sequence[str] | None = None,
    size: tuple[int, int] = (416, 416),
    scanner: Scanner | None = None,
    own: Sequence[Item] = (),
    lookalike_share: float = LOOKALIKE_SHARE,
) -> Picture:
    """Return the scan of one bag of `size` (width, height) px; the same seed, the same bytes.

    `threat` is one of `CLASSES` to hide in it (once, seldom twice), several of them (once each),
    or None for an honest bag. Without a `scanner` the seed also chooses the machine. Things of your
    `own` are hidden as threats are. From two sides: `views.render_views`.
    """
    packed = pack(
        seed,
        threat=threat,
        size=size,
        scanner=scanner,
        own=own,
        lookalike_share=lookalike_share,
    )
    return packed.seen(packed.belt, packed.hidden, packed.rng)


def pack(
    seed: int,
    *,
    threat: str | Sequence[str] | None = None,
    size: tuple[int, int] = (416, 416),
    scanner: Scanner | None = None,
    own: Sequence[Item] = (),
    lookalike_share: float = LOOKALIKE_SHARE,
) -> Packed:
    """Return the bag that `render` shows, as it lies on the belt."""
    threats = (threat,) if isinstance(threat, str) else tuple(threat or ())
    for kind in threats:
        if kind not in WILDLIFE:
            message = f"no such threat: {kind!r}; one of {', '.join(CLASSES)}"
            raise ValueError(message)
    if not all(SIDE_PX_MIN <= side <= SIDE_PX_MAX for side in size):
        message = f"a picture is {SIDE_PX_MIN} to {SIDE_PX_MAX} px a side, not {size}"
        raise ValueError(message)
    rng = np.random.default_rng([seed, *size])
    machine = scanner or any_scanner(rng)
    w, h = rng.uniform(34, 68), rng.uniform(26, 46)
    belt = _belt(rng, size, w, h)
    middle = Pose(
        belt.width / belt.px_per_cm / 2 + rng.normal(0, 1.5),
        belt.height / belt.px_per_cm / 2 + rng.normal(0, 1.5),
        _turn(rng, belt),
    )
    belt.add(case(rng, w, h), middle)
    names = [
        _pack(rng, belt, (middle, (w, h)), lookalike_share)
        for _ in range(int(rng.integers(THINGS_MIN, THINGS_MAX)))
    ]
    if isinstance(threat, str) and chance(rng, TWICE_SHARE):
        threats = (threat, threat)
    makers = [(kind, WILDLIFE[kind]) for kind in threats]
    makers += [(item.kind, item.made) for item in own]
    hidden = [
        _hide(rng, Truth(kind, NOWHERE, thing=i), make, belt, (middle, (w, h)))
        for i, (kind, make) in enumerate(makers)
    ]
    names += [kind for kind, _ in makers]
    return Packed(belt, tuple(hidden), tuple(names), machine, seed, rng)


def _turn(rng: Generator, belt: Sheet) -> float:
    """Return how a bag lies: mostly along the longer side, always a little crooked."""
    upright = 0.0 if belt.width >= belt.height else pi / 2
    quarter = pi / 2 if chance(rng, 0.15) else 0.0
    return float(upright + quarter + rng.normal(0, 0.25) + pi * rng.integers(2))


def _belt(rng: Generator, size: tuple[int, int], w: float, h: float) -> Sheet:
    """Return an empty belt on which a bag of w by h cm fills 75 to 105 % of the picture."""
    fill = rng.uniform(0.75, 1.05)
    scale = min(max(size) / (w + 4), min(size) / (h + 4)) * fill
    return Sheet(size[0], size[1], float(scale))


def _place(rng: Generator, middle: Pose, room: tuple[float, float], reach: float) -> Pose:
    """Return a random place from which a thing of `reach` cm fits the bag."""
    x_max = max(room[0] / 2 - 0.8 * reach, room[0] * 0.08)
    y_max = max(room[1] / 2 - 0.8 * reach, room[1] * 0.08)
    # Long things lie along the bag, as they must to fit.
    spread = 0.35 if reach > 0.4 * min(room) else pi
    return middle.place(
        Pose(
            rng.uniform(-x_max, x_max),
            rng.uniform(-y_max, y_max),
            rng.uniform(-spread, spread) + pi * int(rng.integers(2)),
        )
    )


def _pack(
    rng: Generator, belt: Sheet, bag: tuple[Pose, tuple[float, float]], lookalike_share: float
) -> str:
    """Lay one honest thing into the bag, as `_hide` does, and return its name."""
    middle, room = bag
    name, thing = any_thing(rng, is_lookalike=chance(rng, lookalike_share))
    places = [_place(rng, middle, room, thing.reach) for _ in range(PLACES_TRIED)]
    belt.add(thing, min(places, key=belt.plastic_at))
    return name


def crossed(item_cm: Map, bag_cm: Map) -> tuple[float, float]:
    """Return the mean -ln T of an item, and of the bag in its shadow; (2, H, W) cm of each."""
    shadow = item_cm.sum(axis=0) > SHADOW_CM_MIN
    item, bag = (absorption(one)[shadow].mean() for one in (item_cm, bag_cm))
    return float(item), float(bag)


def _hide(
    rng: Generator,
    truth: Truth,
    make: Callable[[Generator], Thing],
    belt: Sheet,
    bag: tuple[Pose, tuple[float, float]],
) -> Hidden:
    """Hide what is made, somehow; `bag` is its middle and its width and height in cm."""
    middle, room = bag
    how = any_concealment(rng)
    thing = make(rng)
    inner = (INNER_SHARE * room[0], INNER_SHARE * room[1])
    tried = HIDING_PLACES_TRIED[how]
    places = [_place(rng, middle, inner, thing.reach) for _ in range(tried)]
    before, laid = belt.basis_cm.copy(), len(belt.laid)
    box = belt.add(thing, min(places, key=lambda at: belt.load_near(at, 0.7 * thing.reach)))
    alone = belt.basis_cm - before
    if box is None:
        return Hidden(truth, alone, shows=False, laid=laid)
    x1, y1, x2, y2 = (edge / belt.px_per_cm for edge in box)
    w, h = x2 - x1, y2 - y1
    if how == "wrapped":
        belt.add(wrapping(rng, w, h), Pose((x1 + x2) / 2, (y1 + y2) / 2))
    elif how == "covered":
        aside = rng.uniform(-0.35, 0.35, 2) * (w, h)
        at = Pose((x1 + x2) / 2 + aside[0], (y1 + y2) / 2 + aside[1], rng.uniform(0, pi))
        belt.add(cover(rng), at)
    truth = replace(truth, box=box, concealment=how)
    return Hidden(truth, alone, shows(box), laid)


def shows(box: tuple[float, float, float, float]) -> bool:
    """Return whether a thing in this box is large enough to be asked for."""
    return min(box[2] - box[0], box[3] - box[1]) >= BOX_PX_MIN

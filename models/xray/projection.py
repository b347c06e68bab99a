"""Threat image projection: put a simulated item into a picture that a scanner made.

    item ─▶ shadow (cm of two basis materials) ─▶ T low, T high ─┬─▶ times a measured pair
                                                                 └─▶ colour ─▶ times a coloured bag

An X-ray crosses the bag and the item one after the other, so transmissions multiply, per energy
(`onto_energies`). Where only the coloured picture is left, normalised RGB is multiplied instead,
white being 1 (`onto_colours`): an approximation, and said so wherever figures rest on it. Training,
evaluation and officers' proficiency tests all take items from here. Same seed, same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.xray.bag import BOX_PX_MIN, Item, Truth
from models.xray.palette import Belt, belt_of, mean_of, scanner_of
from models.xray.parts import SHADOW_CM_MIN, Sheet, Thing
from models.xray.scanner import Scanner, absorption, colour
from models.xray.shapes import Map, Pose
from models.xray.wildlife import WILDLIFE

BAG_CM = (40.0, 68.0)
"""Longer side of what is checked in; a picture without a scale gets one from here."""
TRIES_MAX = 24  # places and items tried before a picture is given up as too full or too small
FIT_SHARE = 0.9  # of an item's shadow that must lie in the bag
REACH_SHARE_MAX = 0.5  # of the bag's longer side
PLACES_TRIED = 3
THROUGH_MIN = 0.02  # of the open beam, read off a coloured picture
RIM_PX = 12  # round an item, within which its blur and the scanner's sharpening show
TRANSMISSION_MIN = 1e-4  # as `scanner.expose`: darker than this is black


@dataclass(frozen=True)
class Projected:
    """A picture with an item in it."""

    pixels: NDArray[np.uint8]
    """(height, width, 3), RGB."""
    silhouette: NDArray[np.uint8]
    """(height, width): 1 where the item casts its shadow."""
    truth: Truth
    """Its `behind` is read off the colours: minus the logarithm of the brightness there."""


class NoRoom(ValueError):
    """No item of this kind fits into the picture."""


def onto_energies(measured: Map, item_cm: Map, scanner: Scanner, rng: Generator) -> Map:
    """Return what a machine measures with an item in the bag: -ln T of both detectors, (H, W, 2).

    `measured` is the same without it, as `scanner.expose` returns it; `item_cm` is (2, H, W) cm of
    the basis materials. Quanta that the item stops are missing from those that were counted, one by
    one: the binomial noise of that is added, the bag's own noise is there already. The item meets
    the open beam here and the bag's harder one in truth: it comes out up to a tenth too dense.
    """
    bag = np.exp(-measured)
    return np.asarray(measured + _item(item_cm, bag, scanner, rng), dtype=np.float32)


def onto_colours(
    rgb: NDArray[np.uint8], item_cm: Map, scanner: Scanner, rng: Generator
) -> NDArray[np.uint8]:
    """Return a coloured (H, W, 3) picture with an item in it: normalised RGB, multiplied, clipped.

    Noise comes before colour, palette and blur are the scanner's. Where both lie thick the result
    is darker than the truth and the hue is a mixture instead of a mean material: an approximation.
    """
    share = rgb.astype(np.float32) / np.float32(255.0)
    through = np.clip(mean_of(share), THROUGH_MIN, 1.0)[..., None]
    item = _item(item_cm, np.asarray(through, np.float32), scanner, rng)
    plain = colour(item, _over_white(scanner)).astype(np.float32) / np.float32(255.0)
    return np.asarray(np.clip(share * plain, 0.0, 1.0) * 255.0 + 0.5, dtype=np.uint8)


def _item(item_cm: Map, bag: Map, scanner: Scanner, rng: Generator) -> Map:
    """Return -ln T of the item alone, with the noise it adds in front of a bag, (H, W, 2)."""
    through = np.exp(-absorption(item_cm))
    quanta = np.float32(scanner.open_beam_quanta) * np.maximum(bag, np.float32(TRANSMISSION_MIN))
    noise = rng.standard_normal(through.shape, dtype=np.float32)
    counted = through + noise * np.sqrt(through * (1.0 - through) / quanta)
    blurred = cv2.GaussianBlur(np.asarray(counted, np.float32), (0, 0), scanner.blur_px)
    return np.asarray(-np.log(np.clip(blurred, TRANSMISSION_MIN, 1.0)), dtype=np.float32)


def _over_white(scanner: Scanner) -> Scanner:
    """Return the same machine with a white belt: what is normalised has no other."""
    return Scanner(
        open_beam_quanta=scanner.open_beam_quanta,
        blur_px=scanner.blur_px,
        sharpen=scanner.sharpen,
        gamma=scanner.gamma,
        organic=scanner.organic,
        inorganic=scanner.inorganic,
        metal=scanner.metal,
    )


def hide(
    rgb: NDArray[np.uint8],
    kind: str,
    seed: int | list[int],
    scanner: Scanner | None = None,
    own: Thing | None = None,
) -> Projected:
    """Return a coloured picture with one item of a class in its bag; the same seed, the same bytes.

    Without a `scanner` it is estimated from the picture. The scale is guessed from the bag, since a
    picture does not say it. A thing of your `own`, a mesh for one, takes the place of a simulated
    item, and `kind` is then any name. Raises `NoRoom` if nothing of this class fits.
    """
    if own is None and kind not in WILDLIFE:
        message = f"no such class: {kind!r}; one of {', '.join(WILDLIFE)}"
        raise ValueError(message)
    rng = np.random.default_rng(seed)
    machine = scanner or scanner_of(rgb)
    belt = belt_of(rgb, machine.backdrop)
    make = WILDLIFE[kind] if own is None else Item(kind, own).made
    found = _lay(rgb, make, belt, rng)
    if found is None:
        message = f"no {kind} fits into this picture"
        raise NoRoom(message)
    sheet, box = found
    is_item = sheet.basis_cm.sum(axis=0) > SHADOW_CM_MIN
    rows, columns = _rim(box, rgb.shape)
    pixels, item_cm = rgb.copy(), np.ascontiguousarray(sheet.basis_cm[:, rows, columns])
    pixels[rows, columns] = onto_colours(rgb[rows, columns], item_cm, machine, rng)
    inside = is_item[rows, columns]
    bright = mean_of(rgb[rows, columns])[inside] / np.float32(255.0 * machine.backdrop)
    absorbed = float(absorption(item_cm)[inside].mean())
    behind = float(-np.log(np.clip(bright, THROUGH_MIN, 1.0)).mean())
    return Projected(pixels, is_item.astype(np.uint8), Truth(kind, box, absorbed, behind))


def _rim(box: tuple[float, float, float, float], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the rows and columns that an item changes."""
    x1, y1, x2, y2 = (int(edge) for edge in box)
    return (
        slice(max(0, y1 - RIM_PX), min(shape[0], y2 + RIM_PX)),
        slice(max(0, x1 - RIM_PX), min(shape[1], x2 + RIM_PX)),
    )


def _is_whole(box: tuple[float, float, float, float], shape: tuple[int, ...]) -> bool:
    """Return whether an item shows, and is not cut off by the picture's edge."""
    x1, y1, x2, y2 = box
    return (
        min(x2 - x1, y2 - y1) >= BOX_PX_MIN and min(x1, y1) > 0 and x2 < shape[1] and y2 < shape[0]
    )


def _lay(
    rgb: NDArray[np.uint8], make: Callable[[Generator], Thing], belt: Belt, rng: Generator
) -> tuple[Sheet, tuple[float, float, float, float]] | None:
    """Return a sheet with one item on it inside the bag, and its box; None if there is no room."""
    height, width = rgb.shape[:2]
    scale = belt.long_px / float(rng.uniform(*BAG_CM))
    rows, columns = np.nonzero(belt.shown)
    for _ in range(TRIES_MAX):
        thing = make(rng)
        if thing.reach * scale > REACH_SHARE_MAX * belt.long_px:
            continue
        chosen = rng.integers(rows.size, size=PLACES_TRIED)
        # As a bag is packed: rather where there is room than on top of the densest thing.
        place = max(chosen, key=lambda i: int(rgb[rows[i], columns[i]].sum()))
        x, y = float(columns[place]) / scale, float(rows[place]) / scale
        sheet = Sheet(width, height, scale)
        box = sheet.add(thing, Pose(x, y, float(rng.uniform(0.0, 2 * np.pi))))
        if box is None or not _is_whole(box, rgb.shape):
            continue
        is_item = sheet.basis_cm.sum(axis=0) > SHADOW_CM_MIN
        if is_item.any() and belt.shown[is_item].mean() >= FIT_SHARE:
            return sheet, box
    return None

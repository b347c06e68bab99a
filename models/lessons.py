"""Lessons from harmless pictures: turned, mirrored, scaled, most of them with an item projected.

Harmless things are projected as well. Else it is learnt that something was projected, not what.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.image import letterbox
from models.pictures import TRUTHS_MAX, Batch
from models.variation import GRID_PX, Truths, Variation
from models.xray.bag import CLASSES
from models.xray.contents import any_thing
from models.xray.palette import scanner_of
from models.xray.projection import NoRoom, hide
from models.xray.scanner import Scanner

ITEM_SHARE = 0.7
SECOND_SHARE = 0.15
HARMLESS_SHARES = (0.7, 0.35)
"""Of the pictures get one harmless thing, and of those a second one; half of them lookalikes."""
LONG_PX_MAX = 640  # of a picture in memory
BRIGHTNESS = 0.04  # by how much a picture is made brighter or darker


@dataclass(frozen=True)
class Backgrounds:
    """Harmless pictures in memory, each with the machine that may have made it."""

    pictures: tuple[NDArray[np.uint8], ...]
    scanners: tuple[Scanner, ...]
    kinds: tuple[str, ...]
    """Classes in the order of the network."""

    @classmethod
    def of(cls, pictures: Sequence[NDArray[np.uint8]], kinds: Sequence[str]) -> Backgrounds:
        """Shrink what is larger than needed and look at each once."""
        small = tuple(_shrunk(picture) for picture in pictures)
        return cls(small, tuple(scanner_of(picture) for picture in small), tuple(kinds))

    def batch(self, seed: Sequence[int], count: int, side: int) -> Batch:
        """Return `count` lessons of `side` px; the same seed, the same batch."""
        rng = np.random.default_rng(list(seed))
        pixels = np.empty((count, 3, side, side), dtype=np.uint8)
        truths = np.full((count, TRUTHS_MAX, 5), -1.0, dtype=np.float32)
        for b in range(count):
            picture, found = self._lesson(rng)
            square, placed = squared(picture, found, side)
            turned = Variation.draw(rng, side, side)
            lit = turned.pixels(square) * np.float32(1.0 + rng.uniform(-BRIGHTNESS, BRIGHTNESS))
            pixels[b] = np.clip(lit, 0, 255).astype(np.uint8).transpose(2, 0, 1)
            boxes = turned.truths(placed)[:TRUTHS_MAX]
            truths[b, : len(boxes)] = np.asarray(boxes, dtype=np.float32).reshape(-1, 5)
        grid = side // GRID_PX
        return Batch(pixels, truths, np.zeros((count, grid, grid), dtype=np.uint8))

    def _lesson(self, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Truths]:
        place = int(rng.integers(len(self.pictures)))
        picture, found = self._packed(rng, place), Truths()
        known = [kind for kind in self.kinds if kind in CLASSES]
        chances = (ITEM_SHARE, SECOND_SHARE)
        for chance in chances:
            if rng.random() >= chance:
                break
            kind = known[int(rng.integers(len(known)))]
            try:
                put = hide(picture, kind, int(rng.integers(2**31)), self.scanners[place])
            except NoRoom:
                continue
            picture = put.pixels
            found.append((self.kinds.index(kind), *put.truth.box))
        return picture, found

    def _packed(self, rng: np.random.Generator, place: int) -> NDArray[np.uint8]:
        """Return a picture with no, one or two simulated harmless things in it."""
        picture = self.pictures[place]
        for share in HARMLESS_SHARES:
            if rng.random() >= share:
                break
            name, thing = any_thing(rng, is_lookalike=bool(rng.integers(2)))
            seed = int(rng.integers(2**31))
            with suppress(NoRoom):
                picture = hide(picture, name, seed, self.scanners[place], own=thing).pixels
        return picture


def _shrunk(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = LONG_PX_MAX / max(picture.shape[:2])
    if scale >= 1.0:
        return picture
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def squared(
    picture: NDArray[np.uint8], truths: Truths, side: int
) -> tuple[NDArray[np.uint8], Truths]:
    """Return a picture and its boxes as a network of `side` px sees them."""
    square, fitted = letterbox(picture, side)
    shift = np.asarray([fitted.left, fitted.top] * 2, dtype=float)
    placed: Truths = []
    for kind, *box in truths:
        x1, y1, x2, y2 = (float(v) for v in np.asarray(box) * fitted.scale + shift)
        placed.append((kind, x1, y1, x2, y2))
    return square[0], placed

"""The training pictures: rendered once, kept as one flat file, found again after a kill.

Rendering costs about as much as learning from a picture, so each is used several times, turned,
mirrored, shifted and scaled.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from tqdm import tqdm

from models.splits import TRAIN, bag
from models.xray.bag import CLASSES, render

CHUNK = 64  # pictures per task of a renderer, and the most that a kill loses per renderer
VISIBLE_SHARE_MIN = 0.4  # a thing cut off by more than the rest is no longer asked for
TRUTHS_MAX = 4  # per picture
COARSE = 4  # px of a picture per pixel of its stored silhouette
GRID_PX = 8  # px per cell of the network's finest grid
ZOOM = (-0.15, 0.15)  # natural logarithm of the smallest and the largest scale
SHIFT_SHARE = 0.06

Truths = list[tuple[int, float, float, float, float]]
"""Class index and box x1, y1, x2, y2 in px, per hidden thing."""


@dataclass(frozen=True)
class Batch:
    """What one training step sees; B pictures of `side` px."""

    pixels: NDArray[np.uint8]
    """(B, 3, side, side) RGB."""
    truths: NDArray[np.float32]
    """(B, TRUTHS_MAX, 5): class and box, class -1 where there is none."""
    silhouettes: NDArray[np.uint8]
    """(B, side / 8, side / 8): 0, or 1 + the class hidden there."""


def _chunk(
    first: int, last: int, side: int
) -> tuple[int, NDArray[np.uint8], NDArray[np.uint8], list[Truths]]:
    """Render the bags first to last - 1; runs in a renderer process."""
    cv2.setNumThreads(1)
    pixels = np.empty((last - first, side, side, 3), dtype=np.uint8)
    coarse = side // COARSE
    silhouettes = np.empty((last - first, coarse, coarse), dtype=np.uint8)
    truths: list[Truths] = []
    for i in range(first, last):
        seed, threat = bag(TRAIN, i)
        picture = render(seed, threat=threat, size=(side, side))
        pixels[i - first] = picture.pixels
        silhouettes[i - first] = picture.silhouette[COARSE // 2 :: COARSE, COARSE // 2 :: COARSE]
        truths.append([(CLASSES.index(t.kind), *t.box) for t in picture.truths][:TRUTHS_MAX])
    return first, pixels, silhouettes, truths


class Pictures:
    """`count` training pictures of `side` px and their truths, on disk under `folder`."""

    def __init__(self, folder: Path, count: int, side: int) -> None:
        """Open or create the files; nothing is rendered yet."""
        self.count, self.side = count, side
        self._truths_path = folder / f"truths-{side}.json"
        folder.mkdir(parents=True, exist_ok=True)
        self.pixels = _flat(folder / f"pixels-{side}.u8", (count, side, side, 3))
        coarse = side // COARSE
        self.silhouettes = _flat(folder / f"silhouettes-{side}.u8", (count, coarse, coarse))
        self.truths: dict[int, Truths] = {}
        if self._truths_path.exists():
            stored = json.loads(self._truths_path.read_text(encoding="utf-8"))
            self.truths = {int(k): [tuple(t) for t in v] for k, v in stored.items()}

    def fill(self, renderers: int) -> Self:
        """Render what is missing in `renderers` processes; show progress and time left."""
        missing = [i for i in range(0, self.count, CHUNK) if i not in self.truths]
        if not missing:
            return self
        with (
            ProcessPoolExecutor(renderers, mp_context=get_context("spawn")) as pool,
            tqdm(total=len(missing) * CHUNK, desc="render", unit="bag", mininterval=2) as bar,
        ):
            lasts = [min(i + CHUNK, self.count) for i in missing]
            sides = [self.side] * len(missing)
            for first, pixels, silhouettes, truths in pool.map(_chunk, missing, lasts, sides):
                self.pixels[first : first + len(pixels)] = pixels
                self.silhouettes[first : first + len(pixels)] = silhouettes
                self.truths.update({first + k: t for k, t in enumerate(truths)})
                self._truths_path.write_text(json.dumps(self.truths), encoding="utf-8")
                bar.update(len(pixels))
        return self

    def sample(self, rng: Generator, batch: int, side: int) -> Batch:
        """Return a random batch of varied pictures."""
        pixels = np.empty((batch, 3, side, side), dtype=np.uint8)
        truths = np.full((batch, TRUTHS_MAX, 5), -1.0, dtype=np.float32)
        silhouettes = np.empty((batch, side // GRID_PX, side // GRID_PX), dtype=np.uint8)
        for b, index in enumerate(rng.integers(0, self.count, batch)):
            turned = Variation.draw(rng, self.side, side)
            pixels[b] = turned.pixels(self.pixels[index]).transpose(2, 0, 1)
            silhouettes[b] = turned.silhouette(self.silhouettes[index])
            boxes = turned.truths(self.truths[int(index)])
            truths[b, : len(boxes)] = np.asarray(boxes, dtype=np.float32).reshape(-1, 5)
        return Batch(pixels, truths, silhouettes)


def _flat(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a file of bytes as an array that is read and written in place."""
    is_there = path.exists() and path.stat().st_size == int(np.prod(shape))
    return np.memmap(path, np.uint8, "r+" if is_there else "w+", shape=shape)


@dataclass(frozen=True)
class Variation:
    """Turned by quarters, mirrored, scaled, shifted: x of the old picture to linear x + shift."""

    linear: NDArray[np.float64]
    shift: NDArray[np.float64]
    side: int

    @classmethod
    def draw(cls, rng: Generator, old: int, side: int) -> Self:
        """Return a random one from `old` px a side to `side` px."""
        scale = side / old * float(np.exp(rng.uniform(*ZOOM)))
        quarter = int(rng.integers(4)) * np.pi / 2
        c, s = round(np.cos(quarter)), round(np.sin(quarter))
        mirror = np.diag([float(rng.choice([-1.0, 1.0])), 1.0])
        linear = np.asarray([[c, -s], [s, c]], dtype=float) @ mirror * scale
        middle = side / 2 + rng.uniform(-SHIFT_SHARE, SHIFT_SHARE, 2) * side
        return cls(linear, middle - linear @ np.full(2, old / 2), side)

    def pixels(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture varied; what was outside is an empty belt."""
        # Averaged first, as `image.letterbox` does: straight from many pixels to few, thin wires
        # would be hit or missed.
        small = cv2.resize(image, (self.side, self.side), interpolation=cv2.INTER_AREA)
        linear = self.linear * (image.shape[0] / self.side)
        matrix = np.concatenate([linear, self.shift[:, None]], axis=1)
        white = (255, 255, 255)
        return np.asarray(
            cv2.warpAffine(small, matrix, (self.side, self.side), borderValue=white),
            dtype=np.uint8,
        )

    def silhouette(self, coarse: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the silhouette varied, one pixel per cell of the finest grid."""
        grid = self.side // GRID_PX
        # From the middle of a coarse pixel to the middle of a cell, not from corner to corner.
        shift = self.linear @ np.full(2, COARSE / 2) + self.shift - GRID_PX / 2
        matrix = np.concatenate([self.linear * COARSE, shift[:, None]], axis=1) / GRID_PX
        return np.asarray(
            cv2.warpAffine(coarse, matrix, (grid, grid), flags=cv2.INTER_NEAREST), dtype=np.uint8
        )

    def truths(self, truths: Truths) -> Truths:
        """Return the boxes varied, without those that are mostly cut off."""
        kept: Truths = []
        for kind, *box in truths:
            corners = np.asarray(box).reshape(2, 2) @ self.linear.T + self.shift
            low, high = corners.min(axis=0), corners.max(axis=0)
            seen_low, seen_high = np.clip(low, 0, self.side), np.clip(high, 0, self.side)
            if np.prod(seen_high - seen_low) >= VISIBLE_SHARE_MIN * np.prod(high - low):
                x1, y1 = (float(x) for x in seen_low)
                x2, y2 = (float(x) for x in seen_high)
                kept.append((kind, x1, y1, x2, y2))
        return kept

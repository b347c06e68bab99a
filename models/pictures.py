"""The training pictures: rendered once, kept as one flat file, found again after a kill.

Rendering costs about as much as learning from a picture, so each is used several times, turned,
mirrored, shifted and scaled.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, Self

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

Truths = list[tuple[int, float, float, float, float]]
"""Class index and box x1, y1, x2, y2 in px, per hidden thing."""


def _chunk(first: int, last: int, side: int) -> tuple[int, NDArray[np.uint8], list[Truths]]:
    """Render the bags first to last - 1; runs in a renderer process."""
    cv2.setNumThreads(1)
    pixels = np.empty((last - first, side, side, 3), dtype=np.uint8)
    truths: list[Truths] = []
    for i in range(first, last):
        seed, threat = bag(TRAIN, i)
        picture = render(seed, threat=threat, size=(side, side))
        pixels[i - first] = picture.pixels
        truths.append([(CLASSES.index(t.kind), *t.box) for t in picture.truths][:TRUTHS_MAX])
    return first, pixels, truths


class Pictures:
    """`count` training pictures of `side` px and their truths, on disk under `folder`."""

    def __init__(self, folder: Path, count: int, side: int) -> None:
        """Open or create the files; nothing is rendered yet."""
        self.count, self.side = count, side
        self._truths_path = folder / f"truths-{side}.json"
        pixels_path = folder / f"pixels-{side}.u8"
        folder.mkdir(parents=True, exist_ok=True)
        mode: Literal["r+", "w+"] = (
            "r+" if pixels_path.exists() and pixels_path.stat().st_size else "w+"
        )
        self.pixels = np.memmap(pixels_path, np.uint8, mode, shape=(count, side, side, 3))
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
            for first, pixels, truths in pool.map(_chunk, missing, lasts, sides):
                self.pixels[first : first + len(pixels)] = pixels
                self.truths.update({first + k: t for k, t in enumerate(truths)})
                self._truths_path.write_text(json.dumps(self.truths), encoding="utf-8")
                bar.update(len(pixels))
        return self

    def sample(
        self, rng: Generator, batch: int, side: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Return a batch (B, 3, side, side) and truths (B, TRUTHS_MAX, 5), class -1 where none."""
        pixels = np.empty((batch, 3, side, side), dtype=np.uint8)
        truths = np.full((batch, TRUTHS_MAX, 5), -1.0, dtype=np.float32)
        for b, index in enumerate(rng.integers(0, self.count, batch)):
            image, boxes = vary(rng, self.pixels[index], self.truths[int(index)], side)
            pixels[b] = image.transpose(2, 0, 1)
            truths[b, : len(boxes)] = np.asarray(boxes, dtype=np.float32).reshape(-1, 5)
        return pixels, truths


def vary(
    rng: Generator, image: NDArray[np.uint8], truths: Truths, side: int
) -> tuple[NDArray[np.uint8], Truths]:
    """Return the picture turned by quarters, mirrored, scaled and shifted, and its boxes."""
    old = image.shape[0]
    scale = side / old * float(np.exp(rng.uniform(-0.3, 0.15)))
    quarter, mirror = int(rng.integers(4)), float(rng.choice([-1.0, 1.0]))
    turn = np.asarray([[1, 0], [0, 1]] if quarter % 2 == 0 else [[0, -1], [1, 0]], dtype=float)
    linear = turn * (1.0 if quarter < 2 else -1.0) @ np.diag([mirror, 1.0]) * scale  # noqa: PLR2004 - half of four quarters
    middle = side / 2 + rng.uniform(-0.08, 0.08, 2) * side
    shift = middle - linear @ np.full(2, old / 2)
    matrix = np.concatenate([linear, shift[:, None]], axis=1)
    white = (255, 255, 255)
    varied = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_AREA, borderValue=white)
    kept: Truths = []
    for kind, *box in truths:
        corners = np.asarray(box).reshape(2, 2) @ linear.T + shift
        low, high = corners.min(axis=0), corners.max(axis=0)
        seen_low, seen_high = np.clip(low, 0, side), np.clip(high, 0, side)
        if np.prod(seen_high - seen_low) >= VISIBLE_SHARE_MIN * np.prod(high - low):
            x1, y1 = (float(x) for x in seen_low)
            x2, y2 = (float(x) for x in seen_high)
            kept.append((kind, x1, y1, x2, y2))
    return np.asarray(varied, dtype=np.uint8), kept

"""The training pictures: rendered while the training runs, kept in one flat file, found again.

Rendering costs about as much as learning from a picture, so each is used several times, turned,
mirrored, shifted, scaled and cropped. Which pictures a step may draw from follows from its number
alone, so a run that was killed sees what an unbroken one sees.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.splits import lesson
from models.variation import ANY_LIGHT, GRID_PX, Truths, Variation
from models.xray.bag import CLASSES, LOOKALIKE_SHARE, render

CHUNK = 64  # pictures per task of a renderer, and the most that a kill loses per renderer
CHUNKS_AHEAD = 2  # per renderer: what a stop must wait for
TRUTHS_MAX = 5  # per picture
COARSE = 4  # px of a picture per pixel of its stored silhouette
POLL_S = 0.5
SILENT_S = 900.0  # a machine with other work renders slowly; a dead renderer not at all


@dataclass(frozen=True)
class Batch:
    """What one training step sees; B pictures of `side` px."""

    pixels: NDArray[np.uint8]
    """(B, 3, side, side) RGB."""
    truths: NDArray[np.float32]
    """(B, TRUTHS_MAX, 5): class and box, class -1 where there is none."""
    silhouettes: NDArray[np.uint8]
    """(B, side / 8, side / 8): 0, or 1 + the class hidden there."""


@dataclass(frozen=True)
class Store:
    """Where the pictures are, how large (rendered at `rendered_px`, kept at `side`), what of."""

    folder: Path
    count: int
    rendered_px: int
    side: int
    lookalike_share: float = LOOKALIKE_SHARE
    twice: tuple[str, ...] = ()
    """Classes hidden twice as often as others."""
    first: int = 0
    """Which of all training bags comes first: another store may hold those before it."""

    def open(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return pixels (count, side, side, 3) and silhouettes, read and written in place."""
        self.folder.mkdir(parents=True, exist_ok=True)
        coarse = self.side // COARSE
        return (
            _flat(self.folder / f"pixels-{self.side}.u8", (self.count, self.side, self.side, 3)),
            _flat(self.folder / f"silhouettes-{self.side}.u8", (self.count, coarse, coarse)),
        )

    @property
    def _truths_path(self) -> Path:
        return self.folder / f"truths-{self.side}.json"

    def truths(self) -> list[Truths]:
        """Return the truths of the pictures that are there."""
        if not self._truths_path.exists():
            return []
        stored: list[Truths] = json.loads(self._truths_path.read_text(encoding="utf-8"))
        return stored

    def keep(self, truths: list[Truths]) -> None:
        """Say which pictures are there, in one step."""
        partial = self._truths_path.with_suffix(".partial")
        partial.write_text(json.dumps(truths), encoding="utf-8")
        partial.replace(self._truths_path)


def _flat(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a file of bytes as an array; it takes no room until it is written."""
    is_there = path.exists() and path.stat().st_size == int(np.prod(shape))
    return np.memmap(path, np.uint8, "r+" if is_there else "w+", shape=shape)


def _chunk(store: Store, first: int, last: int) -> list[Truths]:
    """Render the bags first to last - 1 into the store; runs in a renderer process."""
    cv2.setNumThreads(1)
    pixels, silhouettes = store.open()
    shrink = store.side / store.rendered_px
    side, coarse = (store.side, store.side), (store.side // COARSE, store.side // COARSE)
    truths: list[Truths] = []
    for i in range(first, last):
        seed, threats = lesson(store.first + i, store.twice)
        size = (store.rendered_px, store.rendered_px)
        picture = render(seed, threat=threats, size=size, lookalike_share=store.lookalike_share)
        # Averaged, as `image.letterbox` does before the network looks.
        pixels[i] = cv2.resize(picture.pixels, side, interpolation=cv2.INTER_AREA)
        silhouettes[i] = cv2.resize(picture.silhouette, coarse, interpolation=cv2.INTER_NEAREST)
        boxes: Truths = []
        for truth in picture.truths[:TRUTHS_MAX]:
            x1, y1, x2, y2 = (edge * shrink for edge in truth.box)
            boxes.append((CLASSES.index(truth.kind), x1, y1, x2, y2))
        truths.append(boxes)
    return truths


class Rendering:
    """`with` it, the pictures that a store lacks are rendered in other processes."""

    def __init__(self, store: Store, renderers: int) -> None:
        """Open or create the files; nothing is rendered yet."""
        self.store, self._renderers = store, renderers
        store.open()
        self._truths = store.truths()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="render", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; what is done is kept."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        """Render chunk after chunk, in order: the pictures that are there are always the first."""
        firsts = range(len(self._truths), self.store.count, CHUNK)
        ahead = CHUNKS_AHEAD * self._renderers
        with ProcessPoolExecutor(self._renderers, get_context("spawn")) as pool:
            for start in range(0, len(firsts), ahead):
                if self._is_over.is_set():
                    return
                some = firsts[start : start + ahead]
                lasts = [min(i + CHUNK, self.store.count) for i in some]
                for truths in pool.map(_chunk, [self.store] * len(some), some, lasts):
                    self._truths += truths
                self.store.keep(self._truths)


class Pictures:
    """The pictures of a store as a training step wants them; any process may have its own."""

    def __init__(self, store: Store) -> None:
        """Open the files, which are there; the pictures may come later."""
        self.store = store
        self.pixels, self.silhouettes = store.open()
        self.truths: list[Truths] = []

    def wait_for(self, count: int) -> None:
        """Return when the first `count` pictures are there; TimeoutError if no more come."""
        grown_at = time.monotonic()
        while len(self.truths) < min(count, self.store.count):
            truths = self.store.truths()
            if len(truths) > len(self.truths):
                grown_at = time.monotonic()
            self.truths = truths
            if time.monotonic() - grown_at > SILENT_S:
                message = f"no new picture in {self.store.folder} for {SILENT_S:.0f} s"
                raise TimeoutError(message)
            if len(truths) < count:
                time.sleep(POLL_S)

    def sample(self, rng: Generator, batch: int, side: int, among: int) -> Batch:
        """Return a random batch of varied pictures of `side` px out of the first `among`."""
        among = min(among, self.store.count)
        self.wait_for(among)
        pixels = np.empty((batch, 3, side, side), dtype=np.uint8)
        truths = np.full((batch, TRUTHS_MAX, 5), -1.0, dtype=np.float32)
        silhouettes = np.empty((batch, side // GRID_PX, side // GRID_PX), dtype=np.uint8)
        for b, index in enumerate(rng.integers(0, among, batch)):
            stored = self.truths[int(index)]
            turned = Variation.draw(rng, self.store.side, side, stored, ANY_LIGHT)
            pixels[b] = turned.pixels(self.pixels[index]).transpose(2, 0, 1)
            silhouettes[b] = turned.silhouette(self.silhouettes[index], COARSE)
            boxes = turned.truths(stored)
            truths[b, : len(boxes)] = np.asarray(boxes, dtype=np.float32).reshape(-1, 5)
        return Batch(pixels, truths, silhouettes)

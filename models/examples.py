"""Lessons from labelled pictures: turned, mirrored, scaled, recoloured a little; at first, crops.

labelled folder ─▶ letterboxed once, kept in memory ─▶ the batch of a step

People draw boxes, not outlines: the whole box stands for the outline of what is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.lessons import squared
from models.pictures import Batch
from models.sources import Sample
from models.variation import ANY_LIGHT, GRID_PX, Truths, Variation

BOXES_MAX = 32  # per picture
BYTES_MAX = 8 * 1024**3  # of pictures in memory


@dataclass(frozen=True)
class Examples:
    """Labelled pictures of one size, and from which step on the whole of each is shown."""

    pictures: tuple[NDArray[np.uint8], ...]
    """Each (side, side, 3), RGB."""
    truths: tuple[Truths, ...]
    side: int
    crop: int
    """Side of the crops, at full scale, that are learnt from before step `crops_until`."""
    crops_until: int

    @classmethod
    def of(
        cls, samples: Iterable[Sample], kinds: Sequence[str], side: int, crop: int, crops_until: int
    ) -> Examples:
        """Take the pictures into memory; ValueError if there are none, or too many for it."""
        pictures, truths = [], []
        for sample in samples:
            found = [(kinds.index(t.kind), *t.box) for t in sample.truths][:BOXES_MAX]
            square, placed = squared(sample.pixels, found, side)
            pictures.append(square)
            truths.append(placed)
            if len(pictures) * square.nbytes > BYTES_MAX:
                raise ValueError(f"more than {BYTES_MAX >> 30} GiB of pictures of {side} px")
        if not pictures:
            raise ValueError("no picture is left to learn from")
        return cls(tuple(pictures), tuple(truths), side, crop, crops_until)

    def batch(self, seed: Sequence[int], count: int, side: int) -> Batch:
        """Return the lessons of one step; the same seed, the same batch.

        `seed` ends with the number of the step; `side` is that of whole pictures.
        """
        cv2.setNumThreads(1)
        side = self.crop if seed[-1] < self.crops_until else side
        rng = np.random.default_rng(list(seed))
        pixels = np.empty((count, 3, side, side), dtype=np.uint8)
        truths = np.full((count, BOXES_MAX, 5), -1.0, dtype=np.float32)
        outlines = np.zeros((count, side // GRID_PX, side // GRID_PX), dtype=np.uint8)
        for b, index in enumerate(rng.integers(0, len(self.pictures), count)):
            known = self.truths[int(index)]
            turned = Variation.draw(rng, self.side, side, known, ANY_LIGHT)
            pixels[b] = turned.pixels(self.pictures[int(index)]).transpose(2, 0, 1)
            boxes = turned.truths(known)
            truths[b, : len(boxes)] = np.asarray(boxes, dtype=np.float32).reshape(-1, 5)
            _fill(outlines[b], boxes)
        return Batch(pixels, truths, outlines)


def _fill(outline: NDArray[np.uint8], boxes: Truths) -> None:
    """Fill the boxes in, the smaller over the larger: what lies in front of a bag is small."""
    for kind, x1, y1, x2, y2 in sorted(boxes, key=lambda b: -(b[3] - b[1]) * (b[4] - b[2])):
        left, top = int(x1 // GRID_PX), int(y1 // GRID_PX)
        right, bottom = int(np.ceil(x2 / GRID_PX)), int(np.ceil(y2 / GRID_PX))
        outline[top:bottom, left:right] = 1 + kind

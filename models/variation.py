"""One training picture turned into many: quarters, mirrors, scale, crop, light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

VISIBLE_SHARE_MIN = 0.4  # a thing cut off by more than the rest is no longer asked for
GRID_PX = 8  # px per cell of the network's finest grid
ZOOM = (-0.18, 0.18)  # natural logarithm of the smallest and the largest scale
SHIFT_SHARE = 0.06
AIM_SHARE = 0.3  # how far from the middle of a crop the thing aimed at may lie
AIMED_SHARE = 0.8  # of the crops; the others are taken anywhere
ANY_LIGHT = (0.92, 1.08)  # gain of a colour: makers differ more than the simulated machines do

Truths = list[tuple[int, float, float, float, float]]
"""Class index and box x1, y1, x2, y2 in px, per hidden thing."""


@dataclass(frozen=True)
class Variation:
    """x of the old picture goes to linear x + shift; then colours are multiplied by the gain."""

    linear: NDArray[np.float64]
    shift: NDArray[np.float64]
    side: int
    gain: NDArray[np.float32]

    @classmethod
    def draw(
        cls,
        rng: Generator,
        old: int,
        side: int,
        truths: Sequence[Sequence[float]] = (),
        light: tuple[float, float] = (1.0, 1.0),
    ) -> Self:
        """Return a random one from `old` px a side to `side` px: a crop where that is less.

        `light` is the least and the most gain of each colour. A crop mostly shows one of the
        truths: what it cuts away is mostly empty belt and cloth.
        """
        scale = float(np.exp(rng.uniform(*ZOOM)))
        quarter = int(rng.integers(4)) * np.pi / 2
        c, s = round(np.cos(quarter)), round(np.sin(quarter))
        mirror = np.diag([float(rng.choice([-1.0, 1.0])), 1.0])
        linear = np.asarray([[c, -s], [s, c]], dtype=float) @ mirror * scale
        aim, spread = np.full(2, old / 2), SHIFT_SHARE
        is_aimed, which = rng.random() < AIMED_SHARE, rng.random()
        anywhere = rng.uniform(0.25, 0.75, 2) * old
        if side < old:
            aim, spread = anywhere, AIM_SHARE
            if truths and is_aimed:
                x1, y1, x2, y2 = truths[int(which * len(truths))][1:]
                aim = np.asarray([(x1 + x2) / 2, (y1 + y2) / 2])
        middle = side / 2 + rng.uniform(-spread, spread, 2) * side
        gain = rng.uniform(*light, 3).astype(np.float32)
        # A crop that looks beyond the picture would waste what it costs.
        shift = middle - linear @ aim
        if side < old * scale:
            corners = np.stack([shift, linear @ np.full(2, float(old)) + shift])
            low, high = corners.min(axis=0), corners.max(axis=0)
            shift = shift - np.maximum(low, 0.0) + np.maximum(side - high, 0.0)
        return cls(linear, shift, side, gain)

    def pixels(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture varied; what was outside is an empty belt."""
        matrix = np.concatenate([self.linear, self.shift[:, None]], axis=1)
        white = (255, 255, 255)
        turned = cv2.warpAffine(image, matrix, (self.side, self.side), borderValue=white)
        return np.asarray(np.minimum(turned * self.gain, 255.0), dtype=np.uint8)

    def silhouette(self, coarse: NDArray[np.uint8], px: int) -> NDArray[np.uint8]:
        """Return the silhouette, stored at one pixel per `px`, one pixel per finest cell."""
        grid = self.side // GRID_PX
        # From the middle of a coarse pixel to the middle of a cell, not from corner to corner.
        shift = self.linear @ np.full(2, px / 2) + self.shift - GRID_PX / 2
        matrix = np.concatenate([self.linear * px, shift[:, None]], axis=1) / GRID_PX
        return np.asarray(
            cv2.warpAffine(coarse, matrix, (grid, grid), flags=cv2.INTER_NEAREST), dtype=np.uint8
        )

    def truths(self, truths: Sequence[Sequence[float]]) -> Truths:
        """Return the boxes varied, without those that are mostly cut off."""
        kept: Truths = []
        for kind, *box in truths:
            corners = np.asarray(box).reshape(2, 2) @ self.linear.T + self.shift
            low, high = corners.min(axis=0), corners.max(axis=0)
            seen_low, seen_high = np.clip(low, 0, self.side), np.clip(high, 0, self.side)
            if np.prod(seen_high - seen_low) >= VISIBLE_SHARE_MIN * np.prod(high - low):
                x1, y1 = (float(x) for x in seen_low)
                x2, y2 = (float(x) for x in seen_high)
                kept.append((int(kind), x1, y1, x2, y2))
        return kept

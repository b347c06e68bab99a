"""Thin lines: cables, zips, frames, ribs. As thin as they are, and as heavy."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from models.xray.shapes import MASK_FULL, SUBPIXEL_BITS, Map, Points, Pose, Window

LINE_WIDTHS_PX = {1: 1.33, 2: 3.34, 3: 5.34, 5: 7.34, 7: 9.34, 9: 11.34, 11: 13.34}
"""How wide OpenCV's smooth lines come out, by the width asked for: wider, and we must know it."""
LINE_EXCESS_PX = 2.34  # of still wider ones


@dataclass(frozen=True)
class Wire:
    """A thin line through (n, 2) points in cm: cables, zips, frames, ribs."""

    points: Points
    radius: float
    closed: bool = False

    @property
    def reach(self) -> float:
        """The farthest point."""
        return float(np.hypot(self.points[:, 0], self.points[:, 1]).max()) + self.radius

    def fill(self, pose: Pose, window: Window) -> Map:
        """Return the mean chord, kept true in mass when thinner than a pixel."""
        mask = np.zeros((window.height, window.width), dtype=np.uint8)
        fixed = np.rint((window.pixels(pose, self.points) - 0.5) * (1 << SUBPIXEL_BITS))
        width_px = 2.0 * self.radius * window.px_per_cm
        drawn_px, shown_px = _line_width(width_px)
        line = [fixed.astype(np.int32)]
        cv2.polylines(mask, line, self.closed, MASK_FULL, drawn_px, cv2.LINE_AA, SUBPIXEL_BITS)
        # A round wire's mean chord is pi/4 of its diameter.
        mean_cm = np.pi / 2.0 * self.radius * width_px / shown_px
        return np.asarray(mask, dtype=np.float32) * np.float32(mean_cm / MASK_FULL)


def _line_width(width_px: float) -> tuple[int, float]:
    """Return what to ask OpenCV for to come nearest to a width, and how wide it will be (px)."""
    widest = max(LINE_WIDTHS_PX)
    if width_px > LINE_WIDTHS_PX[widest]:
        odd = 2 * round((width_px - LINE_EXCESS_PX - 1) / 2) + 1
        return odd, odd + LINE_EXCESS_PX
    return min(LINE_WIDTHS_PX.items(), key=lambda pair: abs(pair[1] - width_px))

"""Which machine made this picture: backdrop, palette, blur and noise, read off its pixels.

What is projected into a picture must look as that machine would have shown it. Everything here is
an estimate, bounded by what machines are built like; where a picture says too little (no metal in
it, no edge) the plain `Scanner` answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi, sqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.xray.scanner import Scanner
from models.xray.shapes import Map

HUES = {"organic": (8.0, 50.0), "inorganic": (75.0, 165.0), "metal": (190.0, 255.0)}
"""Hue angles in degrees within which makers show a kind of material."""
SHARE_MIN = 0.002  # of the picture; fewer pixels of a hue say nothing about it
SATURATION_MIN = 0.12
PALE = 1.15  # times more tint that a plain machine's full hue has: then it was seen thin only
FULLEST = 90.0  # percentile of saturation from which a hue counts as full
NEUTRAL_MAX = 0.06  # saturation up to which a pixel is grey
BACKDROP_MIN = 0.6
BACKDROP_BINS = 40
SHOWN_MIN = 0.05  # darker than the backdrop by so much: something lies there
EDGE_MIN = 0.35  # range within a window from which it holds an edge
EDGE_WINDOW_PX = 7
BLUR_PX = (0.3, 2.0)
QUANTA = (3e3, 2e5)
NOISE_FROM_MAD = 1.4826  # of a normal distribution
LAPLACE_GAIN = 6.0  # by how much this kernel enlarges the deviation of white noise


Hue = tuple[float, float, float]
"""RGB, 0 to 1."""


@dataclass(frozen=True)
class Belt:
    """Where something lies in a picture."""

    shown: NDArray[np.uint8]
    """(H, W): 1 where the picture is darker than its backdrop, gaps closed."""
    long_px: float
    """Longer side of the smallest rectangle round the largest thing: the bag."""


def scanner_of(rgb: NDArray[np.uint8]) -> Scanner:
    """Return the machine that may have made a (height, width, 3) RGB picture."""
    share = rgb.astype(np.float32) / 255.0
    backdrop = backdrop_of(share)
    normal = np.clip(share / backdrop, 0.0, 1.0)
    plain, hues = Scanner(), _palette(normal)
    scanner = replace(
        plain,
        backdrop=backdrop,
        organic=hues.get("organic", plain.organic),
        inorganic=hues.get("inorganic", plain.inorganic),
        metal=hues.get("metal", plain.metal),
    )
    grey = mean_of(normal)
    blur = _blur_px(grey)
    return replace(scanner, blur_px=blur, open_beam_quanta=_quanta(grey, blur))


def backdrop_of(share: NDArray[np.float32]) -> float:
    """Return the grey of the empty belt, 0 to 1: the commonest bright grey of (H, W, 3) 0 to 1."""
    dark, bright = bounds_of(share)
    is_grey = (bright - dark < NEUTRAL_MAX) & (bright > BACKDROP_MIN)
    if is_grey.mean() < SHARE_MIN:
        return 1.0
    counts, edges = np.histogram(bright[is_grey], BACKDROP_BINS, (BACKDROP_MIN, 1.0))
    most = int(counts.argmax())
    low, high = edges[most], edges[most + 1]
    inside = is_grey & (bright >= low) & (bright <= high)
    return float(np.median(bright[inside]))


def belt_of(rgb: NDArray[np.uint8], backdrop: float) -> Belt:
    """Return where something lies in a picture, and how long the largest of it is."""
    darkest = bounds_of(rgb)[0].astype(np.float32) / np.float32(255.0 * backdrop)
    shown = (darkest < 1.0 - SHOWN_MIN).astype(np.uint8)
    reach = max(3, min(rgb.shape[:2]) // 40) | 1
    # What is packed loosely is still one bag, and the grain of an empty belt is none.
    shown = np.asarray(cv2.morphologyEx(shown, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    kernel = np.ones((reach, reach), np.uint8)
    shown = np.asarray(cv2.morphologyEx(shown, cv2.MORPH_CLOSE, kernel), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(shown)
    if count == 1:
        return Belt(np.ones_like(shown), float(max(rgb.shape[:2])))
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    bag = np.asarray(labels == largest, dtype=np.uint8)
    contours, _ = cv2.findContours(bag, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(bag, contours, -1, 1, cv2.FILLED)  # a bag has an inside, shown or not
    (_, sides, _) = cv2.minAreaRect(np.vstack(contours))
    return Belt(bag, float(max(*sides, 1.0)))


def bounds_of(picture: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the least and the most of the three channels, (H, W) each."""
    r, g, b = picture[..., 0], picture[..., 1], picture[..., 2]  # far faster than along an axis
    return np.minimum(np.minimum(r, g), b), np.maximum(np.maximum(r, g), b)


def mean_of(picture: NDArray[Any]) -> Map:
    """Return the mean of the three channels, (H, W)."""
    r, g, b = (picture[..., c].astype(np.float32) for c in range(3))
    return np.asarray((r + g + b) / np.float32(3.0), dtype=np.float32)


def _palette(normal: NDArray[np.float32]) -> dict[str, Hue]:
    """Return the full hue of each kind of material that shows enough of it."""
    hsv = cv2.cvtColor(normal, cv2.COLOR_RGB2HSV)
    hue = hsv[..., 0]
    dark, bright = bounds_of(normal)
    saturation = bright - dark
    found: dict[str, Hue] = {}
    for kind, (low, high) in HUES.items():
        of_kind = (hue >= low) & (hue <= high) & (saturation > SATURATION_MIN)
        if of_kind.mean() < SHARE_MIN:
            continue
        # Thin things are paler than their hue, thick ones darker: the fullest are neither.
        fullest = of_kind & (saturation >= np.percentile(saturation[of_kind], FULLEST))
        found[kind] = _full(np.median(normal[fullest], axis=0), getattr(Scanner(), kind))
    return found


def _full(seen: NDArray[np.float32], plain: Hue) -> Hue:
    """Return a hue as it would be over something thick, where a picture has it thin and pale."""
    short = (1.0 - min(plain)) / max(1.0 - float(seen.min()), 1e-3)
    more = short if short > PALE else 1.0
    r, g, b = (float(np.clip(1.0 - (1.0 - c) * more, 0.0, 1.0)) for c in seen)
    return r, g, b


def _blur_px(grey: Map) -> float:
    """Return the deviation of the blur: a blurred step is as steep as its blur is narrow."""
    kernel = np.ones((EDGE_WINDOW_PX, EDGE_WINDOW_PX), np.uint8)
    height = cv2.dilate(grey, kernel) - cv2.erode(grey, kernel)
    steps = np.zeros_like(grey)
    steps[:, 1:] = np.abs(np.diff(grey, axis=1))
    steps[1:] = np.maximum(steps[1:], np.abs(np.diff(grey, axis=0)))
    steepest = cv2.dilate(steps, kernel)
    is_edge = height > EDGE_MIN
    if is_edge.mean() < SHARE_MIN:
        return Scanner().blur_px
    steepness = float(np.percentile(steepest[is_edge] / height[is_edge], 75))
    return float(np.clip(1.0 / (sqrt(2 * pi) * max(steepness, 1e-3)), *BLUR_PX))


def _quanta(grey: Map, blur_px: float) -> float:
    """Return the quanta of the open beam from the grain of evenly covered places."""
    kernel = np.asarray([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    grain = cv2.filter2D(grey, -1, kernel)
    slope = cv2.GaussianBlur(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), (0, 0), 2.0)
    is_covered = (grey > 0.25) & (grey < 0.92)  # noqa: PLR2004 - neither dark nor empty
    if is_covered.mean() < SHARE_MIN:
        return Scanner().open_beam_quanta
    is_even = is_covered & (slope <= np.percentile(slope[is_covered], 30))
    deviation = NOISE_FROM_MAD * float(np.median(np.abs(grain[is_even]))) / LAPLACE_GAIN
    # Blur takes most of the finest grain away before we see it.
    kept = float(np.exp(-2.0 * blur_px**2))
    variance = max(deviation / max(kept, 0.05), 1e-4) ** 2
    return float(np.clip(np.median(grey[is_even]) / variance, *QUANTA))

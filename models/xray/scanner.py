"""From what lies on the belt to the picture an officer sees.

Two detectors count what comes through (`transmission`) and a little of what is scattered on the
way, with shot noise; the two together tell the material, their mean the thickness. Organic is
orange, inorganic green, metal blue, as on every dual-energy machine; the exact hues differ per
maker, so a `Scanner` is drawn at random for each training picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.xray.materials import materials, transmission
from models.xray.shapes import Map

POLYETHYLENE_CM_MAX = 60.0
IRON_CM_MAX = 4.0
"""Beyond these both detectors are dark on any machine."""
TABLE_STEPS = 192

# The material number: 0 where the pair of measurements lies on the curve of polyethylene, 1 on that
# of aluminium, 2 on that of iron. Calibrated at every thickness, since a hardened beam makes thick
# iron look like aluminium otherwise. Water and horn lie near 0.2, ivory near 1.1.
CALIBRATION = ("polyethylene", "aluminium", "steel")
ORGANIC, INORGANIC, INORGANIC_END, METAL = 0.45, 0.8, 1.2, 1.55
OPAQUE = 5.0  # -ln of the mean transmission at which a screen shows black
FULL_HUE = np.float32(0.42)  # share of OPAQUE at which the hue is full and darkening begins
HUE_BLUR_PX = 1.1

# What forward scatter adds: the product of what is taken from the beam, -ln T, and of what is
# left of it, T, spread widely (the convolution model of Ohnesorge et al., European Radiology 9,
# 1999). Nothing where nothing lies; a floor under dense metal, which its neighbours light.
SCATTER_REACH = 0.06  # standard deviation of the spread, as a share of the picture's longer side
SCATTER_SHRINK = 8  # so smooth a thing needs no fine grid
SCATTER_SHARES = (0.005, 0.03)
"""Scatter to primary behind -ln T = 1. Fan beams have about 5 % behind a human body (Johns and
Yaffe, Medical Physics 9, 1982), which takes four to five: a hundredth, and machines differ."""


@dataclass(frozen=True)
class Scanner:
    """One machine: its beam, its sharpness and its palette (RGB, 0 to 1, at full saturation)."""

    open_beam_quanta: float = 40_000.0
    """Quanta per pixel and detector with nothing on the belt: shot noise."""
    blur_px: float = 0.6
    sharpen: float = 0.9
    gamma: float = 0.85
    organic: tuple[float, float, float] = (0.85, 0.47, 0.08)
    inorganic: tuple[float, float, float] = (0.22, 0.60, 0.10)
    metal: tuple[float, float, float] = (0.06, 0.36, 0.83)
    backdrop: float = 1.0
    """Grey of the empty belt: 1 is white."""
    scatter: float = 0.0
    """Scatter to primary behind an even sheet of -ln T = 1."""


def any_scanner(rng: Generator) -> Scanner:
    """Return a machine as one of many makers might build it."""

    def near(colour: tuple[float, float, float], spread: float) -> tuple[float, float, float]:
        r, g, b = (float(np.clip(c + rng.normal(0, spread), 0.0, 1.0)) for c in colour)
        return r, g, b

    plain = Scanner()
    # From a branch of the seed, so that all else is drawn as it was before machines scattered.
    branch = rng.spawn(1)[0]
    return Scanner(
        open_beam_quanta=float(np.exp(rng.uniform(np.log(6e3), np.log(1e5)))),
        blur_px=float(rng.uniform(0.3, 1.1)),
        sharpen=float(rng.uniform(0.2, 1.8)),
        gamma=float(rng.uniform(0.65, 1.1)),
        organic=near(plain.organic, 0.07),
        inorganic=near(plain.inorganic, 0.08),
        metal=near(plain.metal, 0.07),
        backdrop=float(rng.choice([1.0, 1.0, 1.0, rng.uniform(0.74, 1.0)])),
        scatter=float(np.exp(branch.uniform(*np.log(SCATTER_SHARES)))),
    )


@cache
def _absorption_table() -> NDArray[np.float32]:
    """Return -ln T for both detectors over a grid that is even in the root of the thickness."""
    steps = np.linspace(0.0, 1.0, TABLE_STEPS) ** 2
    plastic, iron = np.meshgrid(steps * POLYETHYLENE_CM_MAX, steps * IRON_CM_MAX)
    through = transmission(np.stack([plastic, iron], axis=-1))
    return np.asarray(-np.log(np.maximum(through, 1e-30)), dtype=np.float32)


def absorption(basis_cm: Map) -> Map:
    """Return -ln T_low and -ln T_high, (H, W, 2), of (2, H, W) cm of polyethylene and iron."""
    plastic = np.clip(basis_cm[0] / POLYETHYLENE_CM_MAX, 0.0, 1.0)
    iron = np.clip(basis_cm[1] / IRON_CM_MAX, 0.0, 1.0)
    scale = np.float32(TABLE_STEPS - 1)
    columns, rows = np.sqrt(plastic) * scale, np.sqrt(iron) * scale
    table = _absorption_table()
    return np.asarray(cv2.remap(table, columns, rows, cv2.INTER_LINEAR), dtype=np.float32)


def expose(basis_cm: Map, scanner: Scanner, rng: Generator) -> Map:
    """Return what the machine measures: -ln T_low and -ln T_high with noise and blur, (H, W, 2)."""
    taken = absorption(basis_cm)
    through = np.exp(-taken)
    if scanner.scatter > 0.0:
        through = through + np.float32(scanner.scatter) * scattered(taken, through)
    # The normal limit of Poisson's law: at thousands of quanta the two cannot be told apart, and
    # below some tens the pixel is black anyway.
    noise = rng.standard_normal(through.shape, dtype=np.float32)
    quanta = np.float32(scanner.open_beam_quanta)
    counted = through + noise * np.sqrt(through / quanta)
    blurred = cv2.GaussianBlur(counted, (0, 0), scanner.blur_px)
    return np.asarray(-np.log(np.clip(blurred, 1e-4, 1.0)), dtype=np.float32)


def scattered(taken: Map, through: Map) -> Map:
    """Return the spread of -ln T times T, (H, W, 2): what a `Scanner.scatter` of 1 would add."""
    height, width = through.shape[:2]
    small = (max(width // SCATTER_SHRINK, 1), max(height // SCATTER_SHRINK, 1))
    source = cv2.resize(taken * through, small, interpolation=cv2.INTER_AREA)
    spread = cv2.GaussianBlur(source, (0, 0), SCATTER_REACH * max(small))
    return np.asarray(
        cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32
    )


@cache
def _calibration() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return -ln T_high, (n,), and the -ln T_low each calibration material has there, (3, n)."""
    high = np.linspace(0.0, 9.0, 400)
    curves = []
    for name in CALIBRATION:
        cm = np.concatenate([[0.0], np.geomspace(1e-3, 120.0, 600)])
        path = -np.log(transmission(cm[:, None] * np.asarray(materials()[name].basis_per_cm)))
        curves.append(np.interp(high, path[:, 1], path[:, 0]))
    return high.astype(np.float32), np.asarray(curves, dtype=np.float32)


def material_number(measured: Map) -> Map:
    """Return 0 for polyethylene, 1 for aluminium, 2 for iron, and between, (H, W)."""
    high, curves = _calibration()
    seen_low, seen_high = cv2.split(measured)
    step = np.float32((len(high) - 1) / high[-1])
    index = np.clip(seen_high * step + np.float32(0.5), 0, len(high) - 1).astype(np.int32)
    # Exact along the rounded column: what the rounding takes off the high side comes off the low.
    low = seen_low - (seen_high - high.take(index))
    plastic, aluminium, iron = (curve.take(index) for curve in curves)
    floor = np.float32(0.01)  # below this difference a ratio is noise
    light = (low - plastic) / np.maximum(aluminium - plastic, floor)
    heavy = 1.0 + (low - aluminium) / np.maximum(iron - aluminium, floor)
    return np.asarray(np.where(light < 1.0, light, heavy), dtype=np.float32)


def colour(measured: Map, scanner: Scanner) -> NDArray[np.uint8]:
    """Return the pseudo-colour picture, (H, W, 3) uint8 RGB, of what was measured."""
    # The ratio of two small noisy numbers is noise: machines smooth the hue more than the form.
    number = material_number(
        np.asarray(cv2.GaussianBlur(measured, (0, 0), HUE_BLUR_PX), np.float32)
    )
    low, high = cv2.split(measured)
    level = np.clip((low + high) / 2 / OPAQUE, 0.0, 1.0) ** np.float32(scanner.gamma)
    if scanner.sharpen > 0:
        level = level + np.float32(scanner.sharpen) * (level - cv2.GaussianBlur(level, (0, 0), 2.0))
    level = np.clip(level, 0.0, 1.0)
    # Thin things tint the backdrop, thick ones take the full hue, opaque ones go dark.
    tint = np.minimum(level / FULL_HUE, 1.0)
    dark = 1.0 - np.clip((level - FULL_HUE) / (1.0 - FULL_HUE), 0, 1) ** 1.5
    bare, lit = scanner.backdrop * (1.0 - tint), 0.06 + 0.94 * dark
    hue = np.clip(number * 127.5, 0, 255).astype(np.uint8)
    # Plane by plane: numpy takes twice as long where the last axis is three short.
    planes = [(bare + ramp.take(hue) * tint) * lit for ramp in _ramps(scanner)]
    rgb = cv2.merge([np.clip(plane * 255.0 + 0.5, 0, 255).astype(np.uint8) for plane in planes])
    return np.asarray(rgb, dtype=np.uint8)


def _ramps(scanner: Scanner) -> list[NDArray[np.float32]]:
    """Return red, green and blue, 0 to 1, of 256 material numbers from 0 to 2."""
    hues = np.asarray(
        [scanner.organic, scanner.inorganic, scanner.inorganic, scanner.metal], dtype=np.float32
    )
    steps = np.linspace(0.0, 2.0, 256)
    stops = [ORGANIC, INORGANIC, INORGANIC_END, METAL]
    return [np.interp(steps, stops, hue).astype(np.float32) for hue in hues.T]

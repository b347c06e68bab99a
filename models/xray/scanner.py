"""From what lies on the belt to the picture an officer sees.

Two detectors count what comes through (`transmission`), with shot noise; the ratio of their
logarithms tells the material, the strength the thickness. Organic is orange, inorganic green,
metal blue, as on every dual-energy machine; the exact hues differ per maker, so a `Scanner` is
drawn at random for each training picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.xray.materials import transmission
from models.xray.shapes import Map

POLYETHYLENE_CM_MAX = 60.0
IRON_CM_MAX = 4.0
"""Beyond these both detectors are dark on any machine."""
TABLE_STEPS = 192

# Material number R = ln T_low / ln T_high. Organic materials lie below 1.30 (water 1.24, horn
# 1.26), light metals, glass, ivory and PVC between 1.54 and 1.68, iron and copper above 2.1.
ORGANIC_R, INORGANIC_R, METAL_R = 1.30, 1.56, 2.02
OPAQUE = 4.2  # -ln of the mean transmission at which a screen shows black


@dataclass(frozen=True)
class Scanner:
    """One machine: its beam, its sharpness and its palette (RGB, 0 to 1, at full saturation)."""

    open_beam_quanta: float = 40_000.0
    """Quanta per pixel and detector with nothing on the belt: shot noise."""
    blur_px: float = 0.6
    sharpen: float = 0.7
    gamma: float = 0.85
    organic: tuple[float, float, float] = (0.85, 0.47, 0.08)
    inorganic: tuple[float, float, float] = (0.22, 0.60, 0.10)
    metal: tuple[float, float, float] = (0.06, 0.36, 0.83)
    backdrop: float = 1.0
    """Grey of the empty belt: 1 is white."""


def any_scanner(rng: Generator) -> Scanner:
    """Return a machine as one of many makers might build it."""

    def near(colour: tuple[float, float, float], spread: float) -> tuple[float, float, float]:
        r, g, b = (float(np.clip(c + rng.normal(0, spread), 0.0, 1.0)) for c in colour)
        return r, g, b

    plain = Scanner()
    return Scanner(
        open_beam_quanta=float(np.exp(rng.uniform(np.log(6e3), np.log(1e5)))),
        blur_px=float(rng.uniform(0.3, 1.1)),
        sharpen=float(rng.uniform(0.0, 1.4)),
        gamma=float(rng.uniform(0.65, 1.1)),
        organic=near(plain.organic, 0.07),
        inorganic=near(plain.inorganic, 0.08),
        metal=near(plain.metal, 0.07),
        backdrop=float(rng.choice([1.0, 1.0, 1.0, rng.uniform(0.74, 1.0)])),
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
    through = np.exp(-absorption(basis_cm))
    # The normal limit of Poisson's law: at thousands of quanta the two cannot be told apart, and
    # below some tens the pixel is black anyway.
    noise = rng.standard_normal(through.shape, dtype=np.float32)
    quanta = np.float32(scanner.open_beam_quanta)
    counted = through + noise * np.sqrt(through / quanta) + noise[::-1] * np.float32(2.0) / quanta
    blurred = cv2.GaussianBlur(counted, (0, 0), scanner.blur_px)
    return np.asarray(-np.log(np.clip(blurred, 1e-4, 1.0)), dtype=np.float32)


def colour(measured: Map, scanner: Scanner) -> NDArray[np.uint8]:
    """Return the pseudo-colour picture, (H, W, 3) uint8 RGB, of what was measured."""
    depth = measured.mean(axis=2)
    # The ratio of two small noisy numbers is noise: machines smooth the hue more than the form.
    smooth = cv2.GaussianBlur(measured, (0, 0), 1.4)
    ratio = smooth[..., 0] / np.maximum(smooth[..., 1], 0.02)
    hues = np.asarray(
        [scanner.organic, scanner.inorganic, scanner.inorganic, scanner.metal], dtype=np.float32
    )
    stops = np.asarray([ORGANIC_R, INORGANIC_R, (INORGANIC_R + METAL_R) / 2, METAL_R])
    steps = np.linspace(1.0, 2.4, 256)
    ramp = np.stack([np.interp(steps, stops, hues[:, c]) for c in range(3)], axis=1)
    index = np.clip((ratio - 1.0) * np.float32(255 / 1.4), 0, 255).astype(np.uint8)
    hue = ramp.astype(np.float32)[index]
    level = np.clip(depth / OPAQUE, 0.0, 1.0) ** np.float32(scanner.gamma)
    if scanner.sharpen > 0:
        level = level + np.float32(scanner.sharpen) * (level - cv2.GaussianBlur(level, (0, 0), 2.0))
    level = np.clip(level, 0.0, 1.0)
    # Thin things tint the backdrop, thick ones take the full hue, opaque ones go dark.
    tint = np.minimum(level / np.float32(0.42), 1.0)[..., None]
    dark = 1.0 - np.clip((level - np.float32(0.42)) / np.float32(0.58), 0, 1)[..., None] ** 1.3
    picture = (scanner.backdrop * (1.0 - tint) + hue * tint) * (0.06 + 0.94 * dark)
    return np.asarray(np.clip(picture * 255.0 + 0.5, 0, 255), dtype=np.uint8)

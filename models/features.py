"""A few plain numbers of a picture, by which `drift` sees that a scanner has changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EMPTY_LEVEL = 0.95  # brightness from which a pixel shows nothing


def features(rgb: NDArray[np.uint8]) -> dict[str, float]:
    """Return the features of one (height, width, 3) picture."""
    small = rgb[::2, ::2].astype(np.float32) / np.float32(255.0)
    r, g, b = small[..., 0], small[..., 1], small[..., 2]
    bright = (r + g + b) / np.float32(3.0)
    saturation = np.maximum(np.maximum(r, g), b) - np.minimum(np.minimum(r, g), b)
    shown = bright < EMPTY_LEVEL
    if not shown.any():
        shown = np.ones_like(shown)
    return {
        "covered": float(shown.mean()),
        "brightness": float(bright[shown].mean()),
        "saturation": float(saturation[shown].mean()),
        "sharpness": float(np.abs(np.diff(bright, axis=1)).mean()),
    }

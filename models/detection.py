"""What a detector says about a picture."""

from __future__ import annotations

from dataclasses import dataclass


class PictureError(ValueError):
    """The bytes are no picture we can read; asking again will not help."""


@dataclass(frozen=True)
class Detection:
    """One thing seen: its class, how sure (0 to 1), and where."""

    kind: str
    score: float
    box: tuple[float, float, float, float]
    """x1, y1, x2, y2 in pixels of the original picture."""


@dataclass(frozen=True)
class Scan:
    """One picture looked at."""

    width: int
    height: int
    """Of the original picture, px."""
    detections: tuple[Detection, ...]
    """The surest first."""
    model: str
    """Id of the model: name and the first digits of its hash."""
    milliseconds: float
    """From bytes to detections."""

"""What a detector says about a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.likelihood import Step


class PictureError(ValueError):
    """The bytes are no picture we can read; asking again will not help."""


@dataclass(frozen=True)
class Detection:
    """One thing seen: its class, how sure (0 to 1), and where."""

    kind: str
    score: float
    box: tuple[float, float, float, float]
    """x1, y1, x2, y2 in pixels of the original picture."""
    likelihood: Step | None = None
    """What the passport says of a bag whose loudest box of the class is this one."""


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
    weighed_on: str = ""
    """Which bags the likelihood ratios come from."""
    loudest: float = 0.0
    """The highest raw score of any class, announced or not."""
    seen: Mapping[str, float] = field(default_factory=dict)
    """The picture's features, by which `drift` sees that a scanner has changed."""

"""Draw what was seen onto the picture it was seen in."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detection import Detection

# RGB; apart from each other and from the scanner's orange, green and blue.
MARKS = ((204, 0, 204), (230, 0, 0), (90, 0, 150), (0, 90, 130), (60, 60, 60), (200, 90, 0))
PAPER = (255, 255, 255)
FONT = cv2.FONT_HERSHEY_SIMPLEX
LETTER_SCALE, LETTER_THICK_PX, LINE_THICK_PX = 0.5, 1, 2


def annotate(
    rgb: NDArray[np.uint8], detections: Sequence[Detection], classes: Sequence[str]
) -> bytes:
    """Return a PNG of (height, width, 3) RGB with box, class and score of each detection."""
    picture = rgb.copy()
    for seen in detections:
        mark = MARKS[classes.index(seen.kind) % len(MARKS)]
        x1, y1, x2, y2 = (round(edge) for edge in seen.box)
        cv2.rectangle(picture, (x1, y1), (x2, y2), mark, LINE_THICK_PX)
        label = f"{seen.kind} {seen.score:.2f}"
        (width, height), drop = cv2.getTextSize(label, FONT, LETTER_SCALE, LETTER_THICK_PX)
        # A label stays inside the picture, whatever corner its box is in.
        left = max(0, min(x1, picture.shape[1] - width))
        base = max(height + drop, y1 - drop)
        corner = (left + width, base + drop)
        cv2.rectangle(picture, (left, base - height - drop), corner, PAPER, cv2.FILLED)
        at = (left, base)
        cv2.putText(picture, label, at, FONT, LETTER_SCALE, mark, LETTER_THICK_PX, cv2.LINE_AA)
    encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1]
    return encoded.tobytes()

"""A sheet of simulated bags from above and from the side: `python -m models.xray.two_views OUT`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from models.xray.bag import CLASSES, Picture
from models.xray.views import render_views

SIZE_PX: Final = (360, 250)
MARK: Final = (204, 0, 204)
BETWEEN_PX: Final = 6
GREY: Final = 120
BAGS: Final = ((3, "elephant_tusk"), (57, "turtle_shell"), (92, "pangolin_scales"))
"""Seed and what is hidden of each bag of the sheet."""


def marked(picture: Picture) -> NDArray[np.uint8]:
    """Return a picture with its truth drawn in, RGB."""
    pixels = picture.pixels.copy()
    for truth in picture.truths:
        x1, y1, x2, y2 = (round(edge) for edge in truth.box)
        cv2.rectangle(pixels, (x1, y1), (x2, y2), MARK, 1)
        at = (max(2, x1 + 3), max(12, y1 - 4))
        cv2.putText(pixels, truth.kind, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, MARK, 1, cv2.LINE_AA)
    return pixels


def beside(views: Sequence[Picture]) -> NDArray[np.uint8]:
    """Return two views one under the other, as their columns are the same."""
    above, side = (marked(view) for view in views)
    line = np.full((BETWEEN_PX, above.shape[1], 3), GREY, dtype=np.uint8)
    return np.vstack([above, line, side])


def write(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Write a picture as PNG."""
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    path.write_bytes(cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sheet: above the bags from above, below the same from the side."""
    parser = argparse.ArgumentParser(prog="python -m models.xray.two_views", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, help="of a bag of your own choice, alone")
    parser.add_argument("--threat", choices=CLASSES, help="what is hidden in it")
    args = parser.parse_args(arguments)
    bags = BAGS if args.seed is None else ((args.seed, args.threat),)
    columns = [beside(render_views(seed, threat=kind, size=SIZE_PX)) for seed, kind in bags]
    line = np.full((columns[0].shape[0], BETWEEN_PX, 3), GREY, dtype=np.uint8)
    row = [columns[0]]
    for column in columns[1:]:
        row += [line, column]
    write(args.out, np.hstack(row))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

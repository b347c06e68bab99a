"""A sheet of simulated bags with their ground truth: `python -m models.xray.gallery OUT.png`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from models.xray.bag import CLASSES, render

COLUMNS = 3
SIZE_PX = (320, 240)
MARK = (204, 0, 204)
PLACES = (None, *CLASSES)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sheet."""
    parser = argparse.ArgumentParser(prog="python -m models.xray.gallery", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="of the first bag")
    args = parser.parse_args(arguments)
    tiles = []
    for i, threat in enumerate(PLACES):
        picture = render(args.seed + i, threat=threat, size=SIZE_PX)
        tile = picture.pixels.copy()
        for truth in picture.truths:
            x1, y1, x2, y2 = (round(edge) for edge in truth.box)
            cv2.rectangle(tile, (x1, y1), (x2, y2), MARK, 1)
            at = (x1 + 3, y1 + 13)
            cv2.putText(tile, truth.kind, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, MARK, 1, cv2.LINE_AA)
        tiles.append(tile)
    rows = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    args.out.write_bytes(cv2.imencode(".png", sheet, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

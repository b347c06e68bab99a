"""A sheet of bags without and with a projected item: `python -m models.xray.pairs OUT.png`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from models.xray.bag import CLASSES, render
from models.xray.projection import hide

SIZE_PX = (320, 240)
MARK = (204, 0, 204)
KINDS = CLASSES[:4]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sheet: above the pictures as they were, below with an item."""
    parser = argparse.ArgumentParser(prog="python -m models.xray.pairs", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=60, help="of the first bag")
    args = parser.parse_args(arguments)
    columns = []
    for number, kind in enumerate(KINDS):
        before = render(args.seed + number, size=SIZE_PX).pixels
        put = hide(before, kind, args.seed + number)
        after = put.pixels.copy()
        x1, y1, x2, y2 = (round(edge) for edge in put.truth.box)
        cv2.rectangle(after, (x1, y1), (x2, y2), MARK, 1)
        at = (max(2, min(x1, SIZE_PX[0] - 120)), max(12, y1 - 4))
        cv2.putText(after, kind, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, MARK, 1, cv2.LINE_AA)
        columns.append(np.vstack([before, after]))
    sheet = cv2.cvtColor(np.hstack(columns), cv2.COLOR_RGB2BGR)
    args.out.write_bytes(cv2.imencode(".png", sheet, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

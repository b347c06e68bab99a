"""How often what is hidden is found, and how often an honest bag is stopped for nothing.

    python -m models.evaluation [MODEL.onnx] [--bags N]

Simulated bags only, from seeds no weights have seen. The two rates come together or not at all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detection import Detection
from models.inference import Model, overlap
from models.passport import WILDLIFE_MODEL
from models.rates import Figure, wilson
from models.splits import TEST, bag
from models.xray.bag import CLASSES, Truth, render

__all__ = [
    "HIT_IOU",
    "Look",
    "bags",
    "figures",
    "hits",
    "look",
    "loudest",
    "report",
    "thresholds",
    "wilson",
]

HIT_IOU = 0.5
FLOOR = 0.02  # what a model is less sure of than this is never announced
SURE_MAX = 0.99  # no threshold is set higher
BAGS_AHEAD = 64  # rendered and waiting
BAGS_DEFAULT = 2400
PICTURE_PX = 416


@dataclass(frozen=True)
class Look:
    """One bag looked at: what was in it and what was said above `FLOOR`."""

    truths: tuple[Truth, ...]
    detections: tuple[Detection, ...]


def _rendered(task: tuple[range, int, int]) -> tuple[NDArray[np.uint8], tuple[Truth, ...]]:
    split, index, side = task
    cv2.setNumThreads(1)
    seed, threat = bag(split, index)
    picture = render(seed, threat=threat, size=(side, side))
    return picture.pixels, picture.truths


def bags(
    split: range, count: int, side: int, renderers: int
) -> Iterator[tuple[NDArray[np.uint8], tuple[Truth, ...]]]:
    """Yield the first `count` bags of a split, rendered in other processes if `renderers` > 0."""
    tasks = [(split, i, side) for i in range(count)]
    if renderers == 0:
        yield from map(_rendered, tasks)
        return
    with ProcessPoolExecutor(renderers, mp_context=get_context("spawn")) as pool:
        for first in range(0, count, BAGS_AHEAD):
            yield from pool.map(_rendered, tasks[first : first + BAGS_AHEAD], chunksize=8)


def look(
    model: Model, pictures: Iterable[tuple[NDArray[np.uint8], tuple[Truth, ...]]]
) -> list[Look]:
    """Return what a model says about pictures, down to `FLOOR`."""
    return [Look(truths, model.detect(pixels, FLOOR)) for pixels, truths in pictures]


def thresholds(
    looks: Sequence[Look], false_alarms_max: float, kinds: Sequence[str] = CLASSES
) -> dict[str, float]:
    """Return for each class the lowest score that keeps its share of the false alarms.

    `false_alarms_max` is per honest bag and for all classes together; each class gets an equal
    part of it.
    """
    honest = [one for one in looks if not one.truths]
    allowed = int(false_alarms_max / len(kinds) * len(honest))
    chosen = {}
    for kind in kinds:
        cries = sorted((loudest(one.detections, kind) for one in honest), reverse=True)
        # Just above the first cry that would be one too many.
        limit = cries[allowed] if allowed < len(cries) else 0.0
        chosen[kind] = round(min(max(limit + 1e-4, FLOOR), SURE_MAX), 4)
    return chosen


def loudest(detections: Iterable[Detection], kind: str | None = None) -> float:
    """Return the highest score of a class, or of any."""
    return max((d.score for d in detections if kind in (None, d.kind)), default=0.0)


def figures(looks: Sequence[Look], threshold: dict[str, float]) -> dict[str, Figure]:
    """Return the figures of each class, and of `any` of them, at the thresholds."""
    found: dict[str, list[bool]] = {kind: [] for kind in threshold}
    cried: dict[str, int] = dict.fromkeys(threshold, 0)
    honest = stopped = 0
    for one in looks:
        said = [d for d in one.detections if d.score >= threshold[d.kind]]
        for truth in one.truths:
            found[truth.kind].append(any(hits(d, truth) for d in said))
        if not one.truths:
            honest += 1
            stopped += bool(said)
            for kind in {d.kind for d in said}:
                cried[kind] += 1
    table = {
        kind: Figure(wilson(sum(each), len(each)), wilson(cried[kind], honest))
        for kind, each in found.items()
    }
    every = [hit for each in found.values() for hit in each]
    table["any"] = Figure(wilson(sum(every), len(every)), wilson(stopped, honest))
    return table


def hits(detection: Detection, truth: Truth) -> bool:
    """Return whether a detection is that thing: right class, boxes overlapping by `HIT_IOU`."""
    if detection.kind != truth.kind:
        return False
    box = np.asarray(detection.box, dtype=np.float32)
    other = np.asarray([truth.box], dtype=np.float32)
    return bool(overlap(box, other)[0] >= HIT_IOU)


def report(table: dict[str, Figure]) -> str:
    """Return the figures as a table in Markdown: detection and false alarms side by side."""
    lines = [
        "| class | found: [95 % interval] rate | of | false alarms per honest bag | of |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {kind} | {found} | {f.detection.of} | {cried} | {f.false_alarm.of} |"
        for kind, f in table.items()
        for found, cried in (f.cells(),)
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of a model."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluation", description=__doc__)
    parser.add_argument("model", nargs="?", type=Path, default=WILDLIFE_MODEL)
    parser.add_argument("--bags", type=int, default=BAGS_DEFAULT)
    parser.add_argument("--picture-px", type=int, default=PICTURE_PX, help="side of a bag")
    parser.add_argument("--renderers", type=int, default=1, help="processes that render")
    args = parser.parse_args(arguments)
    model = Model(args.model)
    pictures = bags(TEST, args.bags, args.picture_px, args.renderers)
    table = figures(look(model, pictures), model.passport.thresholds)
    print(f"{model.passport.id}, {args.bags} simulated bags\n\n{report(table)}")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

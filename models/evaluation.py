"""How often what is hidden is found, and how often an honest bag is stopped for nothing.

    python -m models.evaluation [MODEL.onnx] [--bags N]

Simulated bags only, from seeds no weights have seen. The two rates come together or not at all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detection import Detection
from models.inference import Model, overlap
from models.passport import WILDLIFE_MODEL
from models.rates import Figure, Rate, wilson
from models.splits import TEST, bag
from models.xray.bag import CLASSES, Truth, render

__all__ = [
    "HIT_IOU",
    "Found",
    "Look",
    "announced",
    "bags",
    "figures",
    "found_in",
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
RESAMPLINGS = 1000
PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class Look:
    """One bag looked at: what was in it and what was said above `FLOOR`."""

    truths: tuple[Truth, ...]
    detections: tuple[Detection, ...]
    name: str = ""
    """Of the picture; looks of one name are not independent of each other."""
    packed: tuple[str, ...] = ()
    milliseconds: float = 0.0
    seen: dict[str, float] = field(default_factory=dict)
    """The picture's features (`drift`)."""
    others: int = 0
    """Labelled things of classes that are not looked for."""


def _rendered(task: tuple[range, int, int]) -> tuple[NDArray[np.uint8], tuple[Truth, ...]]:
    split, index, side = task
    cv2.setNumThreads(1)
    seed, threat = bag(split, index)
    picture = render(seed, threat=threat, size=(side, side))
    return picture.pixels, picture.truths


def bags(
    split: range, places: Iterable[int], side: int, renderers: int
) -> Iterator[tuple[NDArray[np.uint8], tuple[Truth, ...]]]:
    """Yield the bags at `places` of a split, rendered in other processes if `renderers` > 0."""
    tasks = [(split, place, side) for place in places]
    if renderers == 0:
        yield from map(_rendered, tasks)
        return
    with ProcessPoolExecutor(renderers, mp_context=get_context("spawn")) as pool:
        for first in range(0, len(tasks), BAGS_AHEAD):
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
    """Return the figures of each class, and of `any` of them, at the thresholds.

    Intervals are Wilson's; where one picture is looked at several times, a bootstrap over pictures.
    """
    found = found_in(looks, threshold)
    cried: dict[str, int] = dict.fromkeys(threshold, 0)
    honest = stopped = 0
    for one in looks:
        if not one.truths:
            said = announced(one, threshold)
            honest += 1
            stopped += bool(said)
            for kind in {d.kind for d in said}:
                cried[kind] += 1
    table = {
        kind: Figure(rate_of([f for f in found if f.kind == kind]), wilson(cried[kind], honest))
        for kind in threshold
    }
    table["any"] = Figure(rate_of(found), wilson(stopped, honest))
    return table


@dataclass(frozen=True)
class Found:
    """Whether one hidden thing was found, and in which picture."""

    kind: str
    truth: Truth
    look: Look
    is_found: bool


def found_in(looks: Sequence[Look], threshold: dict[str, float]) -> list[Found]:
    """Return for every hidden thing whether it was announced, in the right place."""
    return [
        Found(truth.kind, truth, one, any(hits(d, truth) for d in announced(one, threshold)))
        for one in looks
        for truth in one.truths
    ]


def announced(one: Look, threshold: dict[str, float]) -> list[Detection]:
    """Return what is said of a picture at the thresholds."""
    return [d for d in one.detections if d.score >= threshold[d.kind]]


def clustered(parts: Sequence[tuple[int, int]], seed: int = 0) -> Rate:
    """Return a rate whose trials come in groups that are alike: (hits, of) of each group.

    The interval is a bootstrap's over the groups, never narrower than Wilson's over all trials.
    """
    counts = np.asarray(parts, dtype=float).reshape(-1, 2)
    hits, of = (int(n) for n in counts.sum(axis=0))
    if of == 0:
        return wilson(0, 0)
    rng = np.random.default_rng(seed)
    drawn = counts[rng.integers(len(counts), size=(RESAMPLINGS, len(counts)))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / np.maximum(drawn[:, 1], 1.0), PERCENTILES)
    # Where every group agrees a bootstrap knows no doubt; that many trials leave some all the same.
    least = wilson(hits, of)
    return Rate(hits, of, min(float(low), least.low), max(float(high), least.high))


def rate_of(found: Sequence[Found]) -> Rate:
    """Return how many of these things were found."""
    by_name: dict[str, list[bool]] = {}
    for number, one in enumerate(found):
        by_name.setdefault(one.look.name or str(number), []).append(one.is_found)
    if len(by_name) == len(found):
        return wilson(sum(one.is_found for one in found), len(found))
    return clustered([(sum(group), len(group)) for group in by_name.values()])


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
    pictures = bags(TEST, range(args.bags), args.picture_px, args.renderers)
    table = figures(look(model, pictures), model.passport.thresholds)
    print(f"{model.passport.id}, {args.bags} simulated bags\n\n{report(table)}")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

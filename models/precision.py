"""Average precision, as COCO counts it (pycocotools), with an interval over pictures."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from models.detection import Detection
from models.xray.bag import Truth

RESAMPLINGS = 200
PERCENTILES = (2.5, 97.5)
DETECTIONS_MAX = 50  # per picture and class


class Looked(Protocol):
    """What is judged: one picture, what is in it, what was said."""

    @property
    def truths(self) -> tuple[Truth, ...]:
        """What is in it."""

    @property
    def detections(self) -> tuple[Detection, ...]:
        """What was said, down to a very low score."""


@dataclass(frozen=True)
class Precision:
    """Average precision, or a gain of it, with its interval of 95 % (bootstrap over pictures)."""

    low: float
    high: float
    value: float

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON, the interval first."""
        return {"interval95": [self.low, self.high], "value": self.value}

    def __str__(self) -> str:
        """Return it as people read it, the interval first."""
        return f"[{self.low:.3f}, {self.high:.3f}] {self.value:.3f}"


def precisions(looks: Sequence[Looked], kinds: Sequence[str], seed: int = 0) -> dict[str, Any]:
    """Return AP50 and AP50:95 over the classes that are there, and AP50 of each; {} without truths.

    The keys are `ap50`, `ap50_95` (each a `Precision`) and `ap50_of` (a value per class).
    """
    there = [kind for kind in kinds if any(t.kind == kind for one in looks for t in one.truths)]
    if not there:
        return {}
    with contextlib.redirect_stdout(io.StringIO()):
        judge = _judged(looks, kinds)
        table = _table(judge)
        rng = np.random.default_rng(seed)
        rows = [
            _table(judge, rng.integers(len(looks), size=len(looks))) for _ in range(RESAMPLINGS)
        ]
    means = [_means(row) for row in rows]
    found: dict[str, Any] = {}
    for place, name in enumerate(("ap50", "ap50_95")):
        low, high = np.nanpercentile([mean[place] for mean in means], PERCENTILES)
        found[name] = Precision(float(low), float(high), _means(table)[place])
    found["ap50_of"] = {kind: float(table[0, kinds.index(kind)]) for kind in there}
    return found


def gained(
    before: Sequence[Looked], after: Sequence[Looked], kinds: Sequence[str], seed: int = 0
) -> Precision:
    """Return AP50 of `after` less that of `before`, two models' looks at the same pictures.

    Each resampling takes the same pictures for both: what is hard for both does not blur it.
    """
    if len(before) != len(after):
        raise ValueError("the two have not looked at the same pictures")
    with contextlib.redirect_stdout(io.StringIO()):
        judges = [_judged(looks, kinds) for looks in (before, after)]
        rng = np.random.default_rng(seed)
        chosen = [rng.integers(len(after), size=len(after)) for _ in range(RESAMPLINGS)]
        gains = [_gain(judges, some) for some in chosen]
        value = _gain(judges)
    low, high = np.nanpercentile(gains, PERCENTILES)
    return Precision(float(low), float(high), value)


def _gain(judges: Sequence[COCOeval], chosen: Any = None) -> float:
    first, second = (_means(_table(judge, chosen))[0] for judge in judges)
    return second - first


def _judged(looks: Sequence[Looked], kinds: Sequence[str]) -> COCOeval:
    """Return COCO's judge with every picture matched once."""
    truth, said = COCO(), COCO()
    pictures = [{"id": i} for i in range(len(looks))]
    categories = [{"id": k, "name": kind} for k, kind in enumerate(kinds)]
    truths: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []
    for i, one in enumerate(looks):
        for t in one.truths:
            truths.append(_entry(i, kinds.index(t.kind), t.box, len(truths) + 1))
        for d in one.detections:
            entry = _entry(i, kinds.index(d.kind), d.box, len(answers) + 1)
            answers.append(entry | {"score": d.score})
    for data, entries in ((truth, truths), (said, answers)):
        data.dataset = {"images": pictures, "categories": categories, "annotations": entries}
        data.createIndex()
    judge = COCOeval(truth, said, "bbox")
    judge.params.maxDets = [DETECTIONS_MAX]  # each more is counted too, and not read
    judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
    judge.evaluate()
    return judge


def _entry(picture: int, kind: int, box: Sequence[float], number: int) -> dict[str, Any]:
    x1, y1, x2, y2 = box
    size = {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": 0}
    return {"id": number, "image_id": picture, "category_id": kind} | size


def _table(judge: COCOeval, chosen: Any = None) -> Any:
    """Return the average precision per overlap asked for and class, (T, K); nan where no truth."""
    every, pictures = judge.evalImgs, judge.params.imgIds
    if chosen is not None:
        rows = np.asarray(every, dtype=object).reshape(-1, len(pictures))
        judge.evalImgs = list(rows[:, chosen].reshape(-1))
    judge.accumulate()
    judge.evalImgs = every
    precision = judge.eval["precision"][:, :, :, 0, -1]
    mean = precision.mean(axis=1)
    return np.where(mean < 0, np.nan, mean)


def _means(table: Any) -> tuple[float, float]:
    """Return AP50 and AP50:95, averaged over the classes that were there."""
    if np.isnan(table).all():
        return float("nan"), float("nan")
    return float(np.nanmean(table[0])), float(np.nanmean(table))

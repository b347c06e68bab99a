"""One scanner's pictures, which of them is used for what, and what a model says of them.

fit ─▶ learnt from   calibrate ─▶ thresholds   report ─▶ figures      no picture is in two of them
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.blocks import Parts
from models.evaluation import Look
from models.inference import Model
from models.labelled import Folder
from models.sources import Sample, controls, projected
from models.trial import look_at

ITEMS_PER_PICTURE = 3  # in the report and for calibration: each picture with several items, in turn
ITEMS_MAX = 1_200
SHOWN = 96  # to round a model to 8 bits by: from `fit`, half of them with an item
BAR_EVERY_S = 2.0
SEEDS = {"calibrate": 1, "report": 2, "fit": 3}
"""Of the items in each part, beside the one that is asked for."""


@dataclass(frozen=True)
class Ground:
    """The pictures, and which of them is used for what."""

    folder: Folder
    parts: Parts

    def fit(self, model: Model, when: str) -> list[Look]:
        """Return looks at the harmless pictures that are learnt from; `when` names the bar."""
        places = self.parts.fit
        return _looked(model, self.folder.samples((), places), len(places), f"{when}, fit")

    def looks(
        self, model: Model, part: Literal["calibrate", "report"], seed: int, when: str
    ) -> tuple[list[Look], list[Look]]:
        """Return looks at harmless pictures, and at each of them several times with an item."""
        places = getattr(self.parts, part)
        count = min(ITEMS_MAX, ITEMS_PER_PICTURE * len(places))
        put = self._with_items(places, count, model.passport.classes, [seed, SEEDS[part]])
        plain = self.folder.samples((), places)
        return (
            _looked(model, plain, len(places), f"{when}, {part}"),
            _looked(model, put, count, f"{when}, {part}, with items"),
        )

    def controls(self, model: Model, seed: int, when: str) -> list[Look]:
        """Return looks at the pictures to report on, with simulated harmless things in them."""
        places = self.parts.report
        count = min(ITEMS_MAX, ITEMS_PER_PICTURE * len(places))
        put = controls(self.folder, places, count, seed=[seed, SEEDS["report"]])
        return _looked(model, put, count, f"{when}, report, with harmless things")

    def shown(self, kinds: Sequence[str], seed: int) -> Iterator[NDArray[np.uint8]]:
        """Return pictures by which it is seen how far a network's activations reach."""
        places = self.parts.fit[: SHOWN // 2]
        plain = self.folder.samples((), places)
        put = self._with_items(places, len(places), kinds, [seed, SEEDS["fit"]])
        return (sample.pixels for sample in chain(plain, put))

    def _with_items(
        self, places: Sequence[int], count: int, kinds: Sequence[str], seed: Sequence[int]
    ) -> Iterator[Sample]:
        return projected(self.folder, places, count, kinds=kinds, seed=seed)


def _looked(model: Model, samples: Iterable[Sample], count: int, what: str) -> list[Look]:
    """Look, and say how far it is and how long it will take."""
    return list(tqdm(look_at(model, samples), desc=what, total=count, mininterval=BAR_EVERY_S))

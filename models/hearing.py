"""From a question about a model to its trial: which pictures, which items, how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from models.evaluation import Look
from models.inference import Model
from models.labelled import Folder
from models.passport import WILDLIFE_MODEL
from models.sources import SimulatedBags, Source, controls, projected
from models.trial import Trial, judge, look_at
from models.xray.bag import CLASSES

T = TypeVar("T")
TOLD_EVERY_S = 2.0
RENDERERS = 1  # beside the one that looks: two cores at work


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is to be judged, and by what."""

    model: Path | None = None
    """None: the one in the catalogue."""
    images: Path | None = None
    """None: simulated bags."""
    labels: Path | None = None
    classes: Path | None = None
    items: int = 0
    """How many harmless pictures are judged again with a simulated item."""
    seed: int = 0
    bags: int = 0
    """Simulated bags, where there are no images."""


def hear(question: Question) -> Trial:
    """Return the trial; raises `ValueError` (`LabelError`, `PictureError`) or `PassportError`."""
    model = Model(question.model or WILDLIFE_MODEL)
    kinds = model.passport.classes
    source, data = _source(question, kinds)
    looks = list(told(look_at(model, source.samples(kinds)), len(source), "pictures"))
    if others := sum(one.others for one in looks):
        data += f"; {others} labelled things of other classes are not looked for"
    items: list[Look] = []
    beside: list[Look] = []
    if question.items:
        harmless = [i for i, one in enumerate(looks) if not one.truths]
        if not harmless:
            raise ValueError("there is no harmless picture to project an item into")
        put = projected(source, harmless, question.items, kinds=kinds, seed=question.seed)
        items = list(told(look_at(model, put), question.items, "items"))
        other = controls(source, harmless, question.items, seed=question.seed)
        beside = list(told(look_at(model, other), question.items, "harmless things"))
        data += f"; items are simulated and projected (seed {question.seed})"
    return judge(model.passport, looks, data, items, beside)


def _source(question: Question, kinds: tuple[str, ...]) -> tuple[Source, str]:
    if question.images is None:
        if not set(kinds) & set(CLASSES):
            raise ValueError(f"bags with {', '.join(kinds)} cannot be simulated: say --images DIR")
        bags = SimulatedBags(question.bags, renderers=RENDERERS)
        first = bags.split.start
        return bags, f"Simulated bags, seeds {first} to {first + question.bags - 1}"
    folder = Folder.open(question.images, question.labels, question.classes)
    labelled = "as labelled" if question.labels else "no labels: all taken for harmless"
    return folder, f"Pictures in {question.images.name} ({labelled})"


def told(things: Iterable[T], count: int, what: str) -> Iterator[T]:
    """Yield the things; on a terminal say how far it is and how long it will take."""
    began = last = time.monotonic()
    for number, thing in enumerate(things, 1):
        yield thing
        now = time.monotonic()
        if sys.stderr.isatty() and (now - last > TOLD_EVERY_S or number == count):
            last = now
            left = (now - began) / number * (count - number)
            sys.stderr.write(f"\r{number} of {count} {what}, {left:.0f} s left \033[K")
            sys.stderr.write("\n" if number == count else "")
            sys.stderr.flush()

"""Where the pictures of a trial come from: simulated bags, or a folder (`labelled`); with items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.splits import TEST, bag
from models.xray.bag import CLASSES, Picture, Truth, render
from models.xray.contents import any_thing
from models.xray.projection import NoRoom, hide

PICTURE_PX = 416
BAGS_AHEAD = 64  # rendered and waiting
RENDERED_APART_MIN = 200
CONTROL_SEED = 1  # beside the seed of an item: the harmless thing that is projected instead


@dataclass(frozen=True)
class Sample:
    """A picture to be judged by, and what is truly in it."""

    name: str
    pixels: NDArray[np.uint8]
    """(height, width, 3), RGB."""
    truths: tuple[Truth, ...] = ()
    packed: tuple[str, ...] = ()
    """Names of all that was packed, where that is known."""
    others: int = 0
    """Labelled things of classes that are not looked for."""


class Source(Protocol):
    """Pictures that can be asked for by their place."""

    def __len__(self) -> int:
        """How many there are."""

    def samples(
        self, kinds: Sequence[str], chosen: Sequence[int] | None = None
    ) -> Iterable[Sample]:
        """Yield all, or those at `chosen`, with what is in them of the classes `kinds`."""


@dataclass(frozen=True)
class SimulatedBags:
    """The first `count` bags of a split, every other one harmless."""

    count: int
    split: range = TEST
    side: int = PICTURE_PX
    renderers: int = 0
    """Processes that render, where there are enough bags to make it worth their start."""

    def __len__(self) -> int:
        """How many there are."""
        return self.count

    def samples(
        self, kinds: Sequence[str], chosen: Sequence[int] | None = None
    ) -> Iterator[Sample]:
        """Yield bags; what is hidden in them and not among `kinds` counts as harmless."""
        places = range(self.count) if chosen is None else chosen
        tasks = [(self.split, index, self.side) for index in places]
        for seed, picture in _rendered(tasks, self.renderers):
            truths = tuple(truth for truth in picture.truths if truth.kind in kinds)
            others = len(picture.truths) - len(truths)
            yield Sample(f"seed {seed}", picture.pixels, truths, picture.packed, others)


Task = tuple[range, int, int]
"""Split, place in it, side in px."""


def _rendered(tasks: Sequence[Task], renderers: int) -> Iterator[tuple[int, Picture]]:
    if renderers == 0 or len(tasks) < RENDERED_APART_MIN:
        yield from map(_render, tasks)
        return
    with ProcessPoolExecutor(renderers, mp_context=get_context("spawn")) as pool:
        for first in range(0, len(tasks), BAGS_AHEAD):
            yield from pool.map(_render, tasks[first : first + BAGS_AHEAD], chunksize=8)


def _render(task: Task) -> tuple[int, Picture]:
    split, index, side = task
    cv2.setNumThreads(1)
    seed, threat = bag(split, index)
    return seed, render(seed, threat=threat, size=(side, side))


def projected(
    source: Source,
    bases: Sequence[int],
    count: int,
    *,
    kinds: Sequence[str],
    seed: int | Sequence[int],
) -> Iterator[Sample]:
    """Yield `count` pictures with one simulated item each, the classes in turn.

    `bases` are the places of the harmless ones. Each is used once before any is used twice; those
    in which nothing fits are left out.
    """
    known = [kind for kind in kinds if kind in CLASSES]
    if not known:
        raise ValueError(f"no item can be simulated of the classes {', '.join(kinds)}")
    whole = _whole(seed)
    order = _order(bases, count, whole)
    for number, sample in enumerate(source.samples(kinds, order)):
        try:
            put = hide(sample.pixels, known[number % len(known)], [*whole, number])
        except NoRoom:
            continue
        yield Sample(sample.name, put.pixels, (put.truth,), sample.packed)


def controls(
    source: Source, bases: Sequence[int], count: int, *, seed: int | Sequence[int]
) -> Iterator[Sample]:
    """Yield `count` pictures with one simulated harmless thing each, lookalikes and others in turn.

    What cries at them has learnt to see that something is simulated, not what. The name of the
    thing is the last of `packed`; the same seed takes the pictures that `projected` takes.
    """
    whole = _whole(seed)
    order = _order(bases, count, whole)
    for number, sample in enumerate(source.samples((), order)):
        rng = np.random.default_rng([*whole, number, CONTROL_SEED])
        name, thing = any_thing(rng, is_lookalike=number % 2 == 0)
        try:
            put = hide(sample.pixels, name, [*whole, number], own=thing)
        except NoRoom:
            continue
        yield Sample(sample.name, put.pixels, packed=(*sample.packed, name))


def _whole(seed: int | Sequence[int]) -> list[int]:
    return [seed] if isinstance(seed, int) else list(seed)


def _order(bases: Sequence[int], count: int, seed: Sequence[int]) -> list[int]:
    """Return `count` of the places, each once before any comes twice."""
    rng = np.random.default_rng(list(seed))
    order: list[int] = []
    while len(order) < count and bases:
        order += [bases[i] for i in rng.permutation(len(bases))]
    return order[:count]

"""Train the second stage on bags that the first has not learnt from, so that it errs as it will."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from models.costs import of_second
from models.network import Network
from models.pictures import Batch, Pictures, Rendering, Store
from models.recipe import Recipe, Second, among
from models.second_stage import SecondStage
from models.start import weights_digest
from models.tuning import Pace, Tuning
from models.xray.bag import CLASSES

FOLDER = "second"
MEMORY_STEPS = 300
"""Over how many steps the averaged weights forget."""


class Bags:
    """Lessons out of a store, as many pictures as are there by then (`recipe.among`)."""

    def __init__(self, pictures: Pictures, second: Second) -> None:
        """Take the pictures, and what says how soon they come."""
        self._pictures, self._second = pictures, second

    def batch(self, seed: Sequence[int], count: int, side: int) -> Batch:
        """Return the lessons of one step; waits until its pictures are rendered."""
        rng = np.random.default_rng(list(seed))
        return self._pictures.sample(rng, count, side, among(self._second, seed[-1]))


def trained(recipe: Recipe, first: Network, folder: Path) -> SecondStage:
    """Return the second stage of a recipe's run in `folder`; a killed run goes on where it was.

    The recipe must have one: ValueError.
    """
    if recipe.second is None:
        raise ValueError(f"{recipe.name} has no second stage")
    torch.manual_seed(recipe.seed)
    first = first.to(recipe.device)
    network = SecondStage.after(first, len(CLASSES), recipe.width).to(recipe.device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    began = weights_digest(first.state_dict())
    for place, steps in enumerate(recipe.second.steps):
        own = folder / (f"{FOLDER}-{place + 1}" if place else FOLDER)
        _learn(recipe, recipe.second, first, network, Round(place, steps, own, began))
        began = weights_digest(network.state_dict())
    first.cpu()
    return network.cpu()


@dataclass(frozen=True)
class Round:
    """One of the rounds: which, how long, where its checkpoint is, what it began with."""

    place: int
    steps: int
    folder: Path
    began: str


def _learn(
    recipe: Recipe, second: Second, first: Network, network: SecondStage, own: Round
) -> None:
    """Take one round's steps, on bags that no round before it has seen."""
    own.folder.mkdir(exist_ok=True)
    pace = Pace(0.0, own.steps, second.batch, second.learning_rate, recipe.threads, MEMORY_STEPS)
    store = Store(
        own.folder / "pictures",
        second.pictures,
        recipe.picture_px,
        recipe.input_px,
        recipe.lookalike_share,
        recipe.twice,
        first=recipe.pictures + own.place * second.pictures,
    )
    cost = of_second(first, network, is_half=True)
    tuning = Tuning(network, cost, pace, own.folder, own.began)
    if tuning.is_done:
        tuning.settle()
        return
    with Rendering(store, recipe.renderers):
        tuning.run(Bags(Pictures(store), second), recipe.input_px, recipe.seed + own.place)

"""Which batch each step of a training sees: a function of the recipe and the step's number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from models.pictures import Pictures, Store
from models.recipe import among

if TYPE_CHECKING:
    from models.recipe import Recipe

BATCHES_AHEAD = 4  # per loader


class Lesson(NamedTuple):
    """One batch, as `pictures.Batch`, in tensors: loaders hand those over without copying."""

    pixels: Tensor
    truths: Tensor
    silhouettes: Tensor


class Lessons(Dataset[Lesson]):
    """The batches of a recipe, made here or in the recipe's `loaders`."""

    def __init__(self, recipe: Recipe, store: Store) -> None:
        """Take the recipe and where its pictures are, or will be."""
        self.recipe, self.store = recipe, store
        self._pictures: Pictures | None = None

    def __len__(self) -> int:
        """Return how many steps there are."""
        return self.recipe.steps

    def __getitem__(self, step: int) -> Lesson:
        """Return the batch of one step; waits until its pictures are rendered."""
        if self._pictures is None:  # not before we are in the process that reads them
            cv2.setNumThreads(1)
            self._pictures = Pictures(self.store)
        recipe = self.recipe
        is_early = step < recipe.crop_share * recipe.steps
        side = recipe.crop_px if is_early else recipe.input_px
        rng = np.random.default_rng([recipe.seed, step])
        batch = self._pictures.sample(rng, recipe.batch, side, among(recipe, step))
        parts = (batch.pixels, batch.truths, batch.silhouettes)
        return Lesson(*(torch.from_numpy(part) for part in parts))

    def after(self, step: int) -> Iterator[Lesson]:
        """Yield the batches from a step to the last, in order."""
        loaders = self.recipe.loaders
        return iter(
            DataLoader(
                self,
                batch_size=None,
                sampler=range(step, len(self)),
                num_workers=loaders,
                prefetch_factor=BATCHES_AHEAD if loaders else None,
                multiprocessing_context="spawn" if loaders else None,
                collate_fn=_as_it_is,
            )
        )


def _as_it_is(batch: Any) -> Any:
    return batch

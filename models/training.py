"""Learn a detector from a recipe; stop it when you like, it goes on where it was.

Each step's pictures follow from the seed and the step's number alone, so a run that was killed and
resumed sees what an unbroken one sees.
"""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from models.costs import of_first
from models.curriculum import Lesson, Lessons
from models.network import Network
from models.pictures import Batch, Store
from models.recipe import OPTIONAL, Recipe
from models.start import Start
from models.xray.bag import CLASSES

SAVE_EVERY_S = 60.0
SHOW_EVERY_STEPS = 20
WARM_UP_STEPS_MAX = 150
GRADIENT_NORM_MAX = 10.0
SCHEDULE = (
    "steps",
    "crop_share",
    "pictures",
    "pictures_per_step",
    "tune_bags",
    "test_bags",
    "false_alarms_max",
    "second",
)
"""What of a recipe may change under way; the passport says where it did."""
PLACE = ("threads", "renderers", "loaders", "device")
"""What says only where it is computed."""
MEMORY_STEPS = 300
"""Over how many steps the averaged weights forget; the average is what is kept and exported."""


class Training:
    """One run: network, its running average, optimiser and how far it is."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        """Start afresh, or from the checkpoint in `folder` if there is one of this recipe.

        What a recipe begins with lies beside `folder`; ValueError where it is not there or not
        finished.
        """
        torch.manual_seed(recipe.seed)
        torch.set_num_threads(recipe.threads)
        self.recipe = recipe
        self.checkpoint = folder / "checkpoint.pt"
        self.device = torch.device(recipe.device)
        self.network = Network(len(CLASSES), recipe.width).to(self.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._cost = of_first(self.network, is_half=True)
        self.average = Network(len(CLASSES), recipe.width).to(self.device)
        self.average.load_state_dict(self.network.state_dict())
        self.optimiser = torch.optim.AdamW(_groups(self.network, recipe.weight_decay))
        self.step = 0
        self.history: list[dict[str, Any]] = [{"from_step": 0, "recipe": recipe.as_dict()}]
        """Which recipe held from which step: a run may be made shorter or longer under way."""
        if self.checkpoint.exists():
            self._load()
        elif recipe.begins_with:
            start = Start.of(folder.parent / recipe.begins_with)
            self.network.load_state_dict(start.weights)
            self.average.load_state_dict(start.weights)
            self.history[0]["begins_with"] = start.told

    def run(self, store: Store) -> Network:
        """Take the remaining steps and return the averaged network, ready to export."""
        saved_at = time.monotonic()
        lessons = Lessons(self.recipe, store).after(self.step)
        with tqdm(total=self.recipe.steps, initial=self.step, desc="train", mininterval=5) as bar:
            for lesson in lessons:
                cost = self.advance(lesson)
                bar.update()
                if self.step % SHOW_EVERY_STEPS == 0:
                    bar.set_postfix(loss=f"{float(cost):.3f}", refresh=False)
                if time.monotonic() - saved_at > SAVE_EVERY_S:
                    self.save()
                    saved_at = time.monotonic()
        self.save()
        return self.average.cpu().eval()

    def save(self) -> None:
        """Write the checkpoint in one step, so that a kill leaves the old or the new one."""
        state: dict[str, Any] = {
            "history": self.history,
            "step": self.step,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)  # noqa: PTH105 - atomic, and says so

    def _load(self) -> None:
        state = torch.load(self.checkpoint, weights_only=True, map_location=self.device)
        self.step, self.history = state["step"], state["history"]
        old = {**OPTIONAL, **self.history[-1]["recipe"]}
        new = self.recipe.as_dict()
        if any(old.get(key) != new[key] for key in new if key not in SCHEDULE + PLACE):
            message = f"{self.checkpoint} was made by another recipe; remove it or rename the run"
            raise ValueError(message)
        if old != new:
            self.history.append({"from_step": self.step, "recipe": new})
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])

    def advance(self, lesson: Lesson) -> Tensor:
        """Take one step and return its cost."""
        rate = self.recipe.learning_rate * _schedule(self.step, self.recipe.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.network.train()
        cost = self._cost(Batch(*(part.numpy() for part in lesson)))
        self.optimiser.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM_MAX)
        self.optimiser.step()
        self._remember()
        self.step += 1
        return cost.detach()

    @torch.no_grad()
    def _remember(self) -> None:
        """Move the average towards the network, faster while it is young."""
        keep = min(1.0 - 1.0 / MEMORY_STEPS, (1.0 + self.step) / (10.0 + self.step))
        new = self.network.state_dict()
        for name, old in self.average.state_dict().items():
            value: Tensor = new[name]
            if old.dtype.is_floating_point:
                old.mul_(keep).add_(value, alpha=1.0 - keep)
            else:
                old.copy_(value)


def _groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Return the parameters in two groups: only true weights are drawn towards zero."""
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _schedule(step: int, steps: int) -> float:
    """Return the share of the full learning rate: up in a line, down along a cosine."""
    warm_up = min(WARM_UP_STEPS_MAX, steps // 4 + 1)
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(steps - warm_up, 1)
    return 0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * done))

"""Learn from lessons that are made as they are needed; goes on where it was after a kill."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from tqdm import tqdm

from models.costs import Cost
from models.pictures import Batch

SAVE_EVERY_S = 30.0
SPEED_STEPS = 6  # by which the number of steps that fit into the time is judged
GRADIENT_NORM_MAX = 10.0
WARM_UP_SHARE = 0.05
TEACHER_WEIGHT_DECAY = 0.01


@dataclass(frozen=True)
class Pace:
    """How long and how fast."""

    minutes: float
    """For all steps; 0 if `steps` says it."""
    steps: int
    batch: int = 8
    learning_rate: float = 6e-4
    threads: int = 2
    memory: int = 100
    """Over how many steps the averaged weights forget."""


class Lessons(Protocol):
    """What is learnt from."""

    def batch(self, seed: Sequence[int], count: int, side: int) -> Batch:
        """Return the lessons of one step; `seed` ends with its number."""


class Tuning:
    """One run: network, its running average, optimiser, how far it is."""

    def __init__(
        self, network: nn.Module, cost: Cost, pace: Pace, folder: Path, identity: str
    ) -> None:
        """Take what learns and what makes it learn.

        Starts afresh, or from the checkpoint in `folder`; ValueError if that is another run's.
        """
        torch.set_num_threads(pace.threads)
        self.pace, self.identity = pace, identity
        self.network, self.cost = network, cost
        self.average = {name: value.clone() for name, value in network.state_dict().items()}
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=pace.learning_rate, weight_decay=TEACHER_WEIGHT_DECAY
        )
        self.step, self.steps = 0, pace.steps
        self.checkpoint = folder / "checkpoint.pt"
        if self.checkpoint.exists():
            self._load()

    @property
    def is_done(self) -> bool:
        """Whether all steps are taken: nothing is needed to learn from any more."""
        return 0 < self.steps == self.step

    def run(self, lessons: Lessons, side: int, seed: int) -> None:
        """Take the remaining steps; the network then has its averaged weights."""
        self.network.train()
        began = saved = time.monotonic()
        with (
            ThreadPoolExecutor(1, thread_name_prefix="lessons") as ahead,
            tqdm(total=self.steps or None, initial=self.step, desc="learn", mininterval=5) as bar,
        ):
            coming = ahead.submit(lessons.batch, [seed, self.step], self.pace.batch, side)
            while not self.steps or self.step < self.steps:
                batch = coming.result()
                following = [seed, self.step + 1]
                coming = ahead.submit(lessons.batch, following, self.pace.batch, side)
                cost = self.advance(batch)
                bar.update()
                bar.set_postfix(loss=f"{cost:.3f}", refresh=False)
                if not self.steps and self.step == SPEED_STEPS:
                    bar.total = self.steps = self._fitting(time.monotonic() - began)
                if time.monotonic() - saved > SAVE_EVERY_S:
                    self.save()
                    saved = time.monotonic()
            coming.cancel()
        self.save()
        self.settle()

    def settle(self) -> None:
        """Give the network its averaged weights; it learns no more."""
        self.network.load_state_dict(self.average)
        self.network.eval()

    def _fitting(self, taken_s: float) -> int:
        return max(SPEED_STEPS, int(self.pace.minutes * 60.0 / (taken_s / SPEED_STEPS)))

    def advance(self, batch: Batch) -> float:
        """Take one step and return its cost."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.pace.learning_rate * self._schedule()
        cost = self.cost(batch)
        self.optimiser.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM_MAX)
        self.optimiser.step()
        self._remember()
        self.step += 1
        return float(cost.detach())

    def _schedule(self) -> float:
        """Return the share of the learning rate: up in a line, then down in a line."""
        total = self.steps or 100 * SPEED_STEPS
        warm_up = max(1.0, WARM_UP_SHARE * total)
        return max(0.02, min((self.step + 1) / warm_up, 1.0 - self.step / total))

    @torch.no_grad()
    def _remember(self) -> None:
        keep = min(1.0 - 1.0 / self.pace.memory, (1.0 + self.step) / (10.0 + self.step))
        for name, value in self.network.state_dict().items():
            old = self.average[name]
            if old.dtype.is_floating_point:
                old.mul_(keep).add_(value, alpha=1.0 - keep)
            else:
                old.copy_(value)

    def save(self) -> None:
        """Write the checkpoint in one step, so that a kill leaves the old or the new one."""
        state: dict[str, Any] = {
            "identity": self.identity,
            "step": self.step,
            "steps": self.steps,
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)  # noqa: PTH105 - atomic, and says so

    def _load(self) -> None:
        state = torch.load(self.checkpoint, weights_only=True)
        if state["identity"] != self.identity:
            raise ValueError(f"{self.checkpoint} is another run's: remove it, or say another --out")
        self.step, self.average = state["step"], state["average"]
        self.steps = self.steps or state["steps"]
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])

"""What all parts of a run stand on: its plan, its chance, its network, its folder and its tasks."""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.network import Network
from tests.faults.plan import Plan

STOP_S_MAX: Final = 60.0


@dataclass(eq=False)
class Ground:
    """See the module."""

    plan: Plan
    folder: Path
    crashes: list[str] = field(default_factory=list)
    """What died, or did not end, without anybody having wanted it."""
    dead: "list[asyncio.Task[None]]" = field(default_factory=list)
    copies: int = 0
    tasks: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)

    def __post_init__(self) -> None:
        """Nothing runs yet."""
        self.network = Network(self.draw("network"))

    def draw(self, what: str) -> random.Random:
        """The generator for one purpose."""
        return random.Random(f"{self.plan.seed} {what}")  # noqa: S311 - a story

    def new(self, name: str) -> Path:
        """A folder for somebody."""
        path = self.folder / name
        path.mkdir(parents=True)
        return path

    async def ended(self, task: "asyncio.Task[None]") -> None:
        """Wait for the end of a life that was asked to end once."""
        _, alive = await asyncio.wait({task}, timeout=STOP_S_MAX)
        if alive:
            self.crashes.append(f"{task.get_name()} does not end when it is cancelled")
            task.cancel()

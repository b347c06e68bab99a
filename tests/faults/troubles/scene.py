"""Where troubles happen, and what several of them do."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.box import Box
from tests.faults.plan import Trouble
from tests.faults.world import World


@dataclass(eq=False)
class Scene:
    """The post, and what one trouble leaves for the next one."""

    world: World
    cards: dict[int, list[Path]] = field(default_factory=dict)
    """Images of the cards of agents."""
    centers: list[Path] = field(default_factory=list)
    """Images of the command center's disk."""
    backups: list[Path] = field(default_factory=list)

    async def kill(self, box: Box, for_s: float) -> None:
        """And start it again, after so long."""
        if box.life is not None:
            box.kill()
            self.world.note(box)
            await come_back(box, for_s)

    async def fill(self, box: Box, trouble: Trouble) -> None:
        """Its disk is full for a while."""
        box.is_disk_full = True
        if trouble.steps % 2:  # and then the power goes
            await asyncio.sleep(trouble.for_s / 2)
            await self.kill(box, trouble.for_s / 4)
        await asyncio.sleep(trouble.for_s / 2)
        box.is_disk_full = False


async def come_back(box: Box, after_s: float) -> None:
    """Start a box after so long."""
    await asyncio.sleep(after_s)
    box.start()

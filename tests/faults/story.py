"""One run, from the first start to the last stop: faults for a while; then all comes right."""

import asyncio
import logging
import random
from typing import Final

from tests.faults.books import is_whole
from tests.faults.network import CALM
from tests.faults.strangers import speak
from tests.faults.troubles import happen
from tests.faults.troubles.scene import Scene
from tests.faults.world import World
from tests.support.virtual import VirtualClock

SETTLE_S_MAX: Final = 1_500.0
"""Virtual seconds within which all has to come right once every fault has ended."""
THEFT_S: Final = 10.0
"""After so long the gateway hears what a thief says."""
log: Final = logging.getLogger(__name__)


async def tell(world: World) -> None:
    """Everything that happens at this post."""
    plan = world.plan
    random.seed(plan.seed)
    async with world.tasks:
        await world.begin()
        world.network.weather = plan.weather
        scene = Scene(world)
        async with asyncio.TaskGroup() as happening:
            for trouble in plan.troubles:
                happening.create_task(happen(scene, trouble), name=trouble.what)
            for stranger in plan.strangers:
                speaking = speak(stranger, world.strangers, VirtualClock(), plan.seconds)
                happening.create_task(speaking, name=stranger.name)
            await asyncio.sleep(plan.seconds)
        _end_faults(world)
        for thief in world.thieves:
            await asyncio.sleep(THEFT_S)
            await world.steal(thief)
        await _settle(world)
        await world.end()


def _end_faults(world: World) -> None:
    world.network.weather = CALM
    world.network.hub.start()
    world.database.is_down = False
    world.center.is_acting = False
    for box in world.all_boxes:
        box.is_disk_full = False
        world.part(box, is_parted=False)
        box.start()


async def _settle(world: World) -> None:
    """Until nobody has anything left to say, and then a little longer."""
    begin = world.now()
    while world.now() - begin < SETTLE_S_MAX:
        await asyncio.sleep(5)
        log.debug("%d wait", await _waiting(world))
        if await _is_at_rest(world):
            await asyncio.sleep(15)
            if await _is_at_rest(world):
                world.is_settled = True
                break
    world.settled_s = world.now() - begin


async def _is_at_rest(world: World) -> bool:
    return not await _waiting(world) and is_whole(world.journal)


async def _waiting(world: World) -> int:
    """Messages of all sources without a receipt."""
    count = len(world.strangers.waiting)
    for outbox in (*(agent.outbox for agent in world.agents), world.center.outbox):
        if outbox is None:
            return 1
        count += sum(q.messages for q in await outbox.call(outbox.end.queues))
    return count

"""What goes wrong between the boxes, and at the database."""

import asyncio
from contextlib import suppress

from contract.link import Unavailable
from tests.faults.forger import Forger
from tests.faults.plan import Trouble
from tests.faults.thief import Thief
from tests.faults.troubles.scene import Scene


async def forger(scene: Scene, trouble: Trouble) -> None:
    """Somebody with a link of their own speaks in the names of others."""
    agent = scene.world.agents[trouble.who]
    forger = Forger(scene.world.center)
    with suppress(Unavailable):
        async with scene.world.network.hub.dial("forger") as link:
            await link.publish(list(forger.packets(agent)))
            scene.world.forged += 2  # to the gateway: the others set nothing aside


async def thief(scene: Scene, trouble: Trouble) -> None:
    """Somebody has the key of an agent; what it says it says again when all is calm."""
    world = scene.world
    thief = Thief(world.agents[trouble.who], Forger(world.center))
    world.thieves.append(thief)
    await world.steal(thief)


async def broker(scene: Scene, trouble: Trouble) -> None:
    """It dies, and forgets everything."""
    hub = scene.world.network.hub
    hub.stop()
    await asyncio.sleep(trouble.for_s)
    hub.start()


async def cut(scene: Scene, trouble: Trouble) -> None:
    """One link breaks."""
    boxes = (*scene.world.boxes, scene.world.gateway, scene.world.center_box)
    life = boxes[trouble.who % len(boxes)].life
    if life is not None:
        life.plug.cut()


async def part(scene: Scene, trouble: Trouble) -> None:
    """Nothing comes through to one part, and nothing from it; it is not told."""
    boxes = (*scene.world.boxes, scene.world.gateway)
    box = boxes[trouble.steps % len(boxes)]
    scene.world.part(box, is_parted=True)
    await asyncio.sleep(trouble.for_s)
    scene.world.part(box, is_parted=False)


async def database_fails(scene: Scene, trouble: Trouble) -> None:
    """It is down for a while, and may have taken a part of what it was given."""
    scene.world.database.is_down = True
    await asyncio.sleep(trouble.for_s)
    scene.world.database.is_down = False

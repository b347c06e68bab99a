"""What goes wrong at the gateway: its process, its backups, its clock and disk."""

import asyncio
from typing import Final

from greenlane.backup import Subject, back_up, restore
from tests.faults.box import Box
from tests.faults.pictures import is_unjoined, parts_in
from tests.faults.plan import Trouble
from tests.faults.troubles.scene import Scene, come_back
from tests.faults.world import GATEWAY

LOOK_S: Final = 0.02
LOOK_S_NEAR: Final = 0.002
"""While parts lie there."""


async def kill_gateway(scene: Scene, trouble: Trouble) -> None:
    """And start it again."""
    await scene.kill(scene.world.gateway, trouble.for_s)


async def stop_gateway(scene: Scene, trouble: Trouble) -> None:
    """In order, and start it again."""
    await scene.world.gateway.stop()
    await come_back(scene.world.gateway, trouble.for_s)


async def back_up_gateway(scene: Scene, _trouble: Trouble) -> None:
    """While it runs."""
    out = scene.world.folder / f"backup-{len(scene.backups)}.tar"
    at = scene.world.gateway_clock.utc_now()
    back_up(_subject(scene.world.gateway), out, version="1", made_at=at)
    scene.backups.append(out)


async def restore_gateway(scene: Scene, trouble: Trouble) -> None:
    """From the last backup, if there is one."""
    gateway = scene.world.gateway
    if not scene.backups or gateway.life is None:
        return
    gateway.kill()
    gateway.folder = scene.world.folder / f"restored-{gateway.lives}"
    restore(scene.backups.pop(), _subject(gateway), is_forced=False)
    await come_back(gateway, trouble.for_s)


async def pictures_end(scene: Scene, trouble: Trouble) -> None:
    """It dies when it has told that all parts of a picture are kept, and has not joined them.

    As soon as that comes about: of what is left no source would say anything again.
    """
    world = scene.world
    while not is_unjoined(world.gateway.folder):
        if world.now() > world.plan.seconds:
            return
        await asyncio.sleep(LOOK_S_NEAR if parts_in(world.gateway.folder) else LOOK_S)
    await scene.kill(world.gateway, trouble.for_s)


async def gateways_clock(scene: Scene, trouble: Trouble) -> None:
    """It jumps."""
    scene.world.gateway_clock.step_s += trouble.for_s


async def gateways_disk(scene: Scene, trouble: Trouble) -> None:
    """It is full for a while."""
    await scene.fill(scene.world.gateway, trouble)


def _subject(gateway: Box) -> Subject:
    return Subject(kind="gateway", source=str(GATEWAY), state=gateway.folder)

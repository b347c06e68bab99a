"""What goes wrong at the post, each as the plan has it: one function, one line in the table."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from tests.faults.plan import Happens, Trouble
from tests.faults.troubles import agents, between, center, gateway
from tests.faults.troubles.scene import Scene

log: Final = logging.getLogger(__name__)


TROUBLES: Final[dict[Happens, Callable[[Scene, Trouble], Awaitable[None]]]] = {
    "kill agent": agents.kill_agent,
    "stop agent": agents.stop_agent,
    "restore card": agents.restore_card,
    "copy card": agents.copy_card,
    "double agent": agents.double_agent,
    "agent's clock": agents.agents_clock,
    "agent's disk": agents.agents_disk,
    "rotate key": agents.rotate_key,
    "revoke key": agents.revoke_key,
    "kill gateway": gateway.kill_gateway,
    "stop gateway": gateway.stop_gateway,
    "back up gateway": gateway.back_up_gateway,
    "restore gateway": gateway.restore_gateway,
    "picture's end": gateway.pictures_end,
    "gateway's clock": gateway.gateways_clock,
    "gateway's disk": gateway.gateways_disk,
    "kill center": center.kill_center,
    "center's disk": center.centers_disk,
    "center's clock": center.centers_clock,
    "part center": center.part_center,
    "copy center": center.copy_center,
    "restore center": center.restore_center,
    "forger": between.forger,
    "thief": between.thief,
    "broker": between.broker,
    "cut": between.cut,
    "part": between.part,
    "database": between.database_fails,
}


async def happen(scene: Scene, trouble: Trouble) -> None:
    """One of them, at its time."""
    await asyncio.sleep(trouble.at_s)
    for _ in range(trouble.steps):
        await asyncio.sleep(0)
    log.info("%.1f s: %s", scene.world.now(), trouble)
    await TROUBLES[trouble.what](scene, trouble)

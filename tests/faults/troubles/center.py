"""What goes wrong at the command center."""

import asyncio

from tests.faults.plan import Trouble
from tests.faults.troubles.scene import Scene, come_back


async def kill_center(scene: Scene, trouble: Trouble) -> None:
    """And start it again."""
    await scene.kill(scene.world.center_box, trouble.for_s)


async def centers_disk(scene: Scene, trouble: Trouble) -> None:
    """It is full for a while."""
    await scene.fill(scene.world.center_box, trouble)


async def centers_clock(scene: Scene, trouble: Trouble) -> None:
    """It jumps."""
    scene.world.center_clock.step_s += trouble.for_s


async def part_center(scene: Scene, trouble: Trouble) -> None:
    """Nothing comes through to it; it is not told."""
    scene.world.center_box.part(is_parted=True)
    await asyncio.sleep(trouble.for_s)
    scene.world.center_box.part(is_parted=False)


async def copy_center(scene: Scene, _trouble: Trouble) -> None:
    """Somebody makes an image of its disk."""
    scene.centers.append(scene.world.center_box.copied("center"))


async def restore_center(scene: Scene, trouble: Trouble) -> None:
    """Somebody writes an older image back; without one, it begins with nothing but its key."""
    box = scene.world.center_box
    if box.life is None:
        return
    box.kill()
    scene.world.note(box)
    name = f"center.new{box.lives}"
    box.folder = scene.centers.pop() if scene.centers else scene.world.new(name)
    await come_back(box, trouble.for_s)

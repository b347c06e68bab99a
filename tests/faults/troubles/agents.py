"""What goes wrong at the agents: their processes, cards, clocks, disks and keys."""

import asyncio
from contextlib import suppress
from typing import Final

from contract.link import Rejected, Unavailable
from contract.signing import Key
from gateway.trust.revoking import Wish, wish
from tests.faults.agent import Agent, Sensor
from tests.faults.box import RESTART_S, BoxClock
from tests.faults.plan import Trouble
from tests.faults.thief import standing
from tests.faults.troubles.scene import Scene, come_back

DOUBLE_S: Final = 15.0
DOUBLE_UP_S: Final = 500.0


async def kill_agent(scene: Scene, trouble: Trouble) -> None:
    """And start it again."""
    await scene.kill(scene.world.boxes[trouble.who], trouble.for_s)


async def stop_agent(scene: Scene, trouble: Trouble) -> None:
    """In order, and start it again."""
    box = scene.world.boxes[trouble.who]
    await box.stop()
    await come_back(box, trouble.for_s)


async def copy_card(scene: Scene, trouble: Trouble) -> None:
    """Somebody makes an image of a card."""
    box = scene.world.boxes[trouble.who]
    scene.cards.setdefault(trouble.who, []).append(box.copied(box.name))


async def restore_card(scene: Scene, trouble: Trouble) -> None:
    """Somebody writes an older image back; without one, the card is new."""
    box = scene.world.boxes[trouble.who]
    if box.life is None:
        return
    box.kill()
    scene.world.note(box)
    images = scene.cards.get(trouble.who)
    box.folder = images.pop() if images else scene.world.new(f"{box.name}.new{box.lives}")
    await come_back(box, trouble.for_s)


async def double_agent(scene: Scene, trouble: Trouble) -> None:
    """A second box with the same key, begun from a copy of the card."""
    world = scene.world
    box, agent = world.boxes[trouble.who], world.agents[trouble.who]
    name = f"double-{len(world.doubles)}"
    sensor = Sensor(name, world.now, world.plan.poll_s, (), world.plan.seconds)
    clock = BoxClock(boot_id=name, up_s=DOUBLE_UP_S)
    clock.step_s = world.plan.doubles_clock_s
    twin = Agent(agent.source, agent.key, agent.gateway_key, clock, agent.limits, (sensor,))
    double = world.box_of(twin, name, box.copied(name))
    double.up_s = DOUBLE_UP_S
    world.doubles.append(double)
    double.start()
    await asyncio.sleep(DOUBLE_S)
    double.kill()
    world.note(double)


async def agents_clock(scene: Scene, trouble: Trouble) -> None:
    """It jumps."""
    clock = scene.world.agents[trouble.who].clock
    assert isinstance(clock, BoxClock)
    clock.step_s += trouble.for_s


async def agents_disk(scene: Scene, trouble: Trouble) -> None:
    """It is full for a while."""
    await scene.fill(scene.world.boxes[trouble.who], trouble)


async def rotate_key(scene: Scene, trouble: Trouble) -> None:
    """Another key is to follow: the box begins again with it."""
    box = scene.world.boxes[trouble.who]
    Key.load_or_make(box.folder / "key.next")
    await scene.kill(box, trouble.for_s)


async def revoke_key(scene: Scene, trouble: Trouble) -> None:
    """Its key is revoked while it speaks; then somebody comes and enrols it anew.

    Who finds it switched off waits: that it is off does not spare it its new key.
    """
    world = scene.world
    box, agent = world.boxes[trouble.who], world.agents[trouble.who]
    wanted = Wish(source=agent.source, keyid=agent.key.keyid, reason="lost", by="ada")
    world.revoked.add(agent.key.keyid)
    if standing(world.journal, agent.key.keyid) == "counts":
        world.unwanted.add(agent.key.keyid)
    wish(world.gateway.folder, wanted)
    await asyncio.sleep(trouble.for_s)
    while box.life is None:
        await asyncio.sleep(RESTART_S)
    await box.stop()
    for name in ("key", "key.next"):
        (box.folder / name).unlink(missing_ok=True)
    with suppress(Unavailable, Rejected):  # revoked meanwhile: who wanted that comes, too
        await world.enrolled(agent.source, Key.load_or_make(box.folder / "key"))
    box.start()

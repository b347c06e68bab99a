"""What goes wrong at the post, each as the plan has it: one method, one line in the table."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contract.link import Rejected, Unavailable
from contract.signing import Key
from gateway.trust.revoking import Wish, wish
from greenlane.backup import Subject, back_up, restore
from tests.faults.agent import Agent, Sensor
from tests.faults.box import RESTART_S, Box, BoxClock
from tests.faults.forger import Forger
from tests.faults.plan import Happens, Trouble
from tests.faults.world import GATEWAY, World

DOUBLE_S: Final = 15.0
DOUBLE_UP_S: Final = 500.0
log: Final = logging.getLogger(__name__)


@dataclass(eq=False)
class Troubles:
    """All of a run, and what they leave for the next one."""

    world: World
    cards: dict[int, list[Path]] = field(default_factory=dict)
    """Images of the cards of agents."""
    centers: list[Path] = field(default_factory=list)
    """Images of the command center's disk."""
    backups: list[Path] = field(default_factory=list)

    async def happen(self, trouble: Trouble) -> None:
        """At its time."""
        await asyncio.sleep(trouble.at_s)
        for _ in range(trouble.steps):
            await asyncio.sleep(0)
        log.info("%.1f s: %s", self.world.now(), trouble)
        await TROUBLES[trouble.what](self, trouble)

    # --- agents

    async def kill_agent(self, trouble: Trouble) -> None:
        """And start it again."""
        await self._kill(self.world.boxes[trouble.who], trouble.for_s)

    async def stop_agent(self, trouble: Trouble) -> None:
        """In order, and start it again."""
        box = self.world.boxes[trouble.who]
        await box.stop()
        await _come_back(box, trouble.for_s)

    async def copy_card(self, trouble: Trouble) -> None:
        """Somebody makes an image of a card."""
        box = self.world.boxes[trouble.who]
        self.cards.setdefault(trouble.who, []).append(box.copied(box.name))

    async def restore_card(self, trouble: Trouble) -> None:
        """Somebody writes an older image back; without one, the card is new."""
        box = self.world.boxes[trouble.who]
        if box.life is None:
            return
        box.kill()
        self.world.note(box)
        images = self.cards.get(trouble.who)
        box.folder = images.pop() if images else self.world.new(f"{box.name}.new{box.lives}")
        await _come_back(box, trouble.for_s)

    async def double_agent(self, trouble: Trouble) -> None:
        """A second box with the same key, begun from a copy of the card."""
        world = self.world
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

    async def agents_clock(self, trouble: Trouble) -> None:
        """It jumps."""
        clock = self.world.agents[trouble.who].clock
        assert isinstance(clock, BoxClock)
        clock.step_s += trouble.for_s

    async def agents_disk(self, trouble: Trouble) -> None:
        """It is full for a while."""
        await self._fill(self.world.boxes[trouble.who], trouble)

    async def rotate_key(self, trouble: Trouble) -> None:
        """Another key is to follow: the box begins again with it."""
        box = self.world.boxes[trouble.who]
        Key.load_or_make(box.folder / "key.next")
        await self._kill(box, trouble.for_s)

    async def revoke_key(self, trouble: Trouble) -> None:
        """Its key is revoked while it speaks; then somebody comes and enrols it anew.

        Who finds it switched off waits: that it is off does not spare it its new key.
        """
        world = self.world
        box, agent = world.boxes[trouble.who], world.agents[trouble.who]
        wanted = Wish(source=agent.source, keyid=agent.key.keyid, reason="lost", by="ada")
        world.revoked.add(agent.key.keyid)
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

    # --- the gateway

    async def kill_gateway(self, trouble: Trouble) -> None:
        """And start it again."""
        await self._kill(self.world.gateway, trouble.for_s)

    async def stop_gateway(self, trouble: Trouble) -> None:
        """In order, and start it again."""
        await self.world.gateway.stop()
        await _come_back(self.world.gateway, trouble.for_s)

    async def back_up_gateway(self, _trouble: Trouble) -> None:
        """While it runs."""
        out = self.world.folder / f"backup-{len(self.backups)}.tar"
        at = self.world.gateway_clock.utc_now()
        back_up(_subject(self.world.gateway), out, version="1", made_at=at)
        self.backups.append(out)

    async def restore_gateway(self, trouble: Trouble) -> None:
        """From the last backup, if there is one."""
        gateway = self.world.gateway
        if not self.backups or gateway.life is None:
            return
        gateway.kill()
        gateway.folder = self.world.folder / f"restored-{gateway.lives}"
        restore(self.backups.pop(), _subject(gateway), is_forced=False)
        await _come_back(gateway, trouble.for_s)

    async def gateways_clock(self, trouble: Trouble) -> None:
        """It jumps."""
        self.world.gateway_clock.step_s += trouble.for_s

    async def gateways_disk(self, trouble: Trouble) -> None:
        """It is full for a while."""
        await self._fill(self.world.gateway, trouble)

    # --- the command center, and what lies between

    async def kill_center(self, trouble: Trouble) -> None:
        """And start it again."""
        await self._kill(self.world.center_box, trouble.for_s)

    async def centers_disk(self, trouble: Trouble) -> None:
        """It is full for a while."""
        await self._fill(self.world.center_box, trouble)

    async def centers_clock(self, trouble: Trouble) -> None:
        """It jumps."""
        self.world.center_clock.step_s += trouble.for_s

    async def part_center(self, trouble: Trouble) -> None:
        """Nothing comes through to it; it is not told."""
        self.world.center_box.part(is_parted=True)
        await asyncio.sleep(trouble.for_s)
        self.world.center_box.part(is_parted=False)

    async def copy_center(self, _trouble: Trouble) -> None:
        """Somebody makes an image of its disk."""
        self.centers.append(self.world.center_box.copied("center"))

    async def restore_center(self, trouble: Trouble) -> None:
        """Somebody writes an older image back; without one, it begins with nothing but its key."""
        box = self.world.center_box
        if box.life is None:
            return
        box.kill()
        self.world.note(box)
        name = f"center.new{box.lives}"
        box.folder = self.centers.pop() if self.centers else self.world.new(name)
        await _come_back(box, trouble.for_s)

    async def forger(self, trouble: Trouble) -> None:
        """Somebody with a link of their own speaks in the names of others."""
        agent = self.world.agents[trouble.who]
        forger = Forger(self.world.center)
        with suppress(Unavailable):
            async with self.world.network.hub.dial("forger") as link:
                await link.publish(list(forger.packets(agent)))
                self.world.forged += 2  # to the gateway: the others set nothing aside

    async def broker(self, trouble: Trouble) -> None:
        """It dies, and forgets everything."""
        hub = self.world.network.hub
        hub.stop()
        await asyncio.sleep(trouble.for_s)
        hub.start()

    async def cut(self, trouble: Trouble) -> None:
        """One link breaks."""
        boxes = (*self.world.boxes, self.world.gateway, self.world.center_box)
        life = boxes[trouble.who % len(boxes)].life
        if life is not None:
            life.plug.cut()

    async def part(self, trouble: Trouble) -> None:
        """Nothing comes through to one part, and nothing from it; it is not told."""
        boxes = (*self.world.boxes, self.world.gateway)
        box = boxes[trouble.steps % len(boxes)]
        self.world.part(box, is_parted=True)
        await asyncio.sleep(trouble.for_s)
        self.world.part(box, is_parted=False)

    async def database_fails(self, trouble: Trouble) -> None:
        """It is down for a while, and may have taken a part of what it was given."""
        self.world.database.is_down = True
        await asyncio.sleep(trouble.for_s)
        self.world.database.is_down = False

    # --- what several of them do

    async def _kill(self, box: Box, for_s: float) -> None:
        if box.life is not None:
            box.kill()
            self.world.note(box)
            await _come_back(box, for_s)

    async def _fill(self, box: Box, trouble: Trouble) -> None:
        box.is_disk_full = True
        if trouble.steps % 2:  # and then the power goes
            await asyncio.sleep(trouble.for_s / 2)
            await self._kill(box, trouble.for_s / 4)
        await asyncio.sleep(trouble.for_s / 2)
        box.is_disk_full = False


async def _come_back(box: Box, after_s: float) -> None:
    await asyncio.sleep(after_s)
    box.start()


def _subject(gateway: Box) -> Subject:
    return Subject(kind="gateway", source=str(GATEWAY), state=gateway.folder)


TROUBLES: Final[dict[Happens, Callable[[Troubles, Trouble], Awaitable[None]]]] = {
    "kill agent": Troubles.kill_agent,
    "stop agent": Troubles.stop_agent,
    "restore card": Troubles.restore_card,
    "copy card": Troubles.copy_card,
    "double agent": Troubles.double_agent,
    "agent's clock": Troubles.agents_clock,
    "agent's disk": Troubles.agents_disk,
    "rotate key": Troubles.rotate_key,
    "revoke key": Troubles.revoke_key,
    "kill gateway": Troubles.kill_gateway,
    "stop gateway": Troubles.stop_gateway,
    "back up gateway": Troubles.back_up_gateway,
    "restore gateway": Troubles.restore_gateway,
    "gateway's clock": Troubles.gateways_clock,
    "gateway's disk": Troubles.gateways_disk,
    "kill center": Troubles.kill_center,
    "center's disk": Troubles.centers_disk,
    "center's clock": Troubles.centers_clock,
    "part center": Troubles.part_center,
    "copy center": Troubles.copy_center,
    "restore center": Troubles.restore_center,
    "forger": Troubles.forger,
    "broker": Troubles.broker,
    "cut": Troubles.cut,
    "part": Troubles.part,
    "database": Troubles.database_fails,
}

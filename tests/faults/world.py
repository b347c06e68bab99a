"""One run: a whole post in virtual time, and everything that its plan does to it."""

import asyncio
import contextvars
import logging
import random
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from contract.delivery.enrolment import enrol
from contract.delivery.room import OutboxLimits
from contract.identifiers import Source
from contract.link import Dial, Rejected, Unavailable
from contract.messages import STREAMS, Identity, Message
from contract.signing import Key
from gateway import service
from gateway.config import GatewayConfig
from gateway.judge.settings import JudgeSettings, Limit
from gateway.trust.codes import make_code
from gateway.trust.revoking import Wish, wish
from greenlane.backup import Subject, back_up, restore
from tests.faults.agent import Agent, Scanner, SealReader, Sensor
from tests.faults.center import Center
from tests.faults.database import Database, Settings
from tests.faults.disk import DISK, Disk
from tests.faults.network import CALM, Network, Plug
from tests.faults.plan import Plan, Trouble
from tests.faults.strangers import CONFIG, LOAD_LIMIT, Session, speak
from tests.support.virtual import START, VirtualClock

POST: Final = "KEMBA"
GATEWAY: Final = Source(f"/{POST}/gateway")
CENTER: Final = Source(f"/{POST}/command-center")
LIMIT: Final = Limit(metric="temperature", high=10.0, for_s=5.0)
LIMITS: Final = (LIMIT, LOAD_LIMIT)
SETTLE_S_MAX: Final = 1_500.0
"""Virtual seconds within which all has to come right once every fault has ended."""
RESTART_S: Final = 2.0
BEGUN_S: Final = 1.0
"""A gateway that ends by itself this soon on a full disk never began."""
STOP_S_MAX: Final = 60.0
DOUBLE_S: Final = 15.0
DOUBLE_UP_S: Final = 500.0
log: Final = logging.getLogger(__name__)

Heads = dict[tuple[str, str, str], int]
"""The last number of each (source, epoch, stream)."""


class BoxClock(VirtualClock):
    """A clock that drifts, and can be stepped."""

    def __init__(
        self,
        drift: float = 0.0,
        *,
        is_synchronised: bool = True,
        boot_id: str = "boot",
        up_s: float = 0.0,
    ) -> None:
        super().__init__(boot_id)
        self.drift = drift
        self.up_s: Final = up_s
        if not is_synchronised:
            self.known_error_ms = None

    def utc_now(self) -> datetime:
        """UTC as this box believes."""
        passed = asyncio.get_running_loop().time()
        return START + timedelta(seconds=passed * (1 + self.drift) + self.step_s)

    def monotonic_ns(self) -> int:
        """Since this box was switched on, which was before the story began."""
        return super().monotonic_ns() + int(self.up_s * 1e9)


@dataclass(eq=False)
class Life:
    """One process, from its start to its end."""

    plug: Plug
    disk: Disk
    task: "asyncio.Task[None]"


@dataclass(eq=False)
class Box:
    """A place where one life follows another; its files stay."""

    name: str
    source: Source
    folder: Path
    work: Callable[[Path, Dial], Awaitable[None]]
    world: "World"
    life: Life | None = None
    lives: int = 0
    is_disk_full: bool = False
    is_parted: bool = False
    up_s: float = 0.0
    """How long before the story it was switched on."""

    def start(self) -> None:
        """Begin a life."""
        if self.life is not None:
            return
        self.lives += 1
        name = f"{self.name} {self.lives}"
        plug = Plug(name, is_parted=self.is_parted)
        disk = Disk(
            self.world.draw(f"disk {name}"),
            self.world.plan.disk_s,
            is_full=lambda: self.is_disk_full,
        )
        context = contextvars.copy_context()
        context.run(DISK.set, disk)
        live = self._live(plug, disk, self.world.network.dial(plug))
        task = self.world.tasks.create_task(live, name=name, context=context)
        self.life = Life(plug, disk, task)

    async def _live(self, plug: Plug, disk: Disk, dial: Dial) -> None:
        began_s = asyncio.get_running_loop().time()
        try:
            await self.work(self.folder, dial)
        except asyncio.CancelledError:
            return
        except BaseException as error:  # what a process dies of is the finding
            lived_s = asyncio.get_running_loop().time() - began_s
            # An agent waits for room; the others begin again, as systemd would have it.
            is_begun = lived_s >= BEGUN_S or self.source not in (GATEWAY, CENTER)
            if not disk.is_dead and self.is_disk_full and not is_begun:
                self.life = None
                await self._again()  # it cannot begin on a full disk
            elif not disk.is_dead:
                self.world.crashes.append(f"{plug.name} died by itself: {error!r}")
                log.exception("%s died by itself", plug.name)
            return
        if not disk.is_dead:
            self.world.crashes.append(f"{plug.name} ended by itself")

    async def _again(self) -> None:
        DISK.set(None)
        await asyncio.sleep(RESTART_S)
        self.start()

    def kill(self) -> None:
        """As a power cut does: what was not on the disk never was, and nothing is cleaned up."""
        life, self.life = self.life, None
        if life is None:
            return
        self.folder = self.copied(f"{self.name}.{self.lives}")
        life.disk.is_dead = True
        life.plug.pull()
        life.task.cancel()
        self.world.dead.append(life.task)

    async def stop(self) -> None:
        """In order."""
        life, self.life = self.life, None
        if life is not None:
            life.task.cancel()
            await self.world.ended(life.task)
            life.plug.pull()

    def copied(self, name: str) -> Path:
        """Its files as a power cut would leave them: every commit of SQLite here is fsynced."""
        self.world.copies += 1
        to = self.world.folder / f"{name}.copy{self.world.copies}"
        shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns("*-shm", "lock"))
        return to


@dataclass(eq=False)
class World:
    """The post."""

    plan: Plan
    folder: Path
    crashes: list[str] = field(default_factory=list)
    said: dict[Identity, Message] = field(default_factory=dict)
    """What an outbox said was durable."""
    heads: Heads = field(default_factory=dict)
    """The highest number that was on any card."""
    dead: "list[asyncio.Task[None]]" = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    """Keys that somebody wanted revoked."""
    copies: int = 0
    cards: dict[int, list[Path]] = field(default_factory=dict)
    backups: list[Path] = field(default_factory=list)
    is_settled: bool = False
    settled_s: float = 0.0
    tasks: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)

    def __post_init__(self) -> None:
        """Build everything; nothing runs yet."""
        self.network = Network(self.draw("network"))
        self.database = Database(self.draw("database"), self.plan.database_s)
        self.strangers = Session()
        self.gateway_clock = BoxClock()
        self.gateway = Box("gateway", GATEWAY, self._new("gateway"), self._be_gateway, self)
        self.agents: list[Agent] = []
        self.boxes: list[Box] = []
        self.doubles: list[Box] = []
        self.begin_s = 0.0

    def draw(self, what: str) -> random.Random:
        """The generator for one purpose."""
        return random.Random(f"{self.plan.seed} {what}")  # noqa: S311 - a story

    def now(self) -> float:
        """Seconds of the plan."""
        return asyncio.get_running_loop().time() - self.begin_s

    @property
    def journal(self) -> Path:
        """The gateway's."""
        return self.gateway.folder / "journal.sqlite"

    # --- the run

    async def run(self) -> None:
        """From the first start to the last stop."""
        random.seed(self.plan.seed)
        async with self.tasks:
            self.gateway.start()
            await asyncio.sleep(2)
            await self._enrol_all()
            self.begin_s = asyncio.get_running_loop().time()
            for box in (*self.boxes, self.center_box):
                box.start()
            self.network.weather = self.plan.weather
            async with asyncio.TaskGroup() as troubles:
                for trouble in self.plan.troubles:
                    troubles.create_task(self._trouble(trouble), name=trouble.what)
                for stranger in self.plan.strangers:
                    speaking = speak(stranger, self.strangers, VirtualClock(), self.plan.seconds)
                    troubles.create_task(speaking, name=stranger.name)
                await asyncio.sleep(self.plan.seconds)
            await self._end_faults()
            await self._settle()
            for box in (*self.boxes, self.center_box, self.gateway):
                await box.stop()
                self._note_heads(box)
            for task in self.dead:
                await self.ended(task)

    async def ended(self, task: "asyncio.Task[None]") -> None:
        """Wait for the end of a life that was asked to end once."""
        _, alive = await asyncio.wait({task}, timeout=STOP_S_MAX)
        if alive:
            self.crashes.append(f"{task.get_name()} does not end when it is cancelled")
            task.cancel()

    async def _enrol_all(self) -> None:
        for index in range(self.plan.agents):
            source = Source.of(POST, f"lane-{index}")
            clock = BoxClock(
                self.plan.drift[index], is_synchronised=self.plan.is_synchronised[index]
            )
            name = source.name
            folder = self._new(name)
            is_changing = self.plan.has("rotate key", "revoke key")
            key = Key.load_or_make(folder / "key") if is_changing else Key.make()
            agent = await self._agent(source, key, clock, index)
            self.agents.append(agent)
            self.boxes.append(Box(name, source, folder, self._being(agent), self))
        key = Key.make()
        public = await self._enrolled(CENTER, key)
        self.center = Center(CENTER, GATEWAY, key, public, VirtualClock(), self.draw("officer"))

        async def be(folder: Path, dial: Dial) -> None:
            await self.center.run(folder, dial, self.said)

        self.center_box = Box("center", CENTER, self._new("center"), be, self)

    async def _agent(self, source: Source, key: Key, clock: BoxClock, index: int) -> Agent:
        mine = [event for event in self.plan.events if event.agent == index]
        out = tuple(one for one in self.plan.excursions if one.agent == index)
        poll, until = self.plan.poll_s, self.plan.seconds
        return Agent(
            source=source,
            key=key,
            gateway_key=await self._enrolled(source, key),
            clock=clock,
            limits=OutboxLimits(messages_max=self.plan.outbox_messages_max),
            devices=(
                Sensor(f"sensor-{index}", self.now, poll, out, until),
                Sensor(f"spare-{index}", self.now, poll * 1.7, (), until),
                SealReader(f"reader-{index}", self.now, [e for e in mine if e.what != "bag"]),
                Scanner(f"scanner-{index}", self.now, [e for e in mine if e.what == "bag"]),
            ),
        )

    async def _enrolled(self, source: Source, key: Key) -> bytes:
        dial, clock = self.network.dial(Plug("enroller")), VirtualClock()
        while True:
            code = make_code(self.gateway.folder, source, self.gateway_clock)
            try:
                return await enrol(dial, source=source, key=key, code=code, clock=clock)
            except (Unavailable, Rejected):  # a slow disk; or it died, and forgot its question
                if key.keyid in self.revoked:
                    raise
                await asyncio.sleep(1)

    def _being(self, agent: Agent) -> Callable[[Path, Dial], Awaitable[None]]:
        async def be(folder: Path, dial: Dial) -> None:
            await agent.run(folder, dial, self.said)

        return be

    async def _be_gateway(self, folder: Path, dial: Dial) -> None:
        config = GatewayConfig(
            state_dir=str(folder),
            posts=(POST,),
            broker_queue_messages=self.plan.broker_queue_messages,
            judge=JudgeSettings(readings=LIMITS if self.plan.strangers else (LIMIT,)),
            foreign=(CONFIG,) if self.plan.strangers else (),
            snapshot_entries=self.plan.snapshot_entries,
            checkpoint_s=self.plan.checkpoint_s,
            sinks={"database": Settings(self.database)},  # type: ignore[dict-item]  # see database.py
        )
        await service.run(config, dial, clock=self.gateway_clock, listen=self.strangers.listen)

    # --- what goes wrong

    async def _trouble(self, trouble: Trouble) -> None:
        await asyncio.sleep(trouble.at_s)
        for _ in range(trouble.steps):
            await asyncio.sleep(0)
        log.info("%.1f s: %s", self.now(), trouble)
        await _TROUBLES[trouble.what](self, trouble)

    async def kill_agent(self, trouble: Trouble) -> None:
        """And start it again."""
        await self._kill(self.boxes[trouble.who], trouble.for_s)

    async def stop_agent(self, trouble: Trouble) -> None:
        """In order, and start it again."""
        box = self.boxes[trouble.who]
        await box.stop()
        await self._come_back(box, trouble.for_s)

    async def copy_card(self, trouble: Trouble) -> None:
        """Somebody makes an image of a card."""
        box = self.boxes[trouble.who]
        self.cards.setdefault(trouble.who, []).append(box.copied(box.name))

    async def restore_card(self, trouble: Trouble) -> None:
        """Somebody writes an older image back; without one, the card is new."""
        box = self.boxes[trouble.who]
        if box.life is None:
            return
        box.kill()
        self._note_heads(box)
        images = self.cards.get(trouble.who)
        box.folder = images.pop() if images else self._new(f"{box.name}.new{box.lives}")
        await self._come_back(box, trouble.for_s)

    async def double_agent(self, trouble: Trouble) -> None:
        """A second box with the same key, begun from a copy of the card."""
        box, agent = self.boxes[trouble.who], self.agents[trouble.who]
        number = len(self.doubles)
        sensor = Sensor(f"double-{number}", self.now, self.plan.poll_s, (), self.plan.seconds)
        name = f"double-{number}"
        clock = BoxClock(boot_id=name, up_s=DOUBLE_UP_S)
        clock.step_s = self.plan.doubles_clock_s
        twin = Agent(agent.source, agent.key, agent.gateway_key, clock, agent.limits, (sensor,))
        folder = box.copied(name)
        double = Box(name, agent.source, folder, self._being(twin), self, up_s=DOUBLE_UP_S)
        self.doubles.append(double)
        double.start()
        await asyncio.sleep(DOUBLE_S)
        double.kill()
        self._note_heads(double)

    async def agents_clock(self, trouble: Trouble) -> None:
        """It jumps."""
        clock = self.agents[trouble.who].clock
        assert isinstance(clock, BoxClock)
        clock.step_s += trouble.for_s

    async def agents_disk(self, trouble: Trouble) -> None:
        """It is full for a while."""
        await self._fill(self.boxes[trouble.who], trouble)

    async def rotate_key(self, trouble: Trouble) -> None:
        """Another key is to follow: the box begins again with it."""
        box = self.boxes[trouble.who]
        Key.load_or_make(box.folder / "key.next")
        await self._kill(box, trouble.for_s)

    async def revoke_key(self, trouble: Trouble) -> None:
        """Its key is revoked while it speaks; then somebody comes and enrols it anew.

        Who finds it switched off waits: that it is off does not spare it its new key.
        """
        box, agent = self.boxes[trouble.who], self.agents[trouble.who]
        wanted = Wish(source=agent.source, keyid=agent.key.keyid, reason="lost", by="ada")
        self.revoked.add(agent.key.keyid)
        wish(self.gateway.folder, wanted)
        await asyncio.sleep(trouble.for_s)
        while box.life is None:
            await asyncio.sleep(RESTART_S)
        await box.stop()
        for name in ("key", "key.next"):
            (box.folder / name).unlink(missing_ok=True)
        with suppress(Unavailable, Rejected):  # revoked meanwhile: who wanted that comes, too
            await self._enrolled(agent.source, Key.load_or_make(box.folder / "key"))
        box.start()

    async def kill_gateway(self, trouble: Trouble) -> None:
        """And start it again."""
        await self._kill(self.gateway, trouble.for_s)

    async def stop_gateway(self, trouble: Trouble) -> None:
        """In order, and start it again."""
        await self.gateway.stop()
        await self._come_back(self.gateway, trouble.for_s)

    async def back_up_gateway(self, _trouble: Trouble) -> None:
        """While it runs."""
        out = self.folder / f"backup-{len(self.backups)}.tar"
        back_up(self._subject(), out, version="1", made_at=self.gateway_clock.utc_now())
        self.backups.append(out)

    async def restore_gateway(self, trouble: Trouble) -> None:
        """From the last backup, if there is one."""
        if not self.backups or self.gateway.life is None:
            return
        self.gateway.kill()
        self.gateway.folder = self.folder / f"restored-{self.gateway.lives}"
        restore(self.backups.pop(), self._subject(), is_forced=False)
        await self._come_back(self.gateway, trouble.for_s)

    async def gateways_clock(self, trouble: Trouble) -> None:
        """It jumps."""
        self.gateway_clock.step_s += trouble.for_s

    async def gateways_disk(self, trouble: Trouble) -> None:
        """It is full for a while."""
        await self._fill(self.gateway, trouble)

    async def kill_center(self, trouble: Trouble) -> None:
        """And start it again."""
        await self._kill(self.center_box, trouble.for_s)

    async def centers_disk(self, trouble: Trouble) -> None:
        """It is full for a while."""
        await self._fill(self.center_box, trouble)

    async def broker(self, trouble: Trouble) -> None:
        """It dies, and forgets everything."""
        self.network.hub.stop()
        await asyncio.sleep(trouble.for_s)
        self.network.hub.start()

    async def cut(self, trouble: Trouble) -> None:
        """One link breaks."""
        boxes = (*self.boxes, self.gateway, self.center_box)
        life = boxes[trouble.who % len(boxes)].life
        if life is not None:
            life.plug.cut()

    async def part(self, trouble: Trouble) -> None:
        """Nothing comes through to one part, and nothing from it; it is not told."""
        boxes = (*self.boxes, self.gateway)
        box = boxes[trouble.steps % len(boxes)]
        self._part(box, is_parted=True)
        await asyncio.sleep(trouble.for_s)
        self._part(box, is_parted=False)

    async def database_fails(self, trouble: Trouble) -> None:
        """It is down for a while, and may have taken a part of what it was given."""
        self.database.is_down = True
        await asyncio.sleep(trouble.for_s)
        self.database.is_down = False

    async def _kill(self, box: Box, for_s: float) -> None:
        if box.life is not None:
            box.kill()
            self._note_heads(box)
            await self._come_back(box, for_s)

    async def _come_back(self, box: Box, after_s: float) -> None:
        await asyncio.sleep(after_s)
        box.start()

    async def _fill(self, box: Box, trouble: Trouble) -> None:
        box.is_disk_full = True
        if trouble.steps % 2:  # and then the power goes
            await asyncio.sleep(trouble.for_s / 2)
            await self._kill(box, trouble.for_s / 4)
        await asyncio.sleep(trouble.for_s / 2)
        box.is_disk_full = False

    def _part(self, box: Box, *, is_parted: bool) -> None:
        box.is_parted = is_parted
        if box.life is not None:
            box.life.plug.is_parted = is_parted
        if box is self.gateway:
            self.strangers.part(is_parted=is_parted)

    def _subject(self) -> Subject:
        return Subject(kind="gateway", source=str(GATEWAY), state=self.gateway.folder)

    # --- the end

    async def _end_faults(self) -> None:
        self.network.weather = CALM
        self.network.hub.start()
        self.database.is_down = False
        self.center.is_acting = False
        for box in (*self.boxes, self.center_box, self.gateway):
            box.is_disk_full = False
            self._part(box, is_parted=False)
            box.start()

    async def _settle(self) -> None:
        """Until nobody has anything left to say, and then a little longer."""
        from tests.faults.books import is_whole  # noqa: PLC0415 - it reads us

        begin = self.now()
        while self.now() - begin < SETTLE_S_MAX:
            await asyncio.sleep(5)
            log.debug("%d wait, whole: %s", await self._waiting(), is_whole(self.journal))
            if not await self._waiting() and is_whole(self.journal):
                await asyncio.sleep(15)
                if not await self._waiting() and is_whole(self.journal):
                    self.is_settled = True
                    break
        self.settled_s = self.now() - begin

    async def _waiting(self) -> int:
        """Messages of all sources without a receipt."""
        count = len(self.strangers.waiting)
        for outbox in (*(agent.outbox for agent in self.agents), self.center.outbox):
            if outbox is None:
                return 1
            count += sum(q.messages for q in await outbox.call(outbox.end.queues))
        return count

    def _note_heads(self, box: Box) -> None:
        """What was on its card."""
        for key, last in heads_of(box).items():
            self.heads[key] = max(last, self.heads.get(key, 0))

    def _new(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True)
        return path


def heads_of(box: Box) -> Heads:
    """The last number of each stream on a card."""
    path = box.folder / "outbox.sqlite"
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as at:
        rows = at.execute(
            "SELECT epoch, stream, last FROM"
            " (SELECT e.epoch AS epoch, s.stream AS stream, s.last AS last"
            "  FROM streams s JOIN epochs e ON e.id = s.epoch)"
        ).fetchall()
    return {(str(box.source), epoch, STREAMS[stream]): last for epoch, stream, last in rows}


_TROUBLES: Final[dict[str, Callable[[World, Trouble], Awaitable[None]]]] = {
    "kill agent": World.kill_agent,
    "stop agent": World.stop_agent,
    "restore card": World.restore_card,
    "copy card": World.copy_card,
    "double agent": World.double_agent,
    "agent's clock": World.agents_clock,
    "agent's disk": World.agents_disk,
    "kill gateway": World.kill_gateway,
    "stop gateway": World.stop_gateway,
    "back up gateway": World.back_up_gateway,
    "restore gateway": World.restore_gateway,
    "gateway's clock": World.gateways_clock,
    "gateway's disk": World.gateways_disk,
    "kill center": World.kill_center,
    "broker": World.broker,
    "cut": World.cut,
    "part": World.part,
    "database": World.database_fails,
    "rotate key": World.rotate_key,
    "revoke key": World.revoke_key,
    "center's disk": World.centers_disk,
}

"""A whole post in virtual time: its boxes, its keys, its database; who stands where."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contract.delivery.enrolment import enrol
from contract.delivery.room import OutboxLimits
from contract.identifiers import Source
from contract.link import Dial, Rejected, Unavailable
from contract.messages import Identity, Message
from contract.signing import Key
from gateway import service
from gateway.config import GatewayConfig
from gateway.judge.settings import JudgeSettings, Limit
from gateway.trust.codes import make_code
from tests.faults.agent import Agent, Scanner, SealReader, Sensor
from tests.faults.box import Box, BoxClock, Heads
from tests.faults.center import Center
from tests.faults.database import Database, Settings
from tests.faults.ground import Ground
from tests.faults.network import Plug
from tests.faults.strangers import CONFIG, LOAD_LIMIT, Session
from tests.faults.thief import Thief
from tests.support.virtual import VirtualClock

POST: Final = "KEMBA"
GATEWAY: Final = Source(f"/{POST}/gateway")
CENTER: Final = Source(f"/{POST}/command-center")
LIMIT: Final = Limit(metric="temperature", high=10.0, for_s=5.0)
LIMITS: Final = (LIMIT, LOAD_LIMIT)


@dataclass(eq=False)
class World(Ground):
    """The post, and what is noted of it while it runs."""

    said: dict[Identity, Message] = field(default_factory=dict)
    """What an outbox said was durable."""
    heads: Heads = field(default_factory=dict)
    """The highest number that was on any card."""
    held_max: int = 0
    """The most messages that were on any card of an agent."""
    forged: int = 0
    """Messages that somebody said to the gateway in another's name."""
    revoked: set[str] = field(default_factory=set)
    """Keys that somebody wanted revoked."""
    unwanted: set[str] = field(default_factory=set)
    """Those of them that counted then."""
    thieves: list[Thief] = field(default_factory=list)
    is_settled: bool = False
    settled_s: float = 0.0

    def __post_init__(self) -> None:
        """Build everything; nothing runs yet."""
        super().__post_init__()
        self.database = Database(self.draw("database"), self.plan.database_s)
        self.strangers = Session()
        self.gateway_clock = BoxClock()
        self.center_clock = BoxClock()
        self.gateway = Box("gateway", GATEWAY, self.new("gateway"), self._be_gateway, self)
        self.agents: list[Agent] = []
        self.boxes: list[Box] = []
        """Of the agents."""
        self.doubles: list[Box] = []
        self.begin_s = 0.0

    def now(self) -> float:
        """Seconds of the plan."""
        return asyncio.get_running_loop().time() - self.begin_s

    @property
    def journal(self) -> Path:
        """The gateway's."""
        return self.gateway.folder / "journal.sqlite"

    @property
    def all_boxes(self) -> tuple[Box, ...]:
        """Every box but the doubles; who hears the others comes last."""
        return (*self.boxes, self.center_box, self.gateway)

    # --- from the first start to the last stop

    async def begin(self) -> None:
        """Start the gateway, enrol the others, and start them."""
        self.gateway.start()
        await asyncio.sleep(2)
        for index in range(self.plan.agents):
            await self._add_agent(index)
        await self._add_center()
        self.begin_s = asyncio.get_running_loop().time()
        for box in (*self.boxes, self.center_box):
            box.start()

    async def end(self) -> None:
        """Stop all in order, and wait for who died."""
        for box in self.all_boxes:
            await box.stop()
            self.note(box)
        for task in self.dead:
            await self.ended(task)

    def note(self, box: Box) -> None:
        """What was on its card."""
        for key, last in box.heads.items():
            self.heads[key] = max(last, self.heads.get(key, 0))
        if box.source not in (GATEWAY, CENTER):
            self.held_max = max(self.held_max, box.held)

    def part(self, box: Box, *, is_parted: bool) -> None:
        """Part it from the broker, or let it come back."""
        box.part(is_parted=is_parted)
        if box is self.gateway:
            self.strangers.part(is_parted=is_parted)

    async def steal(self, thief: Thief) -> None:
        """Let a thief say what it can."""
        with suppress(Unavailable):
            async with self.network.hub.dial("thief") as link:
                await link.publish(list(thief.packets(self.journal)))

    # --- who is at the post

    async def enrolled(self, source: Source, key: Key) -> bytes:
        """Enrol a key, however often it takes; the gateway's own.

        Raises `Rejected` or `Unavailable` if the key was to be revoked meanwhile.
        """
        dial, clock = self.network.dial(Plug("enroller")), VirtualClock()
        while True:
            code = make_code(self.gateway.folder, source, self.gateway_clock)
            try:
                return await enrol(dial, source=source, key=key, code=code, clock=clock)
            except (Unavailable, Rejected):  # a slow disk; or it died, and forgot its question
                if key.keyid in self.revoked:
                    raise
                await asyncio.sleep(1)

    def box_of(self, agent: Agent, name: str, folder: Path) -> Box:
        """Where an agent lives."""

        async def be(folder: Path, dial: Dial) -> None:
            await agent.run(folder, dial, self.said)

        return Box(name, agent.source, folder, be, self, waits_for_room=True)

    async def _add_agent(self, index: int) -> None:
        source = Source.of(POST, f"lane-{index}")
        clock = BoxClock(self.plan.drift[index], is_synchronised=self.plan.is_synchronised[index])
        folder = self.new(source.name)
        is_changing = self.plan.has("rotate key", "revoke key")
        key = Key.load_or_make(folder / "key") if is_changing else Key.make()
        agent = await self._agent(source, key, clock, index)
        self.agents.append(agent)
        self.boxes.append(self.box_of(agent, source.name, folder))

    async def _agent(self, source: Source, key: Key, clock: BoxClock, index: int) -> Agent:
        mine = [event for event in self.plan.events if event.agent == index]
        out = tuple(one for one in self.plan.excursions if one.agent == index)
        poll, until = self.plan.poll_s, self.plan.seconds
        return Agent(
            source=source,
            key=key,
            gateway_key=await self.enrolled(source, key),
            clock=clock,
            limits=OutboxLimits(messages_max=self.plan.outbox_messages_max),
            devices=(
                Sensor(f"sensor-{index}", self.now, poll, out, until),
                Sensor(f"spare-{index}", self.now, poll * 1.7, (), until),
                SealReader(f"reader-{index}", self.now, [e for e in mine if e.what != "bag"]),
                Scanner(f"scanner-{index}", self.now, [e for e in mine if e.what == "bag"]),
            ),
        )

    async def _add_center(self) -> None:
        key = Key.make()
        public = await self.enrolled(CENTER, key)
        self.center = Center(CENTER, GATEWAY, key, public, self.center_clock, self.draw("officer"))
        self.center_box = Box("center", CENTER, self.new("center"), self._be_center, self)

    async def _be_center(self, folder: Path, dial: Dial) -> None:
        await self.center.run(folder, dial, self.said)

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

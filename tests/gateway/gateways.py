"""A whole gateway on a hub in memory, and sources that speak to it through the real uplink."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from contract.ask import Asker
from contract.delivery.outbox import Outbox
from contract.delivery.room import OutboxLimits
from contract.identifiers import Source
from contract.links.memory import Hub
from contract.messages import ChangesAsked, ChangesTold, Device, DeviceAlive, Message, read
from contract.signing import Key
from gateway import service
from gateway.config import GatewayConfig
from gateway.judge.settings import JudgeSettings
from gateway.timeseries.sinks import SinkConfig
from tests.support.box import enrolled, speaking
from tests.support.virtual import VirtualClock

POST = "KEMBA"
GATEWAY = Source(f"/{POST}/gateway")


@dataclass
class World:
    """A hub, a clock, a folder."""

    folder: Path
    hub: Hub = field(default_factory=Hub)
    clock: VirtualClock = field(default_factory=VirtualClock)
    judge: JudgeSettings = field(default_factory=JudgeSettings)
    sinks: dict[str, SinkConfig] = field(default_factory=dict)

    @property
    def config(self) -> GatewayConfig:
        """Of the gateway."""
        return GatewayConfig(
            state_dir=str(self.folder / "gateway"),
            posts=(POST,),
            judge=self.judge,
            sinks=self.sinks,
        )

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[None]:
        """A gateway that runs until the end of the block, and is then cancelled."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(service.run(self.config, self.hub.dial, clock=self.clock))
            await asyncio.sleep(0.5)
            try:
                yield
            finally:
                running.cancel()

    @asynccontextmanager
    async def agent(
        self,
        name: str,
        *devices: Device,
        is_new: bool = True,
        alive: Callable[[], tuple[DeviceAlive, ...]] = tuple,
        limits: OutboxLimits | None = None,
    ) -> AsyncIterator[Outbox]:
        """An enrolled agent with its uplink running."""
        source = Source.of(POST, name)
        folder = self.folder / name
        key = Key.load_or_make(folder / "key")
        if is_new:
            gateway = self.folder / "gateway"
            public = await enrolled(self.hub.dial, gateway, source, key, self.clock)
            (folder / "gateway.pub").write_text(public.hex())
        public = bytes.fromhex((folder / "gateway.pub").read_text())
        async with (
            Outbox.open(
                folder / "outbox.sqlite", source=source, key=key, clock=self.clock, limits=limits
            ) as outbox,
            speaking(outbox, self.hub.dial, public, self.clock, devices=devices, alive=alive),
        ):
            yield outbox

    async def ask(self, question: Message) -> Message:
        """Ask the gateway."""
        async with self.hub.dial("asker") as link:
            asker = Asker(link, me=f"/{POST}/command-center", session="1", clock=self.clock)
            await link.subscribe(asker.reply_to)

            async def hear() -> None:
                async for batch in link.receive():
                    for packet in batch:
                        asker.told(packet)

            hearing = asyncio.ensure_future(hear())
            try:
                return await asker.ask(GATEWAY, question)
            finally:
                hearing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await hearing

    async def changes(self, epoch: str | None = None, after: int = 0) -> list[Message]:
        """A snapshot, or what changed after a number."""
        told = await self.ask(ChangesAsked(epoch=epoch, after=after))
        assert isinstance(told, ChangesTold)
        return [read(change.body).message() for change in told.changes]

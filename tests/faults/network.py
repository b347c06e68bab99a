"""The links of the parts, and everything that may happen to a packet on its way."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import msgspec

from contract.link import Dial, Link, Packet, Unavailable
from contract.links.memory import Hub, MemoryLink
from tests.faults.plan import Weather

CALM: Final = Weather()


@dataclass(eq=False)
class Plug:
    """Where one life of one part is plugged in."""

    name: str
    is_parted: bool = False
    is_dead: bool = False
    links: dict[str, MemoryLink] = field(default_factory=dict)

    def pull(self) -> None:
        """It is dead: nothing more comes out of it, and its wills are said."""
        self.is_dead = True
        self.cut()

    def cut(self) -> None:
        """Break its links."""
        for link in list(self.links.values()):
            link.cut()


class Network:
    """A hub whose weather can be changed."""

    def __init__(self, rng: random.Random) -> None:
        self.weather = CALM
        self.tally: Final[Counter[str]] = Counter()
        self._rng: Final = rng
        self._plugs: Final[dict[str, Plug]] = {}
        self.hub: Final = Hub(self._fate)

    def dial(self, plug: Plug) -> Dial:
        """What a part dials with."""

        def dial(
            client_id: str, *, will: Packet | None = None
        ) -> AbstractAsyncContextManager[Link]:
            return self._dial(plug, client_id, will)

        return dial

    @asynccontextmanager
    async def _dial(self, plug: Plug, client_id: str, will: Packet | None) -> AsyncIterator[Link]:
        if plug.is_dead or plug.is_parted:
            raise Unavailable("nobody answers")
        async with self.hub.dial(client_id, will=will) as link:
            self._plugs[client_id] = plug
            plug.links[client_id] = link
            try:
                yield Wire(link, plug, self)
            finally:
                plug.links.pop(client_id, None)

    def _fate(self, _packet: Packet, client_id: str) -> Sequence[float]:
        self.tally["packets"] += 1
        plug = self._plugs.get(client_id)
        if plug is not None and plug.is_parted:
            self.tally["parted"] += 1
            return ()
        delays = self.weather.fate(self._rng)
        self.tally["dropped"] += not delays
        self.tally["repeated"] += len(delays) > 1
        self.tally["late"] += any(delays)
        return delays

    def truncated(self, packet: Packet) -> Packet:
        """The packet, or what is left of it."""
        if self._rng.random() >= self.weather.truncate:
            return packet
        self.tally["truncated"] += 1
        return msgspec.structs.replace(
            packet, body=packet.body[: self._rng.randrange(len(packet.body) or 1)]
        )


class Wire:
    """One link of one plug."""

    def __init__(self, link: Link, plug: Plug, network: Network) -> None:
        self._link: Final = link
        self._plug: Final = plug
        self._network: Final = network

    async def publish(self, packets: Sequence[Packet]) -> None:
        """See `contract.link.Link`."""
        if self._plug.is_dead:
            raise Unavailable("it is dead")
        if self._plug.is_parted:
            await asyncio.sleep(0)
            return
        await self._link.publish([self._network.truncated(packet) for packet in packets])

    async def subscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        await self._link.subscribe(*filters)

    async def unsubscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        await self._link.unsubscribe(*filters)

    async def receive(self) -> AsyncIterator[list[Packet]]:
        """See `contract.link.Link`."""
        async for batch in self._link.receive():
            yield batch

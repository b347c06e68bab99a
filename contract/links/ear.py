"""A connection that only listens, in batches, and acknowledges when it is told to.

    broker ─▶ Parser ─▶ heard(batch) … the batch is on the disk … settle(packet ids) ─▶ broker

For devices that are not ours. They have no outbox, so here the broker keeps QoS 1 messages while we
are away, for a day: a session that outlives the connection, acknowledged when all is durable.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from contract.link import Rejected, Unavailable
from contract.links import subscriber
from contract.links.connection import REFUSED, Connection, fail
from contract.links.mqtt import BrokerConfig, connected, credentials
from contract.links.subscriber import Connected, Ended, Packet, Parser, Said, Subscribed
from contract.lookup import Lookups

BREATH_S: Final = 0.002
"""For each message that was said, the socket is left alone for so long: a broker writes each by
itself, and to wake for each costs more than to read it. One that comes alone is read at once."""
BREATH_S_MAX: Final = 0.025
MUCH_BYTES: Final = 128 * 1024
"""Where so much came at once, more is behind it: it is read on, before the socket is full and the
broker drops what it has no room for."""


class Ear(Protocol):
    """One connection to a broker."""

    def settle(self, packet_ids: Sequence[int]) -> None:
        """These are kept: the broker may forget them. Nothing happens on a broken connection."""

    async def listen(self) -> None:
        """Hear until the connection breaks: raises `Unavailable`."""


Hear = Callable[[Ear, list[Said]], None]
"""Takes what arrived, and who heard it (a session that goes on speaks before we have subscribed).
Must not wait."""


class Listen(Protocol):
    """How to get an ear: ``async with listen("client-id", filters, hear) as ear``."""

    def __call__(
        self, client_id: str, filters: Mapping[str, int], hear: Hear
    ) -> AbstractAsyncContextManager[Ear]:
        """Connect and subscribe, by filters and the identifiers that their copies shall carry.

        0 is none. Raises `Unavailable` or `Rejected` on entering.
        """


def listener(config: BrokerConfig) -> Listen:
    """How to listen at the broker of this configuration."""
    lookups = Lookups()

    @asynccontextmanager
    async def listen(client_id: str, filters: Mapping[str, int], hear: Hear) -> AsyncIterator[Ear]:
        password, context = credentials(config)
        greeting = subscriber.connect(
            client_id,
            keepalive_s=config.keepalive_s,
            username=config.username,
            password=password,
        )
        ear = await connected(
            config,
            context,
            lambda: _Ear(
                hear, config.where, keepalive_s=config.keepalive_s, timeout_s=config.timeout_s
            ),
            lookups,
        )
        try:
            await ear.greet(greeting)
            await ear.subscribe(filters)
            yield ear
        finally:
            await ear.leave()

    return listen


class _Ear(Connection[Packet]):
    """See `Ear`."""

    def __init__(self, hear: Hear, where: str, *, keepalive_s: int, timeout_s: float) -> None:
        super().__init__(where, Parser(), keepalive_s=keepalive_s, timeout_s=timeout_s)
        self._hear: Final = hear
        loop = asyncio.get_running_loop()
        self._connected: Final[asyncio.Future[int]] = loop.create_future()
        self._subscribed: Final[dict[int, asyncio.Future[int]]] = {}
        self._is_over: Final = asyncio.Event()
        self._said = 0
        """Messages that arrived last."""

    async def greet(self, greeting: bytes) -> None:
        """Say who we are; raise `Rejected` or `Unavailable` if the broker does not want us."""
        self._write(greeting)
        self._admitted(await self._answer(self._connected))

    async def subscribe(self, filters: Mapping[str, int]) -> None:
        """Say what we want to hear."""
        loop = asyncio.get_running_loop()
        for packet_id, (filter_, identifier) in enumerate(filters.items(), start=1):
            self._check()
            answer = self._subscribed[packet_id] = loop.create_future()
            self._write(subscriber.subscribe(packet_id, filter_, identifier))
            if await self._answer(answer) >= REFUSED:
                raise Rejected(f"the broker at {self._where} does not let us hear {filter_!r}")

    def settle(self, packet_ids: Sequence[int]) -> None:
        """See `Ear`."""
        self._write(subscriber.acknowledge(packet_ids))

    async def listen(self) -> None:
        """See `Ear`."""
        await self._is_over.wait()
        self._check()

    def data_received(self, data: bytes) -> None:
        """See `Connection`."""
        super().data_received(data)
        if len(data) < MUCH_BYTES:
            self._breathe()

    def take(self, arrived: list[Packet]) -> None:
        """See `Connection`."""
        said = [packet for packet in arrived if type(packet) is Said]
        self._said = len(said)
        if len(said) != len(arrived):
            for packet in arrived:
                self._control(packet)
        if said:
            self._hear(self, said)

    def tell(self, error: Unavailable) -> None:
        """See `Connection`."""
        fail((self._connected, *self._subscribed.values()), error)
        self._is_over.set()

    def _breathe(self) -> None:
        """Let the broker say more before it is read; the socket holds it meanwhile."""
        if self._said and self._transport is not None and not self._broken:
            seconds = min(self._said * BREATH_S, BREATH_S_MAX)
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(seconds, self._transport.resume_reading)

    def _control(self, packet: Packet) -> None:
        if isinstance(packet, Connected) and not self._connected.done():
            self._connected.set_result(packet.reason)
        elif isinstance(packet, Subscribed):
            answer = self._subscribed.get(packet.packet_id)
            if answer is not None and not answer.done():
                answer.set_result(packet.reason)
        elif isinstance(packet, Ended):
            self._ended(packet)

"""A connection that only listens, in batches, and acknowledges when it is told to.

    broker ─▶ Parser ─▶ heard(batch) … the batch is on the disk … settle(packet ids) ─▶ broker

For devices that are not ours. They have no outbox, so here the broker keeps QoS 1 messages while we
are away, for a day: a session that outlives the connection, acknowledged when all is durable.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol, TypeVar, cast

from contract.link import Rejected, Unavailable
from contract.links import subscriber
from contract.links.mqtt import NOT_AUTHORISED, BrokerConfig, credentials
from contract.links.subscriber import Connected, Ended, Garbled, Parser, Said, Subscribed

T = TypeVar("T")
REFUSED: Final = 0x80


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

    @asynccontextmanager
    async def listen(client_id: str, filters: Mapping[str, int], hear: Hear) -> AsyncIterator[Ear]:
        where = f"{config.host}:{config.port}"
        loop = asyncio.get_running_loop()
        password, context = credentials(config)
        greeting = subscriber.connect(
            client_id,
            keepalive_s=config.keepalive_s,
            username=config.username,
            password=password,
        )
        try:
            async with asyncio.timeout(config.timeout_s):
                transport, ear = await loop.create_connection(
                    lambda: _Ear(hear, where, config.keepalive_s),
                    config.host,
                    config.port,
                    ssl=context,
                )
        except (OSError, TimeoutError) as error:
            raise Unavailable(f"no broker at {where}: {error}") from error
        try:
            async with asyncio.timeout(config.timeout_s):
                await ear.greet(greeting)
                await ear.subscribe(filters)
            yield ear
        except TimeoutError as error:
            raise Unavailable(f"the broker at {where} does not answer") from error
        finally:
            ear.leave()
            transport.close()

    return listen


class _Ear(asyncio.Protocol):
    """The connection as asyncio sees it."""

    def __init__(self, hear: Hear, where: str, keepalive_s: int) -> None:
        self._hear: Final = hear
        self._where: Final = where
        self._keepalive_s: Final = keepalive_s
        self._parser: Final = Parser()
        loop = asyncio.get_running_loop()
        self._connected: Final[asyncio.Future[int]] = loop.create_future()
        self._subscribed: Final[dict[int, asyncio.Future[int]]] = {}
        self._broken: Final[asyncio.Future[str]] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._is_heard = False

    async def greet(self, greeting: bytes) -> None:
        """Say who we are."""
        self._write(greeting)
        reason = await self._answer(self._connected)
        if reason in NOT_AUTHORISED:
            raise Rejected(f"the broker at {self._where} refuses us (reason {reason:#x})")
        if reason >= REFUSED:
            raise Unavailable(f"the broker at {self._where} takes nobody (reason {reason:#x})")

    async def subscribe(self, filters: Mapping[str, int]) -> None:
        """Say what we want to hear."""
        loop = asyncio.get_running_loop()
        for packet_id, (filter_, identifier) in enumerate(filters.items(), start=1):
            answer = self._subscribed[packet_id] = loop.create_future()
            self._write(subscriber.subscribe(packet_id, filter_, identifier))
            if await self._answer(answer) >= REFUSED:
                raise Rejected(f"the broker at {self._where} does not let us hear {filter_!r}")

    def settle(self, packet_ids: Sequence[int]) -> None:
        """See `Ear`."""
        self._write(subscriber.acknowledge(packet_ids))

    async def listen(self) -> None:
        """See `Ear`."""
        while True:
            self._is_heard = False
            self._write(subscriber.PING)
            await asyncio.wait([self._broken], timeout=self._keepalive_s / 2)
            if self._broken.done():
                raise Unavailable(f"the broker at {self._where}: {self._broken.result()}")
            if not self._is_heard:
                raise Unavailable(f"the broker at {self._where} is silent")

    def leave(self) -> None:
        """Say goodbye; the session stays."""
        self._write(subscriber.GOODBYE)
        self._break("closed")

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has no such parent

    def data_received(self, data: bytes) -> None:
        """Something arrived."""
        self._is_heard = True
        try:
            packets = self._parser.feed(data)
        except Garbled as error:
            self._break(f"does not speak MQTT 5: {error}")
            return
        said = [packet for packet in packets if type(packet) is Said]
        if len(said) != len(packets):
            for packet in packets:
                self._control(packet)
        if said:
            self._hear(self, said)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._break(str(exc) if exc else "closed the connection")

    def _control(self, packet: subscriber.Packet) -> None:
        if isinstance(packet, Connected) and not self._connected.done():
            self._connected.set_result(packet.reason)
        elif isinstance(packet, Subscribed):
            answer = self._subscribed.get(packet.packet_id)
            if answer is not None and not answer.done():
                answer.set_result(packet.reason)
        elif isinstance(packet, Ended):
            self._break(f"ended the connection (reason {packet.reason:#x})")

    async def _answer(self, future: "asyncio.Future[T]") -> T:
        either: list[asyncio.Future[Any]] = [future, self._broken]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise Unavailable(f"the broker at {self._where}: {self._broken.result()}")
        return future.result()

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._broken.done():
            self._transport.write(data)

    def _break(self, why: str) -> None:
        if not self._broken.done():
            self._broken.set_result(why)
        if self._transport is not None:
            self._transport.close()

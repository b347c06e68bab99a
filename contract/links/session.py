"""One connection to a broker as a link: an asyncio protocol around `contract.links.packets`.

publish ─▶ (at most the broker's Receive Maximum unanswered) ─▶ broker
broker ─▶ Framer ─▶ acknowledged at once, all of a piece ─▶ unread ─▶ receive, in batches
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, TypeVar, cast

from contract.link import BATCH_MAX, UNREAD_PACKETS_MAX, Packet, Unavailable
from contract.links import packets, subscriber
from contract.links.packets import Answered, Heard, Incoming, Welcomed
from contract.links.subscriber import Ended, Framer, Garbled

REFUSED: Final = 0x80
"""Reason codes from here on say no."""
WRITE_BYTES: Final = 64 * 1024
"""What is given to the socket at once."""
CLOSE_S_MAX: Final = 1.0
PACKET_ID_MAX: Final = 65_535
T = TypeVar("T")
_log: Final = logging.getLogger(__name__)


class _Batch:
    """What waits for the broker's answers: to as many packets."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.reason = 0
        """The worst that was answered."""
        self.done: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()

    def answered(self, reason: int) -> None:
        """One more was."""
        self.count -= 1
        self.reason = max(self.reason, reason)
        if not self.count and not self.done.done():
            self.done.set_result(None)


class MqttLink(asyncio.Protocol):
    """See `contract.link.Link`."""

    def __init__(self, where: str, *, keepalive_s: int, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._where: Final = where
        self._keepalive_s: Final = keepalive_s
        self._timeout_s: Final = timeout_s
        self._framer: Final[Framer[Incoming]] = Framer(packets.incoming, packets.PACKET_BYTES_MAX)
        self._welcomed: Final[asyncio.Future[Welcomed]] = loop.create_future()
        self._closed: Final = asyncio.Event()
        self._arrived: Final = asyncio.Event()
        self._has_room: Final = asyncio.Event()
        self._unread: Final[deque[Packet]] = deque(maxlen=UNREAD_PACKETS_MAX)
        self._unanswered: Final[dict[int, _Batch]] = {}
        self._in_flight_max = packets.UNBOUNDED
        self._last_id = 0
        self._is_paused = False
        self._is_heard = False
        self._broken = ""
        self._transport: asyncio.Transport | None = None
        self._beat: asyncio.TimerHandle | None = None

    async def greet(self, greeting: bytes) -> int:
        """Say who we are; returns the broker's reason, a refusal from `REFUSED` on."""
        self._write(greeting)
        welcomed = await self._answer(self._welcomed)
        self._in_flight_max = min(welcomed.receive_max, PACKET_ID_MAX - 1)
        self._keep_alive()
        return welcomed.reason

    async def publish(self, packets_: Sequence[Packet]) -> None:
        """See `contract.link.Link`: in order, without waiting for one before the next is sent."""
        if not packets_:
            return
        self._check()
        batch, out, size = _Batch(len(packets_)), list[bytes](), 0
        for packet in packets_:
            if size > WRITE_BYTES or self._is_full:
                self._write(b"".join(out))
                out, size = [], 0
                while self._is_full or self._is_paused:
                    await self._room()
            out.append(packets.publish(packet, self._await(batch)))
            size += len(out[-1])
        self._write(b"".join(out))
        await self._answer(batch.done)
        if batch.reason >= REFUSED:
            _log.debug("%s did not pass all of a batch on (%#x)", self._where, batch.reason)

    async def subscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        for filter_ in filters:
            reason = await self._ask(filter_, is_wanted=True)
            if reason >= REFUSED:
                _log.warning("%s lets us not hear %s (%#x)", self._where, filter_, reason)

    async def unsubscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        for filter_ in filters:
            await self._ask(filter_, is_wanted=False)

    async def receive(self) -> AsyncIterator[list[Packet]]:
        """See `contract.link.Link`."""
        unread = self._unread
        while True:
            while not unread:
                self._check()
                self._arrived.clear()
                await self._arrived.wait()
            yield [unread.popleft() for _ in range(min(BATCH_MAX, len(unread)))]

    async def leave(self) -> None:
        """Say goodbye, so that no will is said; nothing happens on a broken connection."""
        if self._transport is None:
            return
        self._write(subscriber.GOODBYE)
        self._break("closed")
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await self._closed.wait()
        except TimeoutError:
            self._transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has no such parent

    def data_received(self, data: bytes) -> None:
        """Something arrived."""
        self._is_heard = True
        try:
            found = self._framer.feed(data)
        except Garbled as error:
            self._break(f"does not speak MQTT 5: {error}")
            return
        numbered = []
        for one in found:
            if isinstance(one, Heard):
                self._unread.append(one.packet)
                if one.packet_id:
                    numbered.append(one.packet_id)
            else:
                self._control(one)
        if numbered:
            self._write(subscriber.acknowledge(numbered))
        if self._unread:
            self._arrived.set()
        self._has_room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._break(str(exc) if exc else "closed the connection")
        self._closed.set()

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """It does again."""
        self._is_paused = False
        self._has_room.set()

    def _control(self, packet: Incoming) -> None:
        if isinstance(packet, Answered):
            batch = self._unanswered.pop(packet.packet_id, None)
            if batch is not None:
                batch.answered(packet.reason)
        elif isinstance(packet, Welcomed):
            if not self._welcomed.done():
                self._welcomed.set_result(packet)
        elif isinstance(packet, Ended):
            self._break(f"ended the connection (reason {packet.reason:#x})")

    # --- answers ---

    @property
    def _is_full(self) -> bool:
        return len(self._unanswered) >= self._in_flight_max

    def _await(self, batch: _Batch) -> int:
        """A packet id whose answer this batch waits for."""
        number = self._last_id % PACKET_ID_MAX + 1
        while number in self._unanswered:
            number = number % PACKET_ID_MAX + 1
        self._last_id = number
        self._unanswered[number] = batch
        return number

    async def _ask(self, filter_: str, *, is_wanted: bool) -> int:
        self._check()
        batch = _Batch(1)
        write = subscriber.subscribe if is_wanted else packets.unsubscribe
        self._write(write(self._await(batch), filter_))
        await self._answer(batch.done)
        return batch.reason

    async def _answer(self, future: "asyncio.Future[T]") -> T:
        """The broker's answer; a broker that gives none is away."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(future)
        except TimeoutError:
            self._break("does not answer")
            self._check()
            raise

    async def _room(self) -> None:
        self._check()
        self._has_room.clear()
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._has_room.wait()
        except TimeoutError:
            self._break("takes nothing")
        self._check()

    # --- the connection ---

    def _keep_alive(self) -> None:
        self._is_heard = False
        self._write(subscriber.PING)
        loop = asyncio.get_running_loop()
        self._beat = loop.call_later(self._keepalive_s / 2, self._look)

    def _look(self) -> None:
        if self._is_heard:
            self._keep_alive()
        else:
            self._break("is silent")

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._broken:
            self._transport.write(data)

    def _check(self) -> None:
        if self._broken:
            raise Unavailable(f"the broker at {self._where}: {self._broken}")

    def _break(self, why: str) -> None:
        """It stays broken: everybody who waits is told."""
        if self._broken:
            return
        self._broken = why
        if self._beat is not None:
            self._beat.cancel()
        if self._transport is not None:
            self._transport.close()
        error = Unavailable(f"the broker at {self._where}: {why}")
        waiting: list[asyncio.Future[Any]] = [one.done for one in self._unanswered.values()]
        for future in (self._welcomed, *waiting):
            if not future.done():
                future.set_exception(error)
                future.exception()  # nobody may be waiting for it
        self._unanswered.clear()
        self._arrived.set()
        self._has_room.set()

"""A link over one connection to a broker: what is said and heard, by `contract.links.packets`.

publish ─▶ (at most the broker's Receive Maximum unanswered) ─▶ broker
broker ─▶ Framer ─▶ acknowledged at once, all of a piece ─▶ unread ─▶ receive, in batches
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Final

from contract.link import BATCH_MAX, UNREAD_PACKETS_MAX, Packet, Unavailable
from contract.links import packets, subscriber
from contract.links.connection import REFUSED, Connection, fail
from contract.links.packets import Answered, Heard, Incoming, Welcomed
from contract.links.subscriber import Ended, Framer

WRITE_BYTES: Final = 64 * 1024
"""What is given to the socket at once."""
PACKET_ID_MAX: Final = 65_535
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


class MqttLink(Connection[Incoming]):
    """See `contract.link.Link`."""

    def __init__(self, where: str, *, keepalive_s: int, timeout_s: float) -> None:
        framer: Framer[Incoming] = Framer(packets.incoming, packets.PACKET_BYTES_MAX)
        super().__init__(where, framer, keepalive_s=keepalive_s, timeout_s=timeout_s)
        loop = asyncio.get_running_loop()
        self._welcomed: Final[asyncio.Future[Welcomed]] = loop.create_future()
        self._arrived: Final = asyncio.Event()
        self._has_room: Final = asyncio.Event()
        self._unread: Final[deque[Packet]] = deque(maxlen=UNREAD_PACKETS_MAX)
        self._unanswered: Final[dict[int, _Batch]] = {}
        self._in_flight_max = packets.UNBOUNDED
        self._last_id = 0
        self._is_paused = False

    async def greet(self, greeting: bytes) -> None:
        """Say who we are; raise `Rejected` or `Unavailable` if the broker does not want us."""
        self._write(greeting)
        welcomed = await self._answer(self._welcomed)
        self._in_flight_max = min(welcomed.receive_max, PACKET_ID_MAX - 1)
        self._admitted(welcomed.reason)

    async def publish(self, packets_: Sequence[Packet]) -> None:
        """See `contract.link.Link`: in order, without waiting for one before the next is sent."""
        if not packets_:
            return
        self._check()
        batch, out, size = _Batch(sum(packet.qos for packet in packets_)), list[bytes](), 0
        for packet in packets_:
            if size > WRITE_BYTES or self._is_full or self._is_paused:
                self._write(b"".join(out))
                out, size = [], 0
                while self._is_full or self._is_paused:
                    await self._room()
            out.append(packets.publish(packet, self._await(batch) if packet.qos else 0))
            size += len(out[-1])
        self._write(b"".join(out))
        if batch.count:
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

    # --- the connection ---

    def take(self, arrived: list[Incoming]) -> None:
        """See `Connection`: acknowledged at once, all of a piece."""
        numbered = []
        for one in arrived:
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

    def tell(self, error: Unavailable) -> None:
        """See `Connection`."""
        fail((self._welcomed, *(one.done for one in self._unanswered.values())), error)
        self._unanswered.clear()
        self._arrived.set()
        self._has_room.set()

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
            self._ended(packet)

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

    async def _room(self) -> None:
        self._check()
        self._has_room.clear()
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._has_room.wait()
        except TimeoutError:
            self._break("takes nothing")
        self._check()

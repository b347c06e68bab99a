"""Between the link and the intake: every source gets its turn, however much another one says.

    link ─▶ put ─▶ one queue a source ─▶ take: in turns, in the order of each ─▶ intake

A source that keeps to its window never fills its queue. One that does not loses the newest of what
it says, counted: it will say it again, and nobody else waits for it.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

from contract.delivery.grants import WINDOW_MAX
from contract.link import BATCH_MAX, UNREAD_PACKETS_MAX, Packet

PACKETS_MAX: Final = 2 * WINDOW_MAX
"""Packets of one source that wait: its window, and the same again for what it repeats."""
BYTES_MAX: Final = 32 * 1024 * 1024
"""Bytes of one source that wait."""
ALL_PACKETS_MAX: Final = UNREAD_PACKETS_MAX
ALL_BYTES_MAX: Final = 256 * 1024 * 1024
_log: Final = logging.getLogger(__name__)


class _Queue:
    """What waits of one source."""

    __slots__ = ("bytes", "packets")

    def __init__(self) -> None:
        self.packets: Final[deque[Packet]] = deque()
        self.bytes = 0

    def has_room(self) -> bool:
        return len(self.packets) < PACKETS_MAX and self.bytes < BYTES_MAX


class Turns:
    """What was heard and not yet looked at."""

    def __init__(self) -> None:
        self._queues: OrderedDict[str, _Queue] = OrderedDict()
        self._arrived: Final = asyncio.Event()
        self._packets = 0
        self._bytes = 0
        self.dropped = 0
        """Packets that found no room since the start."""

    def put(self, packets: Sequence[Packet]) -> None:
        """These arrived."""
        for packet in packets:
            source = packet.topic[: packet.topic.rfind("/")]
            queue = self._queues.get(source)
            if queue is None:
                queue = self._queues[source] = _Queue()
            is_full = self._packets >= ALL_PACKETS_MAX or self._bytes >= ALL_BYTES_MAX
            if is_full or not queue.has_room():
                self._drop(source)
                continue
            queue.packets.append(packet)
            queue.bytes += len(packet.body)
            self._packets += 1
            self._bytes += len(packet.body)
        if self._packets:
            self._arrived.set()

    async def next(self) -> list[Packet]:
        """The next batch, as soon as there is one."""
        await self._arrived.wait()
        batch = self.take(BATCH_MAX)
        if not self._packets:
            self._arrived.clear()
        return batch

    def take(self, limit: int) -> list[Packet]:
        """At most so many, an equal share of each source that has something to say."""
        batch: list[Packet] = []
        while self._queues and len(batch) < limit:
            share = max(1, (limit - len(batch)) // len(self._queues))
            for source in list(self._queues):
                if len(batch) >= limit:
                    break
                self._move(source, batch, min(share, limit - len(batch)))
        return batch

    def _move(self, source: str, batch: list[Packet], share: int) -> None:
        queue = self._queues[source]
        for _ in range(min(share, len(queue.packets))):
            packet = queue.packets.popleft()
            queue.bytes -= len(packet.body)
            self._bytes -= len(packet.body)
            self._packets -= 1
            batch.append(packet)
        if queue.packets:
            self._queues.move_to_end(source)
        else:
            del self._queues[source]

    def _drop(self, source: str) -> None:
        self.dropped += 1
        if self.dropped & (self.dropped - 1) == 0:
            _log.warning("%s floods: %d packets found no room so far", source, self.dropped)

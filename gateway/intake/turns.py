"""Between the link and the intake: every source gets its turn, however much another one says.

    link ─▶ put ─▶ a queue for each source ─▶ take: in turns ─▶ intake

Events have turns of their own. Streams are numbered apart, so an event may overtake readings: after
an outage, a new seal does not wait for an hour of temperatures. A source that keeps to its window
never fills its queue. One that does not loses the newest of what it says, counted: it will say it
again, and nobody else waits.
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
TAKE_BYTES_MAX: Final = 1024 * 1024
"""Bytes of one batch, past its first packet: what comes next never waits long for it."""
ALL_PACKETS_MAX: Final = UNREAD_PACKETS_MAX
ALL_BYTES_MAX: Final = 128 * 1024 * 1024
_log: Final = logging.getLogger(__name__)


class _Queue:
    """What waits of one source."""

    __slots__ = ("bytes", "packets")

    def __init__(self) -> None:
        self.packets: Final[deque[Packet]] = deque()
        self.bytes = 0

    def has_room(self) -> bool:
        return len(self.packets) < PACKETS_MAX and self.bytes < BYTES_MAX


class _Batch:
    """What is taken at once."""

    def __init__(self) -> None:
        self.packets: Final[list[Packet]] = []
        self.bytes = 0

    def has_room(self, limit: int) -> bool:
        return len(self.packets) < limit and self.bytes < TAKE_BYTES_MAX


class Turns:
    """What was heard and not yet looked at: of events, or of all else."""

    def __init__(self) -> None:
        self._queues: Final[OrderedDict[str, _Queue]] = OrderedDict()
        self._arrived: Final = asyncio.Event()
        self._packets = 0
        self._bytes = 0
        self.dropped = 0
        """Packets that found no room since the start."""

    def put(self, packets: Sequence[Packet]) -> None:
        """These arrived."""
        for packet in packets:
            source = packet.topic.rpartition("/")[0]
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
        """At most so many: an equal share of each source that says something."""
        batch = _Batch()
        while self._queues and batch.has_room(limit):
            share = max(1, (limit - len(batch.packets)) // len(self._queues))
            for source in list(self._queues):
                if not batch.has_room(limit):
                    break
                self._move(source, batch, min(share, limit - len(batch.packets)))
        return batch.packets

    def _move(self, source: str, batch: _Batch, share: int) -> None:
        queue = self._queues[source]
        for _ in range(min(share, len(queue.packets))):
            packet = queue.packets.popleft()
            size = len(packet.body)
            queue.bytes -= size
            self._bytes -= size
            self._packets -= 1
            batch.packets.append(packet)
            batch.bytes += size
            if batch.bytes >= TAKE_BYTES_MAX:
                break
        if queue.packets:
            self._queues.move_to_end(source)
        else:
            del self._queues[source]

    def _drop(self, source: str) -> None:
        self.dropped += 1
        if self.dropped & (self.dropped - 1) == 0:
            _log.warning("%s floods: %d packets found no room so far", source, self.dropped)

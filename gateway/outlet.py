"""What the gateway says to the link, in order, while there is one; what is durable is asked for."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from typing import Final

from contract.link import Link, Packet

WAITING_MAX: Final = 10_000
"""Packets that wait for the link. Beyond it the oldest are dropped and counted: receipts are said
again, and who misses a change asks for it."""
BATCH_MAX: Final = 200
_log: Final = logging.getLogger(__name__)


class Outlet:
    """A queue to whatever link there is."""

    def __init__(self) -> None:
        self._waiting: deque[Packet] = deque()
        self._news: Final = asyncio.Event()
        self._is_open = False
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """Packets that wait for the link."""
        return len(self._waiting)

    def say(self, packets: Iterable[Packet]) -> None:
        """Send these soon; dropped while there is no link."""
        if not self._is_open:
            return
        self._waiting.extend(packets)
        if len(self._waiting) > WAITING_MAX:
            if not self.dropped:
                _log.warning("the broker is too slow: packets to it are dropped, and asked for")
            while len(self._waiting) > WAITING_MAX:
                self._waiting.popleft()
                self.dropped += 1
        self._news.set()

    async def drain(self, link: Link) -> None:
        """Send what waits, until the link breaks."""
        self._is_open = True
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._waiting:
                    count = min(BATCH_MAX, len(self._waiting))
                    await link.publish([self._waiting.popleft() for _ in range(count)])
        finally:
            self._is_open = False
            self._waiting.clear()

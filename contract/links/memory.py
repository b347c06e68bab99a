"""A link within one process: a small broker with clean sessions, for tests and experiments.

It behaves as a good MQTT 5 broker does, and can be made to behave as a bad one: `Hub.fault` is
asked about every packet and every receiver, and answers how many copies arrive, and when.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from contract.link import BATCH_MAX, UNREAD_PACKETS_MAX, Packet, Unavailable

Fault = Callable[[Packet, str], Sequence[float]]
"""(packet, client id of the receiver) → the delay in seconds of each copy; none for a drop."""


def matches(filter_: str, topic: str) -> bool:
    """Whether an MQTT topic filter matches a topic (MQTT 5, section 4.7)."""
    wanted, levels = filter_.split("/"), topic.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position >= len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)


def faultless(_packet: Packet, _client_id: str) -> Sequence[float]:
    """One copy, at once."""
    return (0.0,)


class Hub:
    """The broker: passes packets from link to link."""

    def __init__(self, fault: Fault = faultless) -> None:
        self.fault: Fault = fault
        self.is_up = True
        self._links: dict[str, MemoryLink] = {}

    @asynccontextmanager
    async def dial(
        self, client_id: str, *, will: Packet | None = None
    ) -> AsyncIterator["MemoryLink"]:
        """Connect; a second link of the same client id ends the first, as MQTT demands."""
        if not self.is_up:
            raise Unavailable("the hub is down")
        if former := self._links.pop(client_id, None):
            former.cut()
        link = MemoryLink(self, will)
        self._links[client_id] = link
        try:
            yield link
        finally:
            if self._links.get(client_id) is link:
                del self._links[client_id]
            link.will = None
            link.cut()

    def cut(self, client_id: str | None = None) -> None:
        """Break the link of one client, or of all."""
        for name in [client_id] if client_id else list(self._links):
            if link := self._links.pop(name, None):
                link.cut()

    def stop(self) -> None:
        """Break all links and accept no more, as a broker that was killed."""
        self.is_up = False
        self.cut()

    def start(self) -> None:
        """Accept links again; nothing is remembered."""
        self.is_up = True

    def route(self, packet: Packet) -> None:
        """Hand a packet to everyone who hears its topic."""
        loop = asyncio.get_running_loop()
        for client_id, link in list(self._links.items()):
            if not link.hears(packet.topic):
                continue
            for delay in self.fault(packet, client_id):
                if delay:
                    loop.call_later(delay, link.put, packet)
                else:
                    link.put(packet)


class MemoryLink:
    """One connection to a `Hub`."""

    def __init__(self, hub: Hub, will: Packet | None) -> None:
        self.will = will
        self._hub: Final = hub
        self._filters: set[str] = set()
        self._unread: deque[Packet] = deque(maxlen=UNREAD_PACKETS_MAX)
        self._arrived: Final = asyncio.Event()
        self._is_cut = False

    async def publish(self, packets: Sequence[Packet]) -> None:
        """See `contract.link.Link`."""
        self._check()
        for packet in packets:
            self._hub.route(packet)

    async def subscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        self._check()
        self._filters.update(filters)

    async def unsubscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        self._check()
        self._filters.difference_update(filters)

    async def receive(self) -> AsyncIterator[list[Packet]]:
        """See `contract.link.Link`."""
        while True:
            await self._arrived.wait()
            self._check()
            batch = [self._unread.popleft() for _ in range(min(BATCH_MAX, len(self._unread)))]
            if not self._unread:
                self._arrived.clear()
            if batch:
                yield batch

    def hears(self, topic: str) -> bool:
        """Whether a filter of this link matches."""
        return any(matches(filter_, topic) for filter_ in self._filters)

    def put(self, packet: Packet) -> None:
        """Deliver a packet, unless the link is cut."""
        if not self._is_cut:
            self._unread.append(packet)
            self._arrived.set()

    def cut(self) -> None:
        """Break this link; its will is said."""
        if self._is_cut:
            return
        self._is_cut = True
        self._arrived.set()
        if self.will is not None:
            self._hub.route(self.will)

    def _check(self) -> None:
        if self._is_cut:
            raise Unavailable("the link was cut")

"""The readings that somebody watches: which agents are heard for them, and what of it is told.

link ─▶ readings of an agent ─▶ signed by its own key? ─▶ those of watched devices ─▶ screens
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from command_center.board import Board
from contract.link import Link, Packet
from contract.messages import Reading, ReadingsTaken, Refused, Unreadable, read
from contract.signing import BadSignature, verify
from contract.topics import source_of, topic

_log: Final = logging.getLogger(__name__)


class Watching:
    """``tell`` hears the source and its verified readings."""

    def __init__(self, board: Board, tell: Callable[[str, Sequence[Reading]], None]) -> None:
        self._board: Final = board
        self._tell: Final = tell
        self._devices: frozenset[str] = frozenset()
        self._turned: Final = asyncio.Event()

    def watch(self, devices: Iterable[str]) -> None:
        """Hear the readings of these devices, and of no others."""
        self._devices = frozenset(devices)
        self.look()

    def look(self) -> None:
        """The board or the link is another one: devices may stand behind other agents."""
        self._turned.set()

    def hear(self, packet: Packet) -> None:
        """Readings arrived."""
        source = source_of(packet.topic)
        agent = self._board.agent(source) if source else None
        if agent is None or not agent.public_key:
            return
        try:
            verify(agent.public_key, packet.body, packet.sig)
            event = read(packet.body)
            message = event.message()
        except (BadSignature, Unreadable, Refused) as error:
            _log.debug("readings of %s: %s", source, error)
            return
        if event.source == source and isinstance(message, ReadingsTaken):
            wanted = [one for one in message.readings if one.device in self._devices]
            self._tell(event.source, wanted)

    async def tune(self, link: Link) -> None:
        """Subscribe to what is watched, until the link breaks."""
        heard: set[str] = set()
        while True:
            await self._turned.wait()
            self._turned.clear()
            found = map(self._board.source_of, self._devices)
            wanted = {topic(source, "readings") for source in found if source}
            if new := wanted - heard:
                await link.subscribe(*new)
            if old := heard - wanted:
                await link.unsubscribe(*old)
            heard = wanted

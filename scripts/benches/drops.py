"""What a broker has dropped by its own count, heard while a bench runs.

At QoS 0 mosquitto drops what a receiver has no room for, and says so to nobody but this topic.
"""

import asyncio
import threading
from contextlib import suppress
from typing import Final

from contract.link import Rejected, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from tests.system.servers import Server

TOPIC: Final = "$SYS/broker/publish/messages/dropped"
EVERY_S: Final = 1
"""So often it is said, if it has changed."""
CONFIG: Final = f"sys_interval {EVERY_S}\n"
"""What a mosquitto has to be told for it."""


class Drops:
    """Hears the count in a thread of its own, as long as the broker runs."""

    def __init__(self, broker: Server) -> None:
        self.count = 0
        self._broker: Final = broker
        threading.Thread(target=asyncio.run, args=(self._hear(),), daemon=True).start()

    async def _hear(self) -> None:
        with suppress(Unavailable, Rejected):
            async with dialler(BrokerConfig(port=self._broker.port))("bench-drops") as link:
                await link.subscribe(TOPIC)
                async for packets in link.receive():
                    self.count = int(packets[-1].body)

"""Tells systemd that a service has started and that its event loop still turns (sd_notify(3)).

Only where systemd asks for it: ``NOTIFY_SOCKET`` names where, ``WATCHDOG_USEC`` how often.
"""

import asyncio
import socket
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Final

BEATS: Final = 3
"""Beats in one period of the watchdog: two may be late."""
PERIOD_S_MAX: Final = 3_600.0
"""Without a watchdog there is nothing to beat for; the task sleeps for so long at a time."""


async def watched(service: Coroutine[None, None, None], environment: Mapping[str, str]) -> None:
    """Run a service, and say so to whoever started it, if they listen."""
    where = environment.get("NOTIFY_SOCKET", "")
    if not where:
        await service
        return
    async with asyncio.TaskGroup() as tasks:
        beating = tasks.create_task(_beat(where, _every_s(environment)), name="watchdog")
        try:
            await service
        finally:
            beating.cancel()


def _every_s(environment: Mapping[str, str]) -> float:
    """Seconds between two beats."""
    with suppress(ValueError):
        return min(int(environment.get("WATCHDOG_USEC", "")) / 1e6 / BEATS, PERIOD_S_MAX)
    return PERIOD_S_MAX


async def _beat(where: str, every_s: float) -> None:
    address = "\0" + where[1:] if where.startswith("@") else where
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
        door.settimeout(0)
        said = b"READY=1\nWATCHDOG=1"
        try:
            while True:
                _say(door, address, said)
                await asyncio.sleep(every_s)
                said = b"WATCHDOG=1"
        finally:
            _say(door, address, b"STOPPING=1")


def _say(door: socket.socket, address: str, said: bytes) -> None:
    """Who does not listen misses it: a service never ends because of its watchdog's door."""
    with suppress(OSError):
        door.sendto(said, address)

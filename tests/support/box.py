"""A box as a gateway meets it: it enrols, and what its outbox holds is said by the real uplink."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from contract.clock import Clock
from contract.delivery import uplink
from contract.delivery.enrolment import enrol
from contract.delivery.outbox import Outbox
from contract.identifiers import Source
from contract.link import Dial, Unavailable
from contract.links.memory import Hub
from contract.messages import Device, DeviceAlive
from contract.signing import Key
from contract.topics import topic
from gateway.trust.codes import make_code
from tests.support.waiting import until

WAIT_S_MAX: Final = 60


async def until_heard(hub: Hub, source: Source) -> None:
    """Wait for a gateway that hears this source: what is asked before is asked in vain."""
    asking = topic(source, "enrol")
    await until(lambda: any(link.hears(asking) for link in hub._links.values()))


async def enrolled(dial: Dial, gateway: Path, source: Source, key: Key, clock: Clock) -> bytes:
    """Enrol at the gateway of that folder, as soon as it answers; returns its public key."""
    code = make_code(gateway, source, clock)
    async with asyncio.timeout(WAIT_S_MAX):
        while True:
            try:
                return await enrol(dial, source=source, key=key, code=code, clock=clock)
            except Unavailable:
                await asyncio.sleep(0.2)


@asynccontextmanager
async def speaking(
    outbox: Outbox,
    dial: Dial,
    gateway_key: bytes,
    clock: Clock,
    *,
    devices: tuple[Device, ...] = (),
    alive: Callable[[], tuple[DeviceAlive, ...]] = tuple,
) -> AsyncIterator[None]:
    """The uplink of an outbox, until the end of the block."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            uplink.run(
                outbox,
                dial,
                gateway_key=gateway_key,
                facts=lambda: uplink.Facts("1", devices),
                alive=alive,
                clock=clock,
            ),
            name="uplink",
        )
        try:
            yield
        finally:
            running.cancel()

"""Waits until the gateway knows that agents are alive and have found their devices."""

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final

from contract.ask import Asker
from contract.clock import Clock
from contract.identifiers import Source
from contract.link import Dial, Link
from contract.messages import AgentChanged, ChangesAsked, ChangesTold, read
from greenlane.exits import Outside

LOOK_EVERY_S: Final = 0.2
FOUND_S_MAX: Final = 60.0


async def all_found(dial: Dial, gateway: Source, agents: Sequence[Source], clock: Clock) -> None:
    """Return once all these agents are alive and have all their devices; `Outside` if not."""
    me = Source.of(gateway.post, "demo")
    session = secrets.token_hex(8)
    async with dial(f"{me.post}-{me.name}-{session}") as link:
        asker = Asker(link, me=me, session=session, clock=clock)
        await link.subscribe(asker.reply_to)
        async with asyncio.TaskGroup() as tasks:
            hearing = tasks.create_task(_hear(link, asker), name="presence")
            await _wait(asker, gateway, agents)
            hearing.cancel()


async def _wait(asker: Asker, gateway: Source, agents: Sequence[Source]) -> None:
    missing = set(agents)
    try:
        async with asyncio.timeout(FOUND_S_MAX):
            while missing:
                missing = set(agents) - await _present(asker, gateway)
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError as error:
        names = ", ".join(sorted(one.name for one in missing))
        raise Outside(f"Not all parts came up in {FOUND_S_MAX:.0f} s: {names}.") from error


async def _present(asker: Asker, gateway: Source) -> set[Source]:
    """Agents that are alive, with every device found, by a snapshot of the gateway."""
    told = await asker.ask(gateway, ChangesAsked())
    present = set()
    for signed in told.changes if isinstance(told, ChangesTold) else ():
        message = read(signed.body).message()
        if not isinstance(message, AgentChanged) or message.state != "alive":
            continue
        if all(device.is_found for device in message.devices):
            present.add(Source(message.source))
    return present


async def _hear(link: Link, asker: Asker) -> None:
    async for batch in link.receive():
        for packet in batch:
            asker.told(packet)

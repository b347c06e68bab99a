"""Waits until a gateway answers, and until it knows that agents and all their devices are there."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from contract.ask import Asker
from contract.clock import Clock
from contract.identifiers import Source
from contract.link import Dial, Link
from contract.messages import AgentChanged, ChangesAsked, ChangesTold, read
from greenlane.exits import Outside

ANSWER_S_MAX: Final = 0.5
"""A question that was asked before the gateway listened is lost: ask again soon."""
LOOK_EVERY_S: Final = 0.1
THERE_S_MAX: Final = 60.0


async def gateway_answers(presence: "Presence") -> None:
    """Return once the gateway answers; `Outside` if it does not."""
    try:
        async with asyncio.timeout(THERE_S_MAX):
            while not await presence.told():
                pass
    except TimeoutError as error:
        raise Outside(f"The gateway did not answer in {THERE_S_MAX:.0f} s.") from error


async def all_found(presence: "Presence", agents: Sequence[Source]) -> None:
    """Return once all these agents are alive and have all their devices; `Outside` if not."""
    missing = set(agents)
    try:
        async with asyncio.timeout(THERE_S_MAX):
            while missing := set(agents) - await presence.alive():  # noqa: ASYNC110 - polled
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError as error:
        names = ", ".join(sorted(one.name for one in missing))
        raise Outside(f"Not everything came up in {THERE_S_MAX:.0f} s: {names}.") from error


class Presence:
    """Asks a gateway what it knows."""

    def __init__(self, asker: Asker, gateway: Source) -> None:
        self._asker: Final = asker
        self._gateway: Final = gateway

    @classmethod
    @asynccontextmanager
    async def at(cls, gateway: Source, dial: Dial, clock: Clock) -> AsyncIterator["Presence"]:
        """Ask over a link of its own."""
        me = Source.of(gateway.post, "presence")
        session = secrets.token_hex(8)
        async with dial(f"{me.post}-{me.name}-{session}") as link, asyncio.TaskGroup() as tasks:
            asker = Asker(link, me=me, session=session, clock=clock)
            await link.subscribe(asker.reply_to)
            hearing = tasks.create_task(_hear(link, asker), name="presence")
            yield cls(asker, gateway)
            hearing.cancel()

    async def told(self) -> ChangesTold | None:
        """A snapshot of all that the gateway knows; none if it does not answer."""
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = await self._asker.ask(self._gateway, ChangesAsked())
        except TimeoutError:
            return None
        return answer if isinstance(answer, ChangesTold) else None

    async def alive(self) -> set[Source]:
        """Agents that are alive, with every device found."""
        told = await self.told()
        messages = [read(signed.body).message() for signed in told.changes] if told else []
        return {
            Source(message.source)
            for message in messages
            if isinstance(message, AgentChanged)
            and message.state == "alive"
            and message.devices
            and all(device.is_found for device in message.devices)
        }


async def _hear(link: Link, asker: Asker) -> None:
    async for batch in link.receive():
        for packet in batch:
            asker.told(packet)

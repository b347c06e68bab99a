"""Hears what the gateway decides, as a command center does: live, and by asking."""

import asyncio
import logging
import os
from collections.abc import Callable
from typing import Final

from command_center.change import Change, read_change
from contract.ask import Asker
from contract.clock import Clock
from contract.identifiers import Source
from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.messages import (
    ChangesAsked,
    ChangesTold,
    JudgeChanged,
    Message,
    SignedBytes,
    Unreadable,
)
from contract.signing import BadSignature
from contract.stopping import apart
from contract.topics import topic

NAME: Final = "simulate"
REDIAL_S: Final = 1.0
POLL_S: Final = 5.0
"""So often the gateway is asked for what is new, whatever was heard."""

log: Final = logging.getLogger(__name__)


class Watcher:
    """`run` until cancelled; `law` is the gateway's once it is known."""

    def __init__(
        self, gateway: Source, gateway_key: bytes, heard: Callable[[Message], None], clock: Clock
    ) -> None:
        self.law: Final[asyncio.Future[JudgeChanged]] = asyncio.get_running_loop().create_future()
        self._gateway: Final = gateway
        self._key: Final = gateway_key
        self._heard: Final = heard
        self._clock: Final = clock
        self._me: Final = Source.of(gateway.post, NAME)
        self._behind: Final = asyncio.Event()
        self._epoch: str | None = None
        self._number = 0

    async def run(self, dial: Dial) -> None:
        """Watch over whatever link there is."""
        while True:
            session = os.urandom(4).hex()
            try:
                await apart(self._use_link(dial, session), "watcher link")
            except* (Unavailable, Rejected) as group:
                log.warning("the watcher has no link: %s", group.exceptions[0])
            await self._clock.sleep(REDIAL_S)

    async def _use_link(self, dial: Dial, session: str) -> None:
        async with dial(f"{self._me.post}-{NAME}-{session}") as link:
            await self._watch(link, session)

    async def _watch(self, link: Link, session: str) -> None:
        asker = Asker(link, me=self._me, session=session, clock=self._clock)
        await link.subscribe(topic(self._gateway, "changes"), asker.reply_to)
        self._behind.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear(link, asker), name="watcher hears")
            tasks.create_task(self._keep_up(asker), name="watcher asks")

    async def _hear(self, link: Link, asker: Asker) -> None:
        async for batch in link.receive():
            for packet in batch:
                if packet.topic == asker.reply_to:
                    asker.told(packet)
                else:
                    self._live(packet)

    def _live(self, packet: Packet) -> None:
        change = self._read(SignedBytes(body=packet.body, keyid=packet.keyid, sig=packet.sig))
        if change is None:
            return
        is_next = (change.epoch, change.number) == (self._epoch, self._number + 1)
        if is_next:
            self._number = change.number
        elif change.epoch != self._epoch or change.number > self._number:
            self._behind.set()
        self._take(change)  # at once, hole or not: it is the arrival that is timed

    async def _keep_up(self, asker: Asker) -> None:
        while True:
            try:
                async with asyncio.timeout(POLL_S):
                    await self._behind.wait()
            except TimeoutError:
                pass
            self._behind.clear()
            is_last = False
            while not is_last:
                is_last = await self._ask(asker)

    async def _ask(self, asker: Asker) -> bool:
        try:
            page = await asker.ask(
                self._gateway, ChangesAsked(epoch=self._epoch, after=self._number)
            )
        except Unavailable as error:
            log.warning("the watcher hears no answer: %s", error)
            self._behind.set()
            return True
        if not isinstance(page, ChangesTold):
            raise Rejected("the gateway answers another question")
        for signed in page.changes:
            change = self._read(signed)
            if change is not None:
                self._take(change)
        is_newer = page.epoch != self._epoch or page.upto > self._number
        if is_newer:
            self._epoch, self._number = page.epoch, page.upto
        return page.is_last or not is_newer

    def _take(self, change: Change) -> None:
        message = change.message
        if isinstance(message, JudgeChanged) and not self.law.done():
            self.law.set_result(message)
        if message is not None:
            self._heard(message)

    def _read(self, signed: SignedBytes) -> Change | None:
        try:
            return read_change(signed, gateway=self._gateway, gateway_key=self._key)
        except (BadSignature, Unreadable) as error:
            log.warning("the watcher ignores a change: %s", error)
            return None

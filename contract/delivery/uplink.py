"""Brings an outbox to the gateway, over whatever link there is: says, listens, dials again."""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from contract.clock import Clock, GuidedClock, stamp
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Outgoing
from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.messages import (
    AgentAlive,
    AgentBorn,
    Device,
    DeviceAlive,
    Message,
    ModelUsed,
    Receipt,
    Refused,
    SignedBytes,
    Unreadable,
    compose,
    read,
)
from contract.signing import BadSignature, keyid_of, verify
from contract.stopping import apart
from contract.topics import topic

log = logging.getLogger(__name__)

ALIVE_EVERY_S: Final = 10.0
TIDY_EVERY_S: Final = 600.0
REDIAL_S_FIRST: Final = 0.5
REDIAL_S_MAX: Final = 10.0
BORN_AGAIN_S_FIRST: Final = 0.5
BORN_AGAIN_S_MAX: Final = 60.0
REVOKED_S: Final = 600.0
"""A source whose key was revoked hangs up, and asks so seldom whether that still holds."""
LOOK_EVERY_S: Final = 0.5
"""How long the speaker waits for news before it looks for time-outs."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What `agent.born` says of the source."""

    version: str
    devices: tuple[Device, ...] = ()
    models: tuple[ModelUsed, ...] = ()


async def run(
    outbox: Outbox,
    dial: Dial,
    *,
    gateway_key: bytes,
    facts: Callable[[], Facts],
    alive: Callable[[], tuple[DeviceAlive, ...]],
    clock: Clock,
) -> None:
    """Deliver until cancelled; receipts count if they are signed with ``gateway_key`` (public)."""
    uplink = _Uplink(outbox, gateway_key, facts, alive, clock)
    wait, told = REDIAL_S_FIRST, ""
    while True:
        dialled_at = uplink.now
        try:
            await apart(_use_link(uplink, dial), f"{outbox.source} link")
        except* (Unavailable, Rejected) as group:
            if uplink.now - dialled_at > REDIAL_S_MAX:
                wait, told = REDIAL_S_FIRST, ""  # it stood for a while: this is a new trouble
            if outbox.end.is_revoked:
                wait = REVOKED_S
            error = group.exceptions[0]
            level = logging.ERROR if isinstance(error, Rejected) else logging.WARNING
            trouble = f"{error}; next try in {wait:.1f} s"
            if trouble != told:  # a day without a network is no news every ten seconds
                log.log(level, "%s has no link: %s", outbox.source, trouble)
            told = trouble
        await clock.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret
        wait = min(wait * 2, REDIAL_S_MAX)


async def _use_link(uplink: "_Uplink", dial: Dial) -> None:
    """One link, from dialling until it breaks."""
    source, epoch = uplink.outbox.source, uplink.outbox.end.epoch
    will = Packet(topic=topic(source, "gone"), body=epoch.encode(), content_type="text/plain")
    name = f"{source.post}-{source.name}-{epoch}"
    async with dial(name, will=will) as link:
        await link.subscribe(topic(source, "receipts"))
        log.info("%s has a link, epoch %s", source, epoch)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(uplink.hear(link), name=f"{source} hears receipts")
            tasks.create_task(uplink.speak(link), name=f"{source} speaks")


class _Uplink:
    """What outlives a link."""

    def __init__(
        self,
        outbox: Outbox,
        gateway_key: bytes,
        facts: Callable[[], Facts],
        alive: Callable[[], tuple[DeviceAlive, ...]],
        clock: Clock,
    ) -> None:
        self.outbox: Final = outbox
        self._gateway_key: Final = gateway_key
        self._gateway_keyid: Final = keyid_of(gateway_key)
        self._facts: Final = facts
        self._alive: Final = alive
        self._clock: Final = clock
        self._born_wanted = True
        self._is_absent = False

    @property
    def now(self) -> float:
        """Seconds on the monotonic clock."""
        return self._clock.monotonic_ns() / 1e9

    async def hear(self, link: Link) -> None:
        """Take receipts until the link breaks, or one says that our key counts no more."""
        async for batch in link.receive():
            for packet in batch:
                await self._take(packet)

    async def _take(self, packet: Packet) -> None:
        try:
            verify(self._gateway_key, packet.body, packet.sig)
            event = read(packet.body)
            receipt = event.message()
        except (BadSignature, Unreadable, Refused) as error:
            log.warning("%s ignores a receipt: %s", self.outbox.source, error)
            return
        if not isinstance(receipt, Receipt):
            return
        if isinstance(self._clock, GuidedClock):
            self._clock.hint(event.time)
        signed = SignedBytes(body=packet.body, keyid=self._gateway_keyid, sig=packet.sig)
        end = self.outbox.end
        heard = await self.outbox.call(end.hear, signed, receipt, self.now)
        if end.is_revoked and heard != "stale":
            raise Rejected(
                "its key was revoked. Everything is kept and nothing is sent until it is enrolled "
                "anew: greenlane … enroll --new-key --code CODE"
            )
        if heard == "say born":
            self._born_wanted = True
        self.outbox.changed.set()

    async def speak(self, link: Link) -> None:
        """Send births, signs of life and whatever is due, until the link breaks."""
        end = self.outbox.end
        await self.outbox.call(end.sender.redialled, self.now)
        self._born_wanted = True
        born_again_s, born_at = BORN_AGAIN_S_FIRST, self.now
        alive_at = tidied_at = self.now
        while True:
            self.outbox.changed.clear()
            is_absent = end.sender.is_absent(self.now) or end.is_revoked
            self._note_absence(is_absent=is_absent)
            if not is_absent:
                born_again_s = BORN_AGAIN_S_FIRST
            elif self.now >= born_at + born_again_s:
                self._born_wanted = True
                born_again_s = min(born_again_s * 2, BORN_AGAIN_S_MAX)
            if self._born_wanted:
                self._born_wanted = False
                born_at = self.now
                going = await self.outbox.call(end.successions)
                await link.publish([*map(self._packet, going), self._signed(await self._born())])
            if not is_absent and self.now >= alive_at + ALIVE_EVERY_S:
                alive_at = self.now
                await link.publish([self._signed(await self._alive_message())])
            if self.now >= tidied_at + TIDY_EVERY_S:
                tidied_at = self.now
                await self.outbox.call(end.tidy, stamp(self._clock))
            if not await self._send_due(link):
                await self._wait()

    async def _send_due(self, link: Link) -> bool:
        end = self.outbox.end
        try:
            going = await self.outbox.call(end.due, stamp(self._clock), self.now)
        except Unavailable as error:
            log.error("%s: %s", self.outbox.source, error)  # noqa: TRY400 - a sentence says it
            await self._clock.sleep(LOOK_EVERY_S)
            return False
        await link.publish([self._packet(one) for one in going])
        return bool(going)

    def _packet(self, one: Outgoing) -> Packet:
        return Packet(
            topic=topic(self.outbox.source, one.stream),
            body=one.body,
            content_type=one.content_type,
            keyid=one.keyid,
            sig=one.sig,
        )

    async def _born(self) -> Message:
        facts, end = self._facts(), self.outbox.end
        return AgentBorn(
            keyid=self.outbox.key.keyid,
            version=facts.version,
            epochs=await self.outbox.call(end.named, every=True),
            devices=facts.devices,
            models=facts.models,
            is_clock_synchronised=self._clock.error_ms() is not None,
        )

    async def _alive_message(self) -> Message:
        end = self.outbox.end
        return AgentAlive(
            epochs=await self.outbox.call(end.named, every=False),
            queues=await self.outbox.call(end.queues),
            devices=self._alive(),
        )

    def _signed(self, message: Message) -> Packet:
        source = self.outbox.source
        body = compose(message, source=source, stamp=stamp(self._clock))
        key = self.outbox.key
        return Packet(topic=topic(source, "life"), body=body, keyid=key.keyid, sig=key.sign(body))

    def _note_absence(self, *, is_absent: bool) -> None:
        if is_absent != self._is_absent:
            self._is_absent = is_absent
            state = "is silent: keeping everything" if is_absent else "answers"
            log.info("%s: the gateway %s", self.outbox.source, state)

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S):
                await self.outbox.changed.wait()

"""What a gateway from a script has in common with a real one, so that nobody can tell it apart.

It numbers, chains and signs its changes and tells them again, keeps a ledger and gives receipts.
What it answers to other questions, and what it does with an act, is its script's.
"""

from dataclasses import dataclass, field
from typing import Final

from command_center.board import thing_of
from contract.ask import answer
from contract.clock import Clock, stamp
from contract.identifiers import Source
from contract.link import Link, Packet
from contract.messages import (
    GENESIS,
    AgentAlive,
    AgentBorn,
    ChangesAsked,
    ChangesTold,
    Identity,
    Message,
    OfficerActed,
    Receipt,
    SignedBytes,
    compose,
    read,
)
from contract.signing import Key
from contract.topics import every, topic
from contract.wire import hash_of
from gateway.judge.ledger import Ledger

GATEWAY: Final = Source("/KEMBA/gateway")
EPOCH: Final = "0123456789abcdef"


@dataclass
class ScriptedGateway:
    """A gateway without rules; a script fills in `answered` and `acted`."""

    key: Key
    clock: Clock
    epoch: str = EPOCH
    answer_key: Key | None = None
    """What answers are signed with, if not with the gateway's own key."""
    is_mute: bool = False
    """Hears, and says nothing any more."""
    pruned: int = 0
    """Changes up to this number are no longer told one by one."""
    page_max: int = 1_000
    changes: list[SignedBytes] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    """What they say."""
    link: Link | None = None
    _ledger: Ledger = field(default_factory=Ledger)

    async def answered(self, question: Message) -> Message:
        """What a question is answered with that is not one for changes."""
        raise NotImplementedError

    async def acted(self, acted: OfficerActed) -> None:
        """What an act, heard for the first time, leads to."""
        raise NotImplementedError

    async def hear(self, link: Link) -> None:
        """Take what is asked and said, until the link ends."""
        self.link = link
        async for batch in link.receive():
            for packet in batch:
                if not self.is_mute:
                    await self._take(link, packet)

    async def listen(self, link: Link) -> None:
        """Ask the broker for what is meant for a gateway."""
        await link.subscribe(topic(GATEWAY, "ask"), every("+", "life"), every("+", "events"))

    async def tell(self, message: Message, *, is_lost: bool = False) -> None:
        """Say the next change; ``is_lost``: the broker drops it."""
        body = compose(
            message,
            source=GATEWAY,
            stamp=stamp(self.clock),
            identity=Identity(GATEWAY, "changes", self.epoch, len(self.changes) + 1),  # type: ignore[arg-type]  # the gateway's own stream
            previous=hash_of(self.changes[-1].body) if self.changes else GENESIS,
        )
        signed = self.key.seal(body)
        self.changes.append(signed)
        self.messages.append(message)
        if not is_lost:
            await self.say(signed)

    async def say(self, signed: SignedBytes, where: str = topic(GATEWAY, "changes")) -> None:
        """Publish, if there is a link."""
        if not self.is_mute and self.link is not None:
            packet = Packet(topic=where, body=signed.body, keyid=signed.keyid, sig=signed.sig)
            await self.link.publish([packet])

    async def _take(self, link: Link, packet: Packet) -> None:
        event = read(packet.body)
        message = event.message()
        if packet.reply_to:
            told = (
                self.told(message)
                if isinstance(message, ChangesAsked)
                else await self.answered(message)
            )
            key = self.answer_key or self.key
            await link.publish([answer(packet, told, me=GATEWAY, clock=self.clock, key=key)])
            return
        if isinstance(message, AgentBorn | AgentAlive):
            self._ledger.claim(event.source, message.epochs)
        is_new = event.identity is not None and self._ledger.look(event.identity) == "new"
        if is_new and event.identity is not None:
            self._ledger.hear(event.identity, hash_of(packet.body), event.previous)
        await self._receipt(event.source)
        if is_new and isinstance(message, OfficerActed):
            await self.acted(message)

    async def _receipt(self, source: str) -> None:
        receipt = Receipt(
            journal=self.epoch,
            position=len(self.changes),
            agent=source,
            window=64,
            window_s=30,
            streams=self._ledger.receipt_streams(source),
        )
        body = compose(receipt, source=GATEWAY, stamp=stamp(self.clock))
        await self.say(self.key.seal(body), topic(source, "receipts"))

    def told(self, asked: ChangesAsked) -> ChangesTold:
        """A page of changes, or where those are gone or of another journal the latest of each."""
        upto = len(self.changes)
        if asked.epoch != self.epoch or not self.pruned <= asked.after <= upto:
            latest = {
                thing_of(message) or message.type: number
                for number, message in enumerate(self.messages)
            }
            return ChangesTold(
                epoch=self.epoch,
                upto=upto,
                is_snapshot=True,
                is_last=True,
                changes=tuple(self.changes[number] for number in sorted(latest.values())),
            )
        page = self.changes[asked.after : asked.after + self.page_max]
        end = asked.after + len(page)
        return ChangesTold(
            epoch=self.epoch, upto=end, is_snapshot=False, is_last=end == upto, changes=tuple(page)
        )

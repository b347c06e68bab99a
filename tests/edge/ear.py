"""A small gateway of real parts: hears one agent on a hub, checks every signature, receipts."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from contract.clock import Clock, stamp
from contract.identifiers import Source
from contract.link import Packet, Unavailable
from contract.links.memory import Hub
from contract.messages import (
    AgentAlive,
    AgentBorn,
    BlobPart,
    Event,
    Message,
    Receipt,
    compose,
)
from contract.signing import Key, verify
from contract.topics import every, topic
from contract.wire import check_part, hash_of, unwrap
from gateway.judge.ledger import Ledger

GATEWAY: Final = Source("/KEMBA/gateway")


@dataclass
class Ear:
    """What was heard of ``agent``, each number once and in the order of its arrival."""

    hub: Hub
    agent: Source
    agent_key: Key
    clock: Clock
    key: Key = field(default_factory=Key.make)
    events: list[Event] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    born: list[AgentBorn] = field(default_factory=list)
    alive: list[AgentAlive] = field(default_factory=list)
    blobs: dict[str, bytearray] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    position: int = 0

    async def run(self) -> None:
        """Hear and answer until cancelled, over as many links as it takes."""
        while True:
            try:
                async with self.hub.dial("ear") as link:
                    leaves = ("events", "readings", "bulk", "life")
                    await link.subscribe(*(every("KEMBA", leaf) for leaf in leaves))
                    async for batch in link.receive():
                        for packet in batch:
                            self._hear(packet)
                        await link.publish([self._receipt()])
            except Unavailable:
                await asyncio.sleep(0.05)

    async def until(self, holds: Callable[[], bool], within_s: float = 30) -> None:
        """Wait for something to be true."""
        async with asyncio.timeout(within_s):
            while not holds():
                await asyncio.sleep(0.02)

    def of(self, kind: type[Message]) -> list[Message]:
        """The messages of one type."""
        return [message for message in self.messages if isinstance(message, kind)]

    def whole_blobs(self) -> list[str]:
        """Hashes of the blobs of which all bytes are here and right."""
        return [
            name for name, body in self.blobs.items() if hashlib.sha256(body).hexdigest() == name
        ]

    def _hear(self, packet: Packet) -> None:
        event, frame = unwrap(packet.body, packet.content_type)
        verify(self.agent_key.public, frame.envelope, packet.sig)
        message = event.message()
        if isinstance(message, AgentBorn | AgentAlive):
            self.ledger.claim(event.source, message.epochs)
            (self.born if isinstance(message, AgentBorn) else self.alive).append(message)  # type: ignore[arg-type]  # each to its own
            return
        identity = event.identity
        if identity is None or self.ledger.look(identity) != "new":
            return
        self.ledger.hear(identity, hash_of(frame.envelope), event.previous)
        self.events.append(event)
        self.messages.append(message)
        if isinstance(message, BlobPart):
            check_part(message, frame.raw)
            body = self.blobs.setdefault(message.sha256, bytearray(message.size_bytes))
            body[message.offset_bytes : message.offset_bytes + message.part_bytes] = frame.raw

    def _receipt(self) -> Packet:
        self.position += 1
        receipt = Receipt(
            journal="a" * 16,
            position=self.position,
            agent=self.agent,
            window=100,
            window_s=30,
            streams=self.ledger.receipt_streams(self.agent),
        )
        body = compose(receipt, source=GATEWAY, stamp=stamp(self.clock))
        return Packet(topic=topic(self.agent, "receipts"), body=body, sig=self.key.sign(body))

"""Somebody at the broker speaks in the names of others, with a key that none of them has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from contract.clock import stamp
from contract.identifiers import Source
from contract.link import Packet
from contract.messages import (
    GENESIS,
    STREAMS,
    Alert,
    AlertChanged,
    Identity,
    Message,
    Receipt,
    SealRead,
    StreamReceipt,
    compose,
)
from contract.signing import Key
from contract.topics import leaf_of, topic
from tests.faults.agent import Agent
from tests.faults.center import Center
from tests.support.virtual import START, VirtualClock

EPOCH: Final = "f" * 16
SEAL: Final = "FORGED"
AHEAD: Final = 1_000
"""A forged receipt says that so much is kept which nobody said yet."""


@dataclass(eq=False)
class Forger:
    """What is said to whom; none of it may count."""

    center: Center
    key: Key = field(default_factory=Key.make)
    clock: VirtualClock = field(default_factory=VirtualClock)

    def packets(self, agent: Agent) -> Iterator[Packet]:
        """To the gateway seals, to the agent a receipt, to the command center an alert.

        Of the seals one names the forger's key, the other one the agent's.
        """
        seal = SealRead(device="reader-0", seal=SEAL, state="opened", subject=SEAL)
        for number, keyid in enumerate((self.key.keyid, agent.key.keyid), start=1):
            identity = Identity(agent.source, "events", EPOCH, number)
            yield self.packet(seal, agent.source, identity, keyid)
        gateway = self.center.gateway
        if agent.outbox is not None:
            yield self.packet(self._receipt(agent), gateway, None, self.key.keyid, agent.source)
        board = self.center.board
        identity = Identity(gateway, "changes", board.epoch or EPOCH, board.number + 1)  # type: ignore[arg-type]  # the gateway's own stream
        yield self.packet(self._alert(agent), gateway, identity, self.key.keyid)

    def packet(
        self,
        message: Message,
        source: Source,
        identity: Identity | None,
        keyid: str,
        to: Source | None = None,
    ) -> Packet:
        """A message in the name of ``source``, signed with the forger's key."""
        at = stamp(self.clock)
        previous = GENESIS if identity else ""
        body = compose(message, source=source, stamp=at, identity=identity, previous=previous)
        where = topic(to or source, leaf_of(type(message)))
        return Packet(topic=where, body=body, keyid=keyid, sig=self.key.sign(body))

    def _receipt(self, agent: Agent) -> Receipt:
        assert agent.outbox is not None
        end = agent.outbox.end
        return Receipt(
            journal=end.sender.journal or EPOCH,
            position=end.sender.position + 1,
            agent=agent.source,
            window=AHEAD,
            window_s=30,
            streams=tuple(
                StreamReceipt(epoch=end.epoch, stream=stream, upto=AHEAD, hash=None, seen=AHEAD)
                for stream in STREAMS
            ),
        )

    def _alert(self, agent: Agent) -> AlertChanged:
        return AlertChanged(
            alert=Alert(
                id=SEAL,
                rule="seal_opened",
                subject=SEAL,
                post=str(agent.source.post),
                source=agent.source,
                device="reader-0",
                severity="critical",
                state="open",
                title="A seal was opened",
                detail="Nobody opened it.",
                opened_at=START,
                told_at=START,
                changed_at=START,
            )
        )

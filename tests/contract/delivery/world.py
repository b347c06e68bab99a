"""A source, a gateway and the worst network between them, all in one thread and without a clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import Outgoing, Said, SourceEnd
from contract.delivery.store import Store
from contract.identifiers import Source
from contract.messages import (
    AgentBorn,
    Identity,
    Reading,
    ReadingsTaken,
    Receipt,
    Refused,
    SealRead,
    SignedBytes,
    Stamp,
    StreamLost,
    read,
)
from contract.signing import Key
from contract.wire import hash_of, split
from gateway.judge.ledger import Ledger

T = TypeVar("T")
START: Final = datetime(2026, 11, 22, tzinfo=UTC)
SOURCE: Final = Source("/KEMBA/gate-2")
KEY: Final = Key(bytes(range(32)))


@dataclass
class World:
    """Both ends, and what is on its way between them."""

    messages_max: int = 1_000
    now: float = 0.0
    up: list[Outgoing | AgentBorn] = field(default_factory=list)
    down: list[Receipt] = field(default_factory=list)
    said: dict[str, Identity] = field(default_factory=dict)
    """Token → the first identity that it was said under."""
    destroyed: set[str] = field(default_factory=set)
    """Tokens that a restored card never knew of."""
    kept: dict[Identity, bytes] = field(default_factory=dict)
    """The gateway's journal."""
    forks: list[Identity] = field(default_factory=list)
    breaks: int = 0
    journals: int = 0
    position: int = 0
    epochs: int = 0

    def __post_init__(self) -> None:
        """Switch both ends on."""
        self.card = Store(":memory:")
        self.ledger = Ledger()
        self.journal = self.new_journal()
        self.start_source()

    # --- the source

    def start_source(self) -> None:
        """Start, or start again after the power went."""
        self.source = SourceEnd(
            self.card,
            source=SOURCE,
            key=KEY,
            make_epoch=self.make_epoch,
            limits=OutboxLimits(messages_max=self.messages_max),
        )
        self.say_born()

    def make_epoch(self) -> str:
        """Never the same twice."""
        self.epochs += 1
        return f"{self.epochs:016x}"

    def stamp(self) -> Stamp:
        """The present."""
        at = START + timedelta(seconds=self.now)
        return Stamp(observed_at=at, boot_id="boot", monotonic_ns=int(self.now * 1e9))

    def say(self, *, urgent: bool) -> None:
        """Say one more thing that nobody said before."""
        token = f"T{len(self.said):06d}"
        reading = Reading(
            device=token, metric="temperature", value=1.0, unit="Cel", observed_at=START
        )
        message = (
            SealRead(device="reader-1", seal=token, state="intact")
            if urgent
            else ReadingsTaken(readings=(reading,))
        )
        (identity,) = self.source.say([Said(message)], self.stamp())
        assert not isinstance(identity, Refused)
        self.said[token] = identity

    def say_born(self) -> None:
        """What the uplink says first on every link."""
        epochs = self.source.named(every=True)
        self.up.append(AgentBorn(keyid=KEY.keyid, version="1", epochs=epochs))

    def send(self) -> None:
        """Hand over what is due."""
        self.up += self.source.due(self.stamp(), self.now)

    def take_card_copy(self) -> tuple[bytes, set[str]]:
        """An image of the card as it now is."""
        return self.card.dump(), set(self.said)

    def restore_card(self, copy: tuple[bytes, set[str]]) -> None:
        """Put an earlier image back: what was said since never happened, for the source."""
        self.destroyed |= set(self.said) - copy[1]
        self.card.restore(copy[0])
        self.start_source()

    # --- the gateway

    def new_journal(self) -> str:
        """A name for a journal."""
        self.journals += 1
        return f"{self.journals:016x}"

    def restore_gateway(self, kept: dict[Identity, bytes]) -> None:
        """Go back to an earlier copy of the journal, under a new name."""
        self.kept = dict(kept)
        self.journal = self.new_journal()
        self.restart_gateway()

    def restart_gateway(self) -> None:
        """Build the ledger again from the journal."""
        self.ledger = Ledger()
        for identity, envelope in self.kept.items():
            self._fold(identity, envelope)

    def arrive(self, packet: Outgoing | AgentBorn) -> None:
        """The gateway reads a packet."""
        if isinstance(packet, AgentBorn):
            self.ledger.claim(SOURCE, packet.epochs)
            self.receipt()
            return
        envelope = split(packet.body, packet.content_type).envelope
        identity = read(envelope).identity
        assert identity is not None
        verdict = self.ledger.look(identity)
        if verdict == "held":
            if hash_of(self.kept[identity]) != hash_of(envelope):
                self.forks.append(identity)
        elif verdict == "new":
            self.kept[identity] = envelope
            self._fold(identity, envelope)

    def receipt(self) -> None:
        """The gateway says what it has."""
        self.position += 1
        self.down.append(
            Receipt(
                journal=self.journal,
                position=self.position,
                agent=SOURCE,
                window=8,
                window_s=30,
                streams=self.ledger.receipt_streams(SOURCE),
            )
        )

    def hear(self, receipt: Receipt) -> None:
        """The source reads a receipt."""
        signed = SignedBytes(body=b"{}", keyid="gateway", sig=b"")
        if self.source.hear(signed, receipt, self.now) == "say born":
            self.say_born()

    def _fold(self, identity: Identity, envelope: bytes) -> None:
        event = read(envelope)
        self.breaks += not self.ledger.hear(identity, hash_of(envelope), event.previous)
        message = event.message()
        if isinstance(message, StreamLost):
            self.breaks += not self.ledger.lose(SOURCE, message)

    # --- the end

    def settle(self, rounds: int = 80) -> None:
        """Let everything arrive until both ends have nothing left to say."""
        self.say_born()
        for _ in range(rounds):
            self.now += 7.0
            for receipt in self._drain(self.down):
                self.hear(receipt)
            self.send()
            for packet in self._drain(self.up):
                self.arrive(packet)
            self.receipt()

    def check(self) -> None:
        """Sent = kept + declared lost, and each number once."""
        kept_tokens = {t for envelope in self.kept.values() for t in tokens(envelope)}
        for token, identity in self.said.items():
            if token in kept_tokens or self._is_declared(identity):
                continue
            known = self.ledger.source(SOURCE).stream(identity.epoch, identity.stream).known
            assert token in self.destroyed, f"{token} ({identity}) is neither kept nor declared"
            assert identity.sequence > known, f"{token} was heard of and is not declared"
        _, states = self.ledger.completeness(SOURCE)
        assert all(state.missing == 0 for state in states), states
        assert not self.forks
        assert self.breaks == 0

    def _is_declared(self, identity: Identity) -> bool:
        ledger = self.ledger.source(SOURCE).stream(identity.epoch, identity.stream)
        return identity.sequence in ledger.lost

    @staticmethod
    def _drain(queue: list[T]) -> list[T]:
        found, queue[:] = list(queue), []
        return found


def tokens(envelope: bytes) -> list[str]:
    """What a message of `World.say` is about."""
    message = read(envelope).message()
    if isinstance(message, SealRead):
        return [message.seal]
    if isinstance(message, ReadingsTaken):
        return [reading.device for reading in message.readings]
    return []

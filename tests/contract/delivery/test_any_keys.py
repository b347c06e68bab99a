"""Whatever happens to keys and to the network: what an honest source said is kept, once."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import Outgoing, SourceEnd
from contract.messages import (
    AgentBorn,
    Identity,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
    Receipt,
    SealRead,
    Stamp,
    compose,
    read,
)
from contract.signing import Key, verify
from contract.wire import JSON, hash_of, split
from gateway.entry import Draft, drafted
from gateway.intake.inspection import is_agreed
from gateway.trust.keys import KEYS_MAX, Keys
from tests.contract.delivery.trouble import Trouble
from tests.contract.delivery.world import KEY, SOURCE, World, tokens


def drafted_by(packet: Outgoing, envelope: bytes) -> Draft:
    """As the intake has it before it."""
    return drafted(
        read(envelope), hash_=hash_of(envelope), body=envelope, keyid=packet.keyid, sig=packet.sig
    )


@dataclass
class KeyedWorld(World):
    """A gateway that asks who signed, and a source whose key changes."""

    key: Key = KEY
    keys: Keys = field(default_factory=Keys)
    revoked: list[str] = field(default_factory=list)
    made: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self.enrol(KEY)
        super().__post_init__()

    def start_source(self) -> None:
        """Start with the key that there is."""
        self.source = SourceEnd(
            self.card,
            source=SOURCE,
            key=self.key,
            make_epoch=self.make_epoch,
            limits=OutboxLimits(messages_max=self.messages_max),
        )
        self.say_born()

    def say_born(self) -> None:
        """As the uplink does: first what makes the key of the birth known."""
        self.up += self.source.successions()
        epochs = self.source.named(every=True)
        self.up.append(AgentBorn(keyid=self.key.keyid, version="1", epochs=epochs))

    def enrol(self, key: Key) -> None:
        """With a one-time code."""
        self.keys.enrolled(
            KeyEnrolled(source=SOURCE, keyid=key.keyid, public_key=key.public, by="code")
        )

    def new_key(self) -> Key:
        """Never the same twice."""
        self.made += 1
        return Key(self.made.to_bytes(32, "big"))

    def rotate(self) -> None:
        """The old key names the new one; the source goes on with that from its next start."""
        new = self.new_key()
        self.source.rotate(new, self.stamp())
        self.key = new
        self.start_source()

    def revoke(self) -> None:
        """Somebody thinks that the box is in other hands: none of its keys counts any more."""
        for keyid in self.keys.counting(SOURCE):
            self.revoked.append(keyid)
            self.keys.revoked(KeyRevoked(source=SOURCE, keyid=keyid, reason="stolen", by="admin"))

    def enrol_anew(self) -> None:
        """The box is in good hands, and gets another key with a code."""
        self.key = self.new_key()
        self.enrol(self.key)
        self.start_source()

    def arrive(self, packet: Outgoing | AgentBorn) -> None:
        """The gateway asks who signed before anything else."""
        if isinstance(packet, AgentBorn):
            if not self.keys.refusal(SOURCE, packet.keyid):
                super().arrive(packet)
            return
        envelope = split(packet.body, packet.content_type).envelope
        public = self.keys.find(SOURCE, packet.keyid)
        event = read(envelope)
        if public is None or self.keys.refusal(SOURCE, packet.keyid, event.identity):
            self.refused += 1
            return
        verify(public, envelope, packet.sig)
        super().arrive(packet)
        said = event.message()
        if (
            isinstance(said, KeyRotated)
            and self.keys.find(SOURCE, said.keyid) is None
            and is_agreed(drafted_by(packet, envelope), said)
        ):
            self.keys.enrolled(
                KeyEnrolled(
                    source=SOURCE,
                    keyid=said.keyid,
                    public_key=said.public_key,
                    by="the former key",
                    replaces=packet.keyid,
                    upto=said.upto,
                )
            )

    def receipt(self) -> None:
        """It names the keys that count no more."""
        super().receipt()
        last = self.down[-1]
        assert isinstance(last, Receipt)
        self.down[-1] = Receipt(
            journal=last.journal,
            position=last.position,
            agent=last.agent,
            window=last.window,
            window_s=last.window_s,
            streams=last.streams,
            revoked=tuple(self.revoked[-KEYS_MAX:]),
            keys=self.keys.counting(SOURCE),
        )

    def thief(self, key: Key, number: int) -> Outgoing:
        """What somebody says who took a copy of that key, in an epoch of their own."""
        at = Stamp(observed_at=self.stamp().observed_at, boot_id="thief", monotonic_ns=1)
        seal = SealRead(device="reader-1", seal=f"thief-{number}", state="intact")
        identity = Identity(SOURCE, "events", f"{0xFFFF_0000 + number:016x}", 1)
        body = compose(seal, source=SOURCE, stamp=at, identity=identity, previous="0" * 64)
        return Outgoing("events", body, JSON, key.sign(body), key.keyid)

    def check(self) -> None:
        """And nothing is kept twice."""
        super().check()
        kept = Counter(token for envelope in self.kept.values() for token in tokens(envelope))
        assert [token for token, times in kept.items() if times > 1] == []


class AnyKeys(Trouble):
    """Keys are rotated and revoked, too, and the box enrols anew."""

    world: KeyedWorld

    @initialize()
    def begin(self) -> None:
        """A new box, a new journal."""
        self.world = KeyedWorld()

    @precondition(lambda self: self.world.made < KEYS_MAX - 1)
    @rule()
    def rotate(self) -> None:
        """The box goes on with another key."""
        self.world.rotate()

    @precondition(lambda self: self.world.made < KEYS_MAX - 1)
    @rule(is_noticed=st.booleans())
    def revoke(self, is_noticed: bool) -> None:  # noqa: FBT001 - hypothesis passes by name
        """The key is revoked; the box enrols anew, at once or in the end."""
        self.world.revoke()
        if is_noticed:
            self.world.enrol_anew()

    def teardown(self) -> None:
        """When the faults end, everything is settled."""
        if hasattr(self, "world"):
            self.world.settle()
            if self.world.keys.refusal(SOURCE, self.world.key.keyid):
                self.world.enrol_anew()
                self.world.settle()
            self.world.check()


TestAnyKeys = AnyKeys.TestCase
TestAnyKeys.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_what_a_thief_signs_after_the_revocation_does_not_count() -> None:
    """It holds from a place in the journal on: before it counts, after it does not."""
    world = KeyedWorld()
    stolen = world.key
    world.arrive(world.thief(stolen, 1))
    world.revoke()
    world.arrive(world.thief(stolen, 2))
    seals = [token for envelope in world.kept.values() for token in tokens(envelope)]
    assert seals == ["thief-1"]
    assert world.refused == 1


def test_a_key_that_was_replaced_counts_for_its_numbers_whenever_they_arrive() -> None:
    """What the old key signed comes late and is kept; anything more of it is refused."""
    world = KeyedWorld()
    old = world.key
    world.say(urgent=True)
    world.rotate()
    world.say(urgent=True)
    world.settle()
    world.check()
    assert world.refused == 0
    world.arrive(world.thief(old, 1))
    assert world.refused == 1


@pytest.mark.parametrize("rotations", [1, 3])
@pytest.mark.parametrize("messages_max", [1_000, 12])
def test_a_change_of_keys_is_never_pruned(rotations: int, messages_max: int) -> None:
    """A gateway that is restored from before it knows the old key, and has to hear of the heir."""
    world = KeyedWorld(messages_max=messages_max)
    for _ in range(rotations):
        world.say(urgent=True)
        world.rotate()
        world.settle()
    for _ in range(20):
        world.say(urgent=True)
        world.settle(rounds=2)
    world.now += timedelta(days=30).total_seconds()
    world.source.tidy(world.stamp())
    world.keys = Keys()
    world.enrol(KEY)
    world.restore_gateway({})
    world.say(urgent=True)
    world.settle()
    world.check()
    assert world.keys.find(SOURCE, world.key.keyid) is not None


def test_what_a_receipt_does_not_speak_of_is_not_said_again() -> None:
    """After a start nothing is known of an epoch of a revoked key until a receipt names it."""
    world = KeyedWorld()
    world.say(urgent=True)
    world.settle()
    world.revoke()
    world.enrol_anew()
    world.settle()
    world.ledger.claim(SOURCE, world.source.named(every=False))  # as a sign of life does
    world.start_source()
    world.down.clear()
    world.receipt()  # of before the birth
    world.settle()
    world.check()

"""What of a signed message is kept, what is kept as refused, and what is set aside."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from contract.link import Packet
from contract.messages import (
    GENESIS,
    AgentAlive,
    DeviceAlive,
    Identity,
    KeyEnrolled,
    KeyRotated,
    Message,
    Reading,
    ReadingsTaken,
    Stamp,
    Stream,
    compose,
)
from contract.signing import Key, rotation
from contract.topics import stream_of, topic
from contract.wire import JSON
from gateway.intake.inspection import Heard, inspect
from gateway.intake.quarantine import Suspect
from gateway.journal.blobs import Blobs
from gateway.trust.keys import Keys
from tests.gateway.intake.sent import KEY, SEAL, SOURCE
from tests.support.virtual import START

FAR = datetime(2_200, 1, 2, tzinfo=UTC)
LONG_AGO = datetime(1_969, 12, 31, tzinfo=UTC)
HEIR = Key.make()
AGREED = HEIR.sign(rotation(SOURCE, KEY.keyid, HEIR.public))
ROTATED = KeyRotated(keyid=HEIR.keyid, public_key=HEIR.public, sig=AGREED, upto=())


def said(
    message: Message, *, on: Stream | Literal["changes"] | None = None, number: int = 1
) -> Packet:
    """A message of ``SOURCE``, signed, on its own stream or another; number 0: without one."""
    stream = on or stream_of(message)
    identity = Identity(SOURCE, stream, "a" * 16, number) if number else None  # type: ignore[arg-type]  # of a gateway
    stamp = Stamp(observed_at=START, boot_id="b", monotonic_ns=1)
    previous = GENESIS if number else ""
    body = compose(message, source=SOURCE, stamp=stamp, identity=identity, previous=previous)
    to = topic(SOURCE, stream)
    sig = KEY.sign(body)
    return Packet(topic=to, body=body, content_type=JSON, keyid=KEY.keyid, sig=sig)


def looked_at(packet: Packet, path: Path) -> Heard | Suspect:
    """By a gateway that knows our key."""
    keys = Keys()
    keys.enrolled(KeyEnrolled(source=SOURCE, keyid=KEY.keyid, public_key=KEY.public, by="a test"))
    [one] = inspect([packet], keys, Blobs(path))
    return one


def readings(*times: datetime) -> ReadingsTaken:
    """One reading at each of these times."""
    taken = (
        Reading(device="d", metric="temperature", value=1.0, unit="Cel", observed_at=at)
        for at in times
    )
    return ReadingsTaken(readings=tuple(taken))


def alive(said_up_to: datetime) -> AgentAlive:
    """A sign of life whose device promises that much."""
    device = DeviceAlive(device="d", is_found=True, said_up_to=said_up_to)
    return AgentAlive(epochs=(), devices=(device,))


@pytest.mark.parametrize(
    ("message", "number"),
    [(SEAL, 1), (readings(START), 1), (alive(START), 0), (ROTATED, 1)],
    ids=["a seal", "readings", "a sign of life", "a rotation"],
)
def test_what_is_as_it_should_be_is_kept(message: Message, number: int, tmp_path: Path) -> None:
    """What the other tests here change one thing of."""
    heard = looked_at(said(message, number=number), tmp_path)
    assert isinstance(heard, Heard)
    assert (heard.draft.kind, heard.draft.message) == ("kept", message)


@pytest.mark.parametrize(
    ("packet", "why"),
    [
        (said(SEAL, on="changes"), "only a gateway numbers changes"),
        (said(SEAL, number=0), "needs a number"),
        (
            msgspec.structs.replace(said(SEAL), topic=topic("/KEMBA/gate-3", "events")),
            "belongs to another source",
        ),
        (msgspec.structs.replace(said(SEAL), keyid=HEIR.keyid), "has not enrolled"),
        (msgspec.structs.replace(said(SEAL), sig=bytes(64)), "signature"),
    ],
    ids=["changes", "no number", "another's topic", "another's key", "no signature"],
)
def test_what_its_source_may_not_have_said_is_set_aside(
    packet: Packet, why: str, tmp_path: Path
) -> None:
    """It settles no number, for nobody knows whose it is."""
    heard = looked_at(packet, tmp_path)
    assert isinstance(heard, Suspect)
    assert why in heard.reason


@pytest.mark.parametrize(
    "packet",
    [
        said(SEAL, on="readings"),
        said(readings(START, FAR)),
        said(readings(LONG_AGO, START)),
        said(alive(FAR), number=0),
        said(msgspec.structs.replace(SEAL, opened_at=LONG_AGO)),
        said(msgspec.structs.replace(ROTATED, keyid=KEY.keyid)),
        said(msgspec.structs.replace(ROTATED, sig=KEY.sign(b"not the heir's"))),
    ],
    ids=[
        *("on another stream", "a reading to come", "a reading of before", "a promise"),
        *("a seal", "a rotation to another id", "an heir that did not agree"),
    ],
)
def test_what_a_source_may_not_say_is_kept_as_refused(packet: Packet, tmp_path: Path) -> None:
    """Signed is signed: it settles its number, and says nothing to the judge."""
    heard = looked_at(packet, tmp_path)
    assert isinstance(heard, Heard)
    assert (heard.draft.kind, heard.draft.message) == ("refused", None)

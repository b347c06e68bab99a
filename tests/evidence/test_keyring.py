"""The keyring says of every entry whether its key counted then."""

import pytest

from contract.messages import KeyEnrolled, KeyRevoked, SignedUpTo
from contract.proof.leaf import Leaf
from contract.signing import Key
from greenlane.evidence.form import BadForm
from greenlane.evidence.keyring import Keyring

OLD, NEW = Key(bytes(32)), Key(bytes(range(32)))
SOURCE, EPOCH = "/KEMBA/gate-2", "0" * 16


def entry(key: Key, sequence: int, stream: str = "events") -> Leaf:
    """An entry that was signed with this key."""
    return Leaf(
        position=99,
        received_us=0,
        kind="kept",
        source=SOURCE,
        stream=stream,
        epoch=EPOCH,
        sequence=sequence,
        type="seal.read",
        sha256="",
        keyid=key.keyid,
        signature=b"",
    )


def enrolled(key: Key, replaces: str = "", upto: int = 0) -> KeyEnrolled:
    """The gateway's own entry."""
    limits = (SignedUpTo(epoch=EPOCH, stream="events", last=upto),) if replaces else ()
    return KeyEnrolled(
        source=SOURCE,
        keyid=key.keyid,
        public_key=key.public,
        by="code",
        replaces=replaces,
        upto=limits,
    )


def test_a_key_counts_from_its_enrolment_to_its_revocation() -> None:
    """Before and after, nothing that it signs is evidence."""
    ring = Keyring()
    with pytest.raises(BadForm, match="had not enrolled"):
        ring.key_of(entry(OLD, 1))
    ring.fold(enrolled(OLD), 3)
    assert ring.key_of(entry(OLD, 1)) == OLD.public
    ring.fold(KeyRevoked(source=SOURCE, keyid=OLD.keyid, reason="stolen", by="admin"), 50)
    with pytest.raises(BadForm, match="revoked, by entry 50"):
        ring.key_of(entry(OLD, 2))


def test_a_replaced_key_counts_up_to_the_number_that_was_named() -> None:
    """Whenever it arrives; and in no other stream."""
    ring = Keyring()
    ring.fold(enrolled(OLD), 3)
    ring.fold(enrolled(NEW, replaces=OLD.keyid, upto=17), 40)
    assert ring.key_of(entry(OLD, 17)) == OLD.public
    assert ring.key_of(entry(NEW, 18)) == NEW.public
    for late in (entry(OLD, 18), entry(OLD, 1, "readings")):
        with pytest.raises(BadForm, match="replaced"):
            ring.key_of(late)


def test_a_key_under_another_keys_id_is_refused() -> None:
    """The id is the key's own hash."""
    forged = KeyEnrolled(source=SOURCE, keyid=OLD.keyid, public_key=NEW.public, by="code")
    with pytest.raises(BadForm, match="another key's id"):
        Keyring().fold(forged, 3)

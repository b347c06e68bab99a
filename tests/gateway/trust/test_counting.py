"""Which keys of a source count, as a fold over what the journal says of keys."""

import pytest

from contract.messages import Identity, KeyEnrolled, KeyRevoked, SignedUpTo
from contract.signing import Key
from gateway.trust.keys import KEYS_MAX, Keys

SOURCE = "/KEMBA/gate-2"
EPOCH = "a" * 16
FORMER, HEIR = Key.make(), Key.make()


def enrolled(keys: Keys, key: Key, **more: object) -> None:
    """The journal says so."""
    keys.enrolled(
        KeyEnrolled(source=SOURCE, keyid=key.keyid, public_key=key.public, by="a test", **more)  # type: ignore[arg-type]  # as given
    )


def revoked(keys: Keys, key: Key) -> None:
    """The journal says so."""
    keys.revoked(KeyRevoked(source=SOURCE, keyid=key.keyid, reason="stolen", by="a test"))


def test_a_revoked_key_that_is_enrolled_once_more_stays_revoked() -> None:
    """By a journal of another hand, or an heir that names it: once stolen is stolen."""
    keys = Keys()
    enrolled(keys, FORMER)
    revoked(keys, FORMER)
    enrolled(keys, FORMER)
    assert keys.is_revoked(SOURCE, FORMER.keyid)
    assert keys.counting(SOURCE) == ()
    assert "revoked" in keys.refusal(SOURCE, FORMER.keyid)


def test_of_so_many_keys_the_oldest_is_forgotten() -> None:
    """A source that rotates for ever takes no endless memory."""
    keys = Keys()
    many = [Key.make() for _ in range(KEYS_MAX + 1)]
    for key in many:
        enrolled(keys, key)
    assert keys.find(SOURCE, many[0].keyid) is None
    assert keys.counting(SOURCE) == tuple(key.keyid for key in many[1:])


@pytest.mark.parametrize(
    ("stream", "number", "counts"),
    [("events", 7, True), ("events", 8, False), ("readings", 1, False)],
)
def test_a_replaced_key_signs_up_to_the_number_that_it_named(
    stream: str, number: int, *, counts: bool
) -> None:
    """Up to that number and in that stream; of others it signs nothing."""
    keys = Keys()
    enrolled(keys, FORMER)
    upto = (SignedUpTo(epoch=EPOCH, stream="events", last=7),)
    enrolled(keys, HEIR, replaces=FORMER.keyid, upto=upto)
    identity = Identity(SOURCE, stream, EPOCH, number)  # type: ignore[arg-type]  # one of them
    assert (keys.refusal(SOURCE, FORMER.keyid, identity) == "") is counts
    assert keys.refusal(SOURCE, HEIR.keyid, identity) == ""
    assert keys.refusal(SOURCE, FORMER.keyid) != ""

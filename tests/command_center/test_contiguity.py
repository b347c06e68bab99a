"""Next, repeat, hole or fork: by number and by hash."""

import pytest

from command_center.change import Change
from command_center.contiguity import Head, Verdict, head_of
from contract.messages import SignedBytes

EPOCH = "0123456789abcdef"
HEAD = Head(EPOCH, 5, "five")


def change(
    number: int, *, previous: str = "five", hash_: str = "six", epoch: str = EPOCH
) -> Change:
    """A change of which only numbers and hashes matter."""
    nothing = SignedBytes(body=b"", keyid="key", sig=b"")
    return Change(epoch, number, previous, hash_, None, nothing)


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (change(6), "next"),
        (change(6, previous="another"), "fork"),
        (change(7), "hole"),
        (change(5, hash_="five"), "repeat"),
        (change(5, hash_="another"), "fork"),
        (change(4), "repeat"),
        (change(6, epoch="f" * 16), "hole"),
    ],
)
def test_each_change_has_one_verdict(one: Change, verdict: Verdict) -> None:
    """All that can stand beside a head."""
    assert HEAD.judge(one) == verdict


def test_after_a_snapshot_without_a_hash_the_next_number_is_taken() -> None:
    """A snapshot does not carry the hash of its last number; the signature speaks for it."""
    assert Head(EPOCH, 5).judge(change(6, previous="anything")) == "next"
    assert head_of(change(6)) == Head(EPOCH, 6, "six")

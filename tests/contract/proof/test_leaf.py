"""The leaf: two entries never have the same bytes, and nothing else is read as one."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.proof.leaf import BadLeaf, Leaf, decode, encode

LEAF = Leaf(
    position=90_113,
    received_us=1_795_348_800_000_123,
    kind="kept",
    source="/KEMBA/gate-2",
    stream="events",
    epoch="3f2a5c7d90e1b842",
    sequence=8_412,
    type="seal.read",
    sha256="9f" * 32,
    keyid="1d" * 16,
    signature=bytes(range(64)),
)
texts = st.text(st.sampled_from("a\\\n \x00é"), max_size=6)
leaves = st.builds(
    Leaf,
    position=st.integers(1, 2**53),
    received_us=st.integers(0, 7_258_118_400_000_000),
    kind=texts,
    source=texts,
    stream=texts,
    epoch=texts,
    sequence=st.integers(0, 9_999_999_999),
    type=texts,
    sha256=texts,
    keyid=texts,
    signature=st.binary(max_size=64),
)


@settings(deadline=None)
@given(leaves)
def test_every_entry_is_read_back_as_it_was(leaf: Leaf) -> None:
    """Newlines and backslashes from outside cannot pass for other fields."""
    assert decode(encode(leaf)) == leaf


@settings(deadline=None)
@given(leaves, leaves)
def test_two_entries_have_two_leaves(one: Leaf, other: Leaf) -> None:
    """The encoding is injective."""
    assert (encode(one) == encode(other)) == (one == other)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_what_is_written_otherwise_is_no_leaf(at: int, other: int) -> None:
    """Another byte makes another entry, or none."""
    body = encode(LEAF)
    at %= len(body)
    spoilt = body[:at] + bytes((body[at] ^ other,)) + body[at + 1 :]
    with suppress(BadLeaf):
        assert decode(spoilt) != LEAF


def test_a_leaf_is_text_that_a_person_can_read() -> None:
    """Its first lines, word by word: a court may hash them with any tool."""
    assert encode(LEAF).decode().splitlines()[:4] == [
        "greenlane entry 1",
        "position 90113",
        "received 2026-11-22T12:00:00.000123Z",
        "kind kept",
    ]
    with pytest.raises(BadLeaf):
        decode(encode(LEAF) + b"\n")

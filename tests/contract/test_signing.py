"""Signatures: DSSE's own test vector, and what must not verify."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.signing import BadSignature, Key, encode, keyid_of, verify


def test_the_encoding_is_that_of_dsse() -> None:
    """The example of the DSSE specification, protocol.md."""
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert encode(b"hello world", "http://example.com/HelloWorld") == expected


def test_rfc_8032_signs_as_we_do() -> None:
    """The public key of RFC 8032, section 7.1, test 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert Key(seed).public.hex() == public


@given(st.binary(max_size=200), st.integers(0, 10_000))
def test_any_flipped_bit_is_seen(envelope: bytes, where: int) -> None:
    """In the signature or in what is signed."""
    key = Key(bytes(32))
    sig = key.sign(envelope)
    verify(key.public, envelope, sig)
    changed = bytearray(sig + envelope)
    changed[where // 8 % len(changed)] ^= 1 << where % 8
    with pytest.raises(BadSignature):
        verify(key.public, bytes(changed[64:]), bytes(changed[:64]))


@pytest.mark.parametrize("sig", [b"", b"x", bytes(64), bytes(65)])
@pytest.mark.parametrize("public", [b"", bytes(32), bytes(31)])
def test_rubbish_is_a_bad_signature_and_no_crash(public: bytes, sig: bytes) -> None:
    """Of any length, also where a key should be."""
    with pytest.raises(BadSignature):
        verify(public, b"{}", sig)


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """Nobody else may read its file; the second start finds it."""
    path = tmp_path / "state" / "key"
    key = Key.load_or_make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Key.load_or_make(path).public == key.public
    assert key.keyid == keyid_of(key.public)
    assert key.keyid in repr(key)

"""Framing: a blob part is an envelope and raw bytes, and the envelope names the bytes."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import MESSAGE_BYTES_MAX, BlobPart, Refused, Unreadable
from contract.wire import BLOB, JSON, check_part, join, split


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=200))
def test_what_is_joined_comes_apart(envelope: bytes, raw: bytes) -> None:
    """Whatever bytes stand in the envelope or behind it."""
    assert split(join(envelope, raw), BLOB) == (envelope, raw)


@given(st.binary(max_size=40))
def test_no_bytes_make_the_splitter_crash(body: bytes) -> None:
    """What comes apart is what was joined; all else is unreadable."""
    try:
        frame = split(body, BLOB)
    except Unreadable:
        return
    assert join(*frame) == body


def test_what_is_too_large_is_unreadable() -> None:
    """Before anything of it is read."""
    with pytest.raises(Unreadable, match="the most is"):
        split(bytes(MESSAGE_BYTES_MAX + 1), JSON)


def test_raw_bytes_must_be_the_ones_that_are_named() -> None:
    """So a signature over the envelope covers them too."""
    raw = b"picture"
    part = BlobPart(
        sha256="0" * 64,
        size_bytes=7,
        media_type="image/png",
        offset_bytes=0,
        part_sha256=hashlib.sha256(raw).hexdigest(),
        part_bytes=len(raw),
    )
    check_part(part, raw)
    for other in (b"Picture", b"picture!", b""):
        with pytest.raises(Refused):
            check_part(part, other)

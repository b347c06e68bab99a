"""The exact bytes on the wire: an envelope, and for `BlobPart` the raw bytes behind it.

A blob part is ``4 bytes big-endian length of the envelope, envelope, raw bytes``. The envelope
names the SHA-256 of the raw bytes, so the hash chain and the signature, both over the envelope,
cover them too, and still verify after the picture itself has been erased.
"""

import hashlib
from typing import Final, NamedTuple

from contract.messages import (
    MESSAGE_BYTES_MAX,
    BlobPart,
    Event,
    Refused,
    Unreadable,
    read,
)

JSON: Final = "application/cloudevents+json"
BLOB: Final = "application/vnd.greenlane.blob-part"
LENGTH_BYTES: Final = 4


class Frame(NamedTuple):
    """A message taken apart: the envelope (what is signed and chained) and what follows it."""

    envelope: bytes
    raw: bytes


def hash_of(envelope: bytes) -> str:
    """The hash of a message: SHA-256 of its envelope's exact bytes, in hex."""
    return hashlib.sha256(envelope).hexdigest()


def join(envelope: bytes, raw: bytes) -> bytes:
    """Put raw bytes behind an envelope."""
    return len(envelope).to_bytes(LENGTH_BYTES) + envelope + raw


def split(body: bytes, content_type: str) -> Frame:
    """Take a message apart; raise `Unreadable` if it is too large or has not this form."""
    if len(body) > MESSAGE_BYTES_MAX:
        raise Unreadable(f"{len(body)} bytes, the most is {MESSAGE_BYTES_MAX}")
    if content_type != BLOB:
        return Frame(body, b"")
    length = int.from_bytes(body[:LENGTH_BYTES])
    end = LENGTH_BYTES + length
    if len(body) < end or not length:
        raise Unreadable("a blob part that is shorter than it says")
    return Frame(body[LENGTH_BYTES:end], body[end:])


def unwrap(body: bytes, content_type: str) -> tuple[Event, Frame]:
    """Read what arrived: the envelope's event and the frame; raise `Unreadable`."""
    frame = split(body, content_type)
    return read(frame.envelope), frame


def check_part(part: BlobPart, raw: bytes) -> None:
    """Raise `Refused` unless the raw bytes are the ones that the envelope names."""
    if len(raw) != part.part_bytes or hashlib.sha256(raw).hexdigest() != part.part_sha256:
        raise Refused("the bytes behind the envelope are not the ones it names")

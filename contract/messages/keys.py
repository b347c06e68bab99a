"""Whose key counts, and how far."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from contract.messages.fields import Count, Epoch, Name, SourceText, Stream, Text
from contract.messages.message import Message, Part

KEY_STREAMS_MAX: Final = 600
"""Streams that one change of keys names: three of each epoch that is still held."""


class SignedUpTo(Part, frozen=True, kw_only=True):
    """The last number of a stream that a key signs; zero for none."""

    epoch: Epoch
    stream: Stream
    last: Count


class KeyEnrolled(Message, frozen=True, kw_only=True):
    """A source proved that it holds this Ed25519 public key (32 bytes)."""

    type: ClassVar[str] = "key.enrolled"
    source: SourceText
    keyid: Name
    public_key: bytes
    by: Name
    """Who allowed it: the officer, the name of the one-time code, or the key that it replaces."""
    replaces: Annotated[str, Meta(max_length=80)] = ""
    """The key id that the source gave up for it (`KeyRotated`), and how far that one counts."""
    upto: Annotated[tuple[SignedUpTo, ...], Meta(max_length=KEY_STREAMS_MAX)] = ()


class KeyRotated(Message, frozen=True, kw_only=True):
    """A source goes on with another key; said and signed with the one that it had (`events`).

    `upto` names, per epoch and stream, the last number that the old key signs; it signs nothing
    beyond. It counts whenever it arrives. `sig` is the new key's over `rotation` in
    `contract.signing`.
    """

    type: ClassVar[str] = "key.rotated"
    keyid: Name
    public_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    sig: bytes
    upto: Annotated[tuple[SignedUpTo, ...], Meta(max_length=KEY_STREAMS_MAX)]


class KeyRevoked(Message, frozen=True, kw_only=True):
    """From this entry of the journal on, what is signed with this key does not count."""

    type: ClassVar[str] = "key.revoked"
    source: SourceText
    keyid: Name
    reason: Text
    by: Name
    """Who decided it."""

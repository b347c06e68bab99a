"""What an agent holds, what the gateway has kept of it, and what never comes."""

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from contract.messages.fields import Count, Epoch, Hash, Name, Number, SourceText, Stream
from contract.messages.message import Message, Part

RANGES_MAX: Final = 64
"""Missing ranges that one receipt may name."""


class SignedBytes(Part, frozen=True, kw_only=True):
    """The exact bytes that somebody signed, and the signature (base64 in JSON)."""

    body: bytes
    keyid: Name
    sig: bytes


class StreamHead(Part, frozen=True, kw_only=True):
    """The last number of a stream and its hash; zero and `GENESIS` before the first."""

    stream: Stream
    last: Count
    head: Hash


class EpochHeads(Part, frozen=True, kw_only=True):
    """An epoch of which the source still holds messages."""

    epoch: Epoch
    streams: tuple[StreamHead, ...]


class Queue(Part, frozen=True, kw_only=True):
    """How much of a stream waits in the outbox without a receipt."""

    stream: Stream
    messages: Count
    bytes: Count


class StreamReceipt(Part, frozen=True, kw_only=True):
    """Up to `upto` nothing is missing: all is kept or declared lost.

    `hash` is that of number `upto` (none if it was declared lost without one). Between `upto` and
    `seen` everything is settled but for `missing` (at most `RANGES_MAX` inclusive ranges); past
    `seen` the receipt says nothing.
    """

    epoch: Epoch
    stream: Stream
    upto: Count
    hash: Hash | None
    seen: Count
    missing: tuple[tuple[int, int], ...] = ()


class Receipt(Message, frozen=True, kw_only=True):
    """What the gateway has kept of one source, and how much more it may send.

    Unnumbered; `position` orders the receipts of one journal. `window` messages may be in flight
    without a receipt for `window_s` seconds. `is_revoked`: no key of the source counts, enrol anew.
    """

    type: ClassVar[str] = "receipt"
    journal: Epoch
    position: Count
    agent: SourceText
    window: Count
    window_s: Count
    streams: tuple[StreamReceipt, ...]
    is_revoked: bool = False
    revoked: Annotated[tuple[Name, ...], Meta(max_length=64)] = ()
    """Keys of the source that count no more."""
    keys: Annotated[tuple[Name, ...], Meta(max_length=64)] = ()
    """Keys of the source that are known and count, as far as they do. What another signed and is
    not kept must be said again, in a new epoch."""


class StreamLost(Message, frozen=True, kw_only=True):
    """Numbers of this source that will never come, and who decided it.

    `before` is the hash of number `from - 1`, `last` that of number `to`; none where the source
    does not know them (reason ``forgotten``: it no longer holds the numbers and has no record of
    having dropped them, as after a restored or replaced card). ``said again``: somebody else spoke
    with the source's name from there on, so it repeated itself in a new epoch.
    """

    type: ClassVar[str] = "stream.lost"
    stream: Stream
    epoch: Epoch
    first: Number = msgspec.field(name="from")
    to: Number
    before: Hash | None = None
    last: Hash | None = None
    reason: Literal["dropped", "unsendable", "pruned", "forgotten", "said again"]
    receipt: SignedBytes | None = None
    """The receipt that allowed the pruning."""

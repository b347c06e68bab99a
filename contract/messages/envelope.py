"""The CloudEvents envelope around a message: who said it, when, and as which number."""

from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from contract.identifiers import Identifier
from contract.messages.catalogue import MESSAGES
from contract.messages.fields import Count, Instant, Name, SourceText, Stream, TypeText
from contract.messages.message import Message, Part, Refused, Unreadable
from contract.pattern import whole

type_prefix: Final = "io.greenlane."
MESSAGE_BYTES_MAX: Final = 256 * 1024
"""Bytes of one message, the raw bytes of a `BlobPart` included."""


class Identity(NamedTuple):
    """Who said it, and which number it has: what the whole delivery hangs from."""

    source: str
    stream: Stream
    epoch: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.source}#{self.epoch}:{self.stream}:{self.sequence}"


class Stamp(Part, frozen=True, kw_only=True):
    """When, by which clock: `clock_error_ms` is none on a box that has not synchronised."""

    observed_at: Instant
    boot_id: Name
    monotonic_ns: Count
    clock_error_ms: int | None = None
    is_estimated: bool = False
    """Whether `observed_at` was estimated from the gateway's receipts."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The CloudEvents envelope with our extension attributes (names: lower case, CloudEvents 3.1).

    `sequence` has the form of the CloudEvents extension of that name: a string that sorts. All of
    `stream`, `epoch`, `sequence` and `previous` are there, or none (an unnumbered message).
    """

    specversion: Literal["1.0"]
    id: Annotated[str, Meta(min_length=1, max_length=160)]
    source: SourceText
    type: Annotated[TypeText, Meta(min_length=1)]
    time: Instant
    datacontenttype: Literal["application/json"]
    stream: Annotated[str, Meta(pattern=whole("events|readings|bulk|changes"))] = ""
    epoch: Annotated[str, Meta(pattern=whole("([0-9a-f]{16})?"))] = ""
    sequence: Annotated[str, Meta(pattern=whole("([0-9]{10})?"))] = ""
    previous: Annotated[str, Meta(pattern=whole("([0-9a-f]{64})?"))] = ""
    bootid: Annotated[str, Meta(max_length=80)] = ""
    monotonicns: Annotated[str, Meta(pattern=whole("[0-9]{0,20}"))] = ""
    clockerrorms: int | None = None
    clocksource: Annotated[str, Meta(pattern=whole("(receipts)?"))] = ""
    """``receipts``: the box was not in step, the time is estimated from the gateway's receipts."""
    data: msgspec.Raw

    @property
    def identity(self) -> Identity | None:
        """Source, stream, epoch and number; none for an unnumbered message."""
        if not self.sequence:
            return None
        return Identity(self.source, self.stream, self.epoch, int(self.sequence))  # type: ignore[arg-type]  # "changes" is a stream of the gateway alone

    def message(self) -> Message:
        """Read the data; raise `Refused` if its type is unknown or the data not of that type."""
        decoder = _DECODERS.get(self.type)
        if decoder is None:
            raise Refused(f"no message is called {self.type!r}")
        try:
            return decoder.decode(self.data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Refused(f"{self.type}: {error}") from error
        except RecursionError as error:
            raise Refused(f"{self.type}: nested too deeply") from error


_DECODERS: Final = {
    type_prefix + name: msgspec.json.Decoder(message) for name, message in MESSAGES.items()
}


def _plain(value: object) -> str:
    """An identifier is a string of its own type; nothing else may stand in a message unasked."""
    if isinstance(value, Identifier):
        return str(value)
    raise TypeError(f"a message cannot hold a {type(value).__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)
_ENVELOPE: Final = msgspec.json.Decoder(Event)


def read(body: bytes) -> Event:
    """Read the envelope of a message; raise `Unreadable` if it is not one of ours."""
    try:
        event = _ENVELOPE.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"not a Greenlane message: {error}") from error
    numbering = (event.stream, event.epoch, event.sequence, event.previous)
    if any(numbering) and (not all(numbering) or event.sequence == "0" * 10):
        raise Unreadable("stream, epoch, sequence and previous come together, counted from 1")
    return event


def encode(value: msgspec.Struct) -> bytes:
    """The JSON of an envelope, a message or a part of one."""
    return _ENCODER.encode(value)


def compose(
    message: Message,
    *,
    source: str,
    stamp: Stamp,
    identity: Identity | None = None,
    previous: str = "",
) -> bytes:
    """Write a message; raise `Refused` for what nobody could read."""
    if identity is None:
        name = f"{stamp.boot_id}:{stamp.monotonic_ns}:{message.type}"
        stream = epoch = sequence = ""
    else:
        stream, epoch = identity.stream, identity.epoch
        sequence = f"{identity.sequence:010d}"
        name = f"{epoch}:{stream}:{identity.sequence}"
    event = Event(
        specversion="1.0",
        id=name,
        source=str(source),
        type=type_prefix + message.type,
        time=stamp.observed_at,
        datacontenttype="application/json",
        stream=stream,
        epoch=epoch,
        sequence=sequence,
        previous=previous,
        bootid=stamp.boot_id,
        monotonicns=str(stamp.monotonic_ns),
        clockerrorms=stamp.clock_error_ms,
        clocksource="receipts" if stamp.is_estimated else "",
        data=msgspec.Raw(_ENCODER.encode(message)),
    )
    body = _ENCODER.encode(event)
    try:
        read(body).message()
    except Unreadable as error:
        raise Refused(str(error)) from error
    return body

"""One line of the journal, as the judge and the sinks see it; and a draft that is to become one."""

from datetime import datetime
from typing import ClassVar, Final, Literal

import msgspec

from contract.messages import (
    Event,
    Identity,
    Message,
    Refused,
    Unreadable,
    read,
    type_prefix,
)
from gateway.adapters import heard

Kind = Literal["kept", "refused", "fork", "own", "tick", "foreign"]
"""``kept``: read and taken. ``refused``: its envelope is good, its data is not; it has its number.
``fork``: a second message under a number that is held: evidence only. ``own``: said by the gateway
itself. ``tick``: nothing but the time. ``foreign``: a batch of what devices said that are not ours,
numbered by the gateway, signed by nobody."""

TICK: Final = "tick"


class Tick(Message, frozen=True, kw_only=True):
    """Time passed; never travels."""

    type: ClassVar[str] = TICK


class Forked(Message, frozen=True, kw_only=True):
    """A second message came under a number that is held; never travels."""

    type: ClassVar[str] = "forked"


class ChainBroken(Message, frozen=True, kw_only=True):
    """A message names another hash before it than its neighbour has; never travels."""

    type: ClassVar[str] = "chain.broken"


class Draft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What should become an entry: everything but its place and time."""

    kind: Kind
    source: str = ""
    stream: str = ""
    epoch: str = ""
    sequence: int = 0
    previous: str = ""
    hash: str = ""
    type: str = TICK
    body: bytes = b""
    keyid: str = ""
    sig: bytes = b""
    observed_at: datetime | None = None
    message: Message | None = None

    @property
    def identity(self) -> Identity | None:
        """Whose number it is; none for what is unnumbered."""
        if not self.sequence:
            return None
        return Identity(self.source, self.stream, self.epoch, self.sequence)  # type: ignore[arg-type]  # checked by the envelope


class Entry(Draft, frozen=True, kw_only=True, gc=False):
    """One line of the journal. `received_at` never decreases from one entry to the next."""

    position: int
    received_at: datetime


def drafted(event: Event, *, hash_: str, body: bytes, keyid: str, sig: bytes) -> Draft:
    """The draft of a message whose signature is good; refused if its data cannot be read."""
    message: Message | None
    kind: Kind = "kept"
    try:
        message = event.message()
    except Refused:
        kind, message = "refused", None
    return Draft(
        kind=kind,
        source=event.source,
        stream=event.stream,
        epoch=event.epoch,
        sequence=int(event.sequence or 0),
        previous=event.previous,
        hash=hash_,
        type=event.type.removeprefix(type_prefix),
        body=body,
        keyid=keyid,
        sig=sig,
        observed_at=event.time,
        message=message,
    )


def reread(body: bytes, kind: Kind) -> tuple[Event | None, Message | None]:
    """The event and message of a body that the journal holds."""
    if kind == TICK:
        return None, None
    try:
        if kind == "foreign":
            return None, heard.reread(body)
        event = read(body)
        return event, None if kind == "refused" else event.message()
    except (Unreadable, Refused):
        return None, None

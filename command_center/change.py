"""One change of the gateway as the feed and the projection hold it: signed bytes, read and checked.

Between the link (bytes) and the board (meaning).
"""

from dataclasses import dataclass

from contract.messages import Event, Message, Refused, SignedBytes, Unreadable, read
from contract.signing import verify
from contract.wire import hash_of

STREAM = "changes"


@dataclass(frozen=True, slots=True)
class Change:
    """A numbered change; `message` is none where a newer gateway says what we cannot read."""

    epoch: str
    number: int
    previous: str
    hash: str
    message: Message | None
    signed: SignedBytes


def read_change(signed: SignedBytes, *, gateway: str, gateway_key: bytes) -> Change:
    """Verify and read; raise `BadSignature`, or `Unreadable` for what is no change of ``gateway``.

    What is signed and numbered but not understood keeps its number: a newer gateway must not make
    a hole here.
    """
    verify(gateway_key, signed.body, signed.sig)
    event = read(signed.body)
    identity = event.identity
    if identity is None or event.stream != STREAM or event.source != gateway:
        raise Unreadable(f"not a change of {gateway}")
    return Change(
        epoch=identity.epoch,
        number=identity.sequence,
        previous=event.previous,
        hash=hash_of(signed.body),
        message=_understood(event),
        signed=signed,
    )


def _understood(event: Event) -> Message | None:
    try:
        return event.message()
    except Refused:
        return None

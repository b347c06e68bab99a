"""One change of the gateway as the feed and the projection hold it: signed bytes, read and checked.

Between the link (bytes) and the board (meaning).
"""

from collections.abc import Callable, Sequence

import msgspec

from contract.messages import Event, Message, Refused, SignedBytes, Unreadable, read
from contract.signing import BadSignature, verify
from contract.wire import hash_of

STREAM = "changes"
NOTHING = b"null"


class Change(msgspec.Struct, frozen=True, gc=False):
    """A numbered change; `message` is none where a newer gateway says what we cannot read."""

    epoch: str
    number: int
    previous: str
    hash: str
    message: Message | None
    signed: SignedBytes
    data: bytes = NOTHING
    """The message's JSON as it stands in what was signed."""


def read_changes(
    told: Sequence[SignedBytes],
    *,
    gateway: str,
    gateway_key: bytes,
    refused: Callable[[ValueError], None],
) -> list[Change]:
    """Those that are the gateway's, in their order; why the others are not goes to ``refused``.

    A change names the hash of the one before it: of a run, only the last signature is verified.
    """
    genuine: list[Change] = []
    for signed in reversed(told):
        named = genuine[-1].previous if genuine else ""
        try:
            change = read_change(signed, gateway=gateway, gateway_key=gateway_key, named=named)
        except (BadSignature, Unreadable) as error:
            refused(error)
        else:
            genuine.append(change)
    genuine.reverse()
    return genuine


def read_change(
    signed: SignedBytes, *, gateway: str, gateway_key: bytes, named: str = ""
) -> Change:
    """Verify and read; raise `BadSignature`, or `Unreadable` for what is no change of ``gateway``.

    The hash that a change of the gateway has ``named`` is as good as a signature. What is genuine
    and numbered but not understood keeps its number: a newer gateway must not make a hole here.
    """
    hash_ = hash_of(signed.body)
    if hash_ != named:
        verify(gateway_key, signed.body, signed.sig)
    event = read(signed.body)
    identity = event.identity
    if identity is None or event.stream != STREAM or event.source != gateway:
        raise Unreadable(f"not a change of {gateway}")
    message = _understood(event)
    return Change(
        epoch=identity.epoch,
        number=identity.sequence,
        previous=event.previous,
        hash=hash_,
        message=message,
        signed=signed,
        data=bytes(event.data) if message else NOTHING,
    )


def _understood(event: Event) -> Message | None:
    try:
        return event.message()
    except Refused:
        return None

"""Looks at what arrived: whose it is, whether the signature is good, what it says. In a thread."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from contract.link import Packet
from contract.messages import (
    AgentAlive,
    AgentBorn,
    BlobPart,
    Event,
    KeyRotated,
    ReadingsTaken,
    Refused,
    SealRead,
    Unreadable,
)
from contract.signing import BadSignature, keyid_of, rotation, verify
from contract.topics import is_of, stream_of
from contract.wire import Frame, check_part, hash_of, unwrap
from gateway.entry import Draft, drafted
from gateway.intake.quarantine import Suspect
from gateway.journal.blobs import Blobs
from gateway.trust.keys import Keys

UNNUMBERED: Final = (AgentBorn, AgentAlive)
"""What a source says without a number; all else must have one."""


EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Times beyond these would break arithmetic further down, and mean nothing."""


class Heard(NamedTuple):
    """A message that may be kept, and the raw bytes of a blob part."""

    draft: Draft
    raw: bytes


class _NotTrusted(Exception):
    """Whoever sent this did not show that they may."""

    def __init__(self, reason: str, revoked_key: str = "") -> None:
        super().__init__(reason)
        self.revoked_key: Final = revoked_key


def inspect(packets: Sequence[Packet], keys: Keys, blobs: Blobs) -> list[Heard | Suspect]:
    """Each packet as what it is."""
    return [_inspected(packet, keys, blobs) for packet in packets]


def _inspected(packet: Packet, keys: Keys, blobs: Blobs) -> Heard | Suspect:
    try:
        event, frame = unwrap(packet.body, packet.content_type)
        _trust(packet, event, frame, keys)
    except (Unreadable, BadSignature, _NotTrusted) as error:
        revoked = error.revoked_key if isinstance(error, _NotTrusted) else ""
        return Suspect(packet, hash_of(packet.body), str(error), revoked)
    draft = drafted(
        event,
        hash_=hash_of(frame.envelope),
        body=frame.envelope,
        keyid=packet.keyid,
        sig=packet.sig,
    )
    if not draft.sequence and not isinstance(draft.message, UNNUMBERED):
        return Suspect(packet, draft.hash, "a message that needs a number has none")
    if why := _harmed(draft, frame):
        return Suspect(packet, hash_of(packet.body), why)
    reason = _unfit(draft, blobs) or _odd_time(draft)
    if reason:
        at = draft.observed_at if _is_sane(draft.observed_at) else None
        draft = msgspec.structs.replace(draft, kind="refused", message=None, observed_at=at)
    return Heard(draft, b"" if reason else frame.raw)


def _trust(packet: Packet, event: Event, frame: Frame, keys: Keys) -> None:
    if not is_of(packet.topic, event.source):
        raise _NotTrusted("the topic belongs to another source than the one that speaks")
    if event.stream == "changes":
        raise _NotTrusted("only a gateway numbers changes")
    public = keys.find(event.source, packet.keyid)
    if public is None:
        raise _NotTrusted("signed with a key that this source has not enrolled")
    verify(public, frame.envelope, packet.sig)
    if reason := keys.refusal(event.source, packet.keyid, event.identity):
        is_revoked = keys.is_revoked(event.source, packet.keyid)
        raise _NotTrusted(reason, packet.keyid if is_revoked else "")


def _harmed(draft: Draft, frame: Frame) -> str:
    """Why this is not what was signed, though its envelope is: the bytes behind it are others.

    Not kept as refused: whoever cut or lengthened it on its way would have settled its number.
    """
    if not isinstance(draft.message, BlobPart):
        return "a message without raw bytes has some" if frame.raw else ""
    try:
        check_part(draft.message, frame.raw)
    except Refused as error:
        return str(error)
    return ""


def _unfit(draft: Draft, blobs: Blobs) -> str:
    """Why a message that can be read is refused all the same; empty if it is not."""
    message = draft.message
    if message is None:
        return "unreadable"
    if draft.sequence and stream_of(message) != draft.stream:
        return "it does not belong to this stream"
    if isinstance(message, BlobPart):
        return "" if blobs.is_allowed(message) else "the blob is too large"
    if isinstance(message, KeyRotated) and not is_agreed(draft, message):
        return "the next key did not agree to follow this one"
    return ""


def is_agreed(draft: Draft, rotated: KeyRotated) -> bool:
    """Whether the next key signed that it follows the one that signed the message."""
    try:
        said = rotation(draft.source, draft.keyid, rotated.public_key)
        verify(rotated.public_key, said, rotated.sig)
    except BadSignature:
        return False
    return rotated.keyid == keyid_of(rotated.public_key)


def _odd_time(draft: Draft) -> str:
    """Why a time in a message is none that a device can have seen; empty if all are sane."""
    times = [draft.observed_at]
    message = draft.message
    if isinstance(message, ReadingsTaken) and message.readings:
        observed = [reading.observed_at for reading in message.readings]
        times += [min(observed), max(observed)]
    elif isinstance(message, SealRead):
        times += [message.sealed_at, message.opened_at, message.seal_clock_at]
    elif isinstance(message, AgentAlive):
        times += [device.said_up_to for device in message.devices]
    return "" if all(map(_is_sane, times)) else "a time before 1970 or after 2200"


def _is_sane(at: datetime | None) -> bool:
    return at is None or EARLIEST <= at <= LATEST

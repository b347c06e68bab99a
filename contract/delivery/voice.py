"""The voice of a source: numbers, chains, signs and holds what is said, in its present epoch."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from contract.delivery.holding import Holding
from contract.delivery.sender import LaneKey, Sender
from contract.delivery.store import Head, Row
from contract.delivery.succession import Succession
from contract.identifiers import Source
from contract.messages import (
    MESSAGE_BYTES_MAX,
    STREAMS,
    BlobPart,
    Event,
    Identity,
    Message,
    Refused,
    Stamp,
    Stream,
    StreamLost,
    compose,
    encode,
    read,
)
from contract.signing import Key
from contract.topics import stream_of
from contract.wire import LENGTH_BYTES, hash_of


class Voice:
    """Gives each message the next number of its stream; whoever calls is writing already."""

    def __init__(
        self,
        holding: Holding,
        sender: Sender,
        succession: Succession,
        *,
        source: Source,
        key: Key,
        make_epoch: Callable[[], str],
    ) -> None:
        self.epoch = ""
        self._holding: Final = holding
        self._sender: Final = sender
        self._succession: Final = succession
        self._source: Final = source
        self._key: Final = key
        self._make_epoch: Final = make_epoch
        self.begin()

    def begin(self) -> None:
        """Speak in a new epoch from now on."""
        self.epoch = self._make_epoch()
        self._succession.begin(self.epoch)
        for stream in STREAMS:
            self._sender.lane(self.epoch, stream)

    def say(
        self,
        message: Message,
        stamp: Stamp,
        *,
        observed_at: datetime | None = None,
        raw: bytes = b"",
    ) -> Identity:
        """Say one message; `Refused` if nobody could read it."""
        stream = stream_of(message)
        if bool(raw) and not isinstance(message, BlobPart):
            raise Refused("only a blob part has raw bytes behind it")
        at = stamp
        if observed_at is not None:
            at = msgspec.structs.replace(stamp, observed_at=observed_at)
        identity, head = self._next(stream)
        envelope = compose(
            message, source=self._source, stamp=at, identity=identity, previous=head.head
        )
        if LENGTH_BYTES + len(envelope) + len(raw) > MESSAGE_BYTES_MAX:
            raise Refused(f"{message.type} is larger than {MESSAGE_BYTES_MAX} bytes")
        is_lost = isinstance(message, StreamLost)
        self._hold(identity, envelope, raw, is_lost=is_lost, at=stamp.observed_at)
        return identity

    def repeat(self, stream: Stream, row: Row) -> None:
        """Say what is held in an older epoch under the next number of this one."""
        event = read(row.envelope)
        identity, head = self._next(stream)
        envelope = renumbered(event, identity, head.head)
        is_lost = event.type.endswith(StreamLost.type)
        self._hold(identity, envelope, row.raw, is_lost=is_lost, at=event.time)

    def _next(self, stream: Stream) -> tuple[Identity, Head]:
        head = self._holding.head(LaneKey(self.epoch, stream))
        return Identity(self._source, stream, self.epoch, head.last + 1), head

    def _hold(
        self, identity: Identity, envelope: bytes, raw: bytes, *, is_lost: bool, at: datetime
    ) -> None:
        key = LaneKey(identity.epoch, identity.stream)
        hash_, sig = hash_of(envelope), self._key.sign(envelope)
        row = Row(identity.sequence, envelope, raw, hash_, sig)
        self._holding.hold(key, row, is_lost=is_lost, said_s=int(at.timestamp()))


def renumbered(event: Event, identity: Identity, previous: str) -> bytes:
    """The same event under another number."""
    return encode(
        msgspec.structs.replace(
            event,
            id=f"{identity.epoch}:{identity.stream}:{identity.sequence}",
            epoch=identity.epoch,
            sequence=f"{identity.sequence:010d}",
            previous=previous,
        )
    )

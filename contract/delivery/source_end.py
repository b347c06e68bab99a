"""The source's end of the delivery: says, sends again, prunes, declares. Sees no clock."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from contract.delivery.holding import Holding
from contract.delivery.losses import Losses
from contract.delivery.ranges import Range
from contract.delivery.room import OutboxLimits
from contract.delivery.sender import LaneKey, Sender
from contract.delivery.store import Store
from contract.delivery.succession import SUCCESSIONS_MAX, Succession
from contract.delivery.voice import Voice
from contract.identifiers import Source
from contract.messages import (
    EPOCHS_NAMED_MAX,
    GENESIS,
    STREAMS,
    EpochHeads,
    Identity,
    Message,
    Queue,
    Receipt,
    Refused,
    SignedBytes,
    Stamp,
    Stream,
    StreamHead,
    read,
)
from contract.signing import Key
from contract.wire import BLOB, JSON, join

DECLARED_AT_ONCE_MAX: Final = 64
UNSENDABLE_AFTER_TRIES: Final = 10
_INFINITY: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Said:
    """Something to say; `raw` are the bytes behind a `BlobPart`."""

    message: Message
    observed_at: datetime | None = None
    raw: bytes = b""


class Outgoing(NamedTuple):
    """A message as it goes out."""

    stream: Stream
    body: bytes
    content_type: str
    sig: bytes
    keyid: str = ""


Heard = Literal["stale", "heard", "say born"]
"""``say born``: another journal answers, our epoch changed, or our key became known only now."""


class SourceEnd:
    """One source: what it holds, what it sends, and the epoch that it speaks in."""

    def __init__(
        self,
        store: Store,
        *,
        source: Source,
        key: Key,
        make_epoch: Callable[[], str],
        limits: OutboxLimits | None = None,
    ) -> None:
        self.source: Final = source
        self.key: Final = key
        self.sender: Final = Sender()
        self._holding: Final = Holding(store, self.sender, limits or OutboxLimits())
        self._losses: Final = Losses(store, self.sender)
        self._store: Final = store
        with self._holding.writing():
            self._succession: Final = Succession(store, source, key)
        for lane, number in self._succession.said:
            self.sender.lane(*lane).lasting.add(number, number)
        self._voice: Final = Voice(
            self._holding,
            self.sender,
            self._succession,
            source=source,
            key=key,
            make_epoch=make_epoch,
        )

    @property
    def epoch(self) -> str:
        """In which it speaks now."""
        return self._voice.epoch

    @property
    def shed(self) -> int:
        """Messages dropped without a receipt since the start."""
        return self._holding.shed

    @property
    def is_revoked(self) -> bool:
        """The gateway says that our key counts no more: nothing goes out until we enrol anew."""
        return self._succession.is_revoked

    # --- saying

    def say(self, batch: Iterable[Said], stamp: Stamp) -> list[Identity | Refused]:
        """Number, chain, sign and hold; durable when it returns.

        What nobody could read is returned as `Refused`, in its place. Raises `Unavailable` if the
        disk is full or broken; then nothing of the batch was said.
        """
        results: list[Identity | Refused] = []
        with self._holding.writing():
            for said in batch:
                try:
                    results.append(
                        self._voice.say(
                            said.message, stamp, observed_at=said.observed_at, raw=said.raw
                        )
                    )
                except Refused as error:
                    results.append(error)
            self._holding.make_room()
        return results

    def recent(self, stream: Stream, limit: int) -> list[Message]:
        """What was said last of a stream and is still held, newest first, in whatever epoch."""
        messages = []
        for envelope in self._store.recent(stream, limit):
            with suppress(Refused):  # an older version may have known other messages
                messages.append(read(envelope).message())
        return messages

    # --- hearing

    def hear(self, signed: SignedBytes, receipt: Receipt, now: float) -> Heard:
        """Take a receipt whose signature was checked."""
        if receipt.agent != self.source:
            return "stale"
        was = (self.sender.journal or receipt.journal, self.epoch)
        if not self.sender.hear(receipt, now):
            return "stale"
        self._holding.settled_by(signed)
        is_heir = self._succession.hear(receipt)
        with self._holding.writing(is_saved=False):
            self._say_again_uncounted(receipt)
            for one in receipt.streams:
                self._agree(LaneKey(one.epoch, one.stream), one.upto, one.hash)
            self._losses.hear(receipt, now)
        is_same = was == (receipt.journal, self.epoch)
        return "heard" if is_same and not is_heir else "say born"

    def _agree(self, key: LaneKey, upto: int, hash_: str | None) -> None:
        """Compare hashes; a foreign one means that somebody else speaks with our name."""
        head = self._holding.heads.get(key)
        if head is None:
            return
        ours = self._store.hash_of(key, upto)
        is_foreign = key.epoch == self.epoch and upto > head.last
        if hash_ is not None and ours is not None:
            is_foreign = ours != hash_
        if is_foreign:
            self._say_again(key, head.agreed)
            return
        agreed = upto if hash_ is not None and ours is not None else head.agreed
        if (agreed, upto) != (head.agreed, head.upto):
            settled = head._replace(agreed=agreed, upto=min(upto, head.last))
            self._holding.set_head(key, settled)

    def _say_again(self, key: LaneKey, agreed: int) -> None:
        """Say everything after the last agreed number again, in a new epoch."""
        pieces = list(self.sender.lanes[key].held.within(agreed + 1, _INFINITY))
        if not pieces and key.epoch != self.epoch:
            return
        if key.epoch == self.epoch:
            self._voice.begin()
        for piece in pieces:
            for row in self._store.rows(key, *piece):
                self._voice.repeat(key.stream, row)
            self._holding.remove(key, piece, "said again", is_due=False)
        self._holding.save()

    def _say_again_uncounted(self, receipt: Receipt) -> None:
        """What nobody kept is said again if its key does not count, with one that does.

        Only what the receipt misses: what it does not speak of may well be kept.
        """
        for one in receipt.streams:
            lane = self.sender.lanes.get(LaneKey(one.epoch, one.stream))
            if lane is None or not self._succession.is_uncounted(one.epoch, receipt):
                continue
            for piece in list(lane.missing_held()):
                for row in self._store.rows(lane.key, *piece):
                    self._voice.repeat(lane.key.stream, row)
                self._holding.remove(lane.key, piece, "said again", is_due=False)
        self._holding.save()

    # --- sending

    def due(self, stamp: Stamp, now: float) -> list[Outgoing]:
        """What goes out now; first, losses that nobody declared are said."""
        if self.sender.is_absent(now) or self.is_revoked:
            return []
        self._declare(stamp)
        going: list[Outgoing] = []
        for take in self.sender.take(now):
            going += self._outgoing(take.lane, take.numbers)
        return going

    def _outgoing(self, key: LaneKey, numbers: list[int]) -> list[Outgoing]:
        wanted, keyid = set(numbers), self._succession.keyid_of(key.epoch)
        rows = self._store.rows(key, min(numbers), max(numbers))
        return [
            Outgoing(key.stream, join(row.envelope, row.raw), BLOB, row.sig, keyid)
            if key.stream == "bulk"
            else Outgoing(key.stream, row.envelope, JSON, row.sig, keyid)
            for row in rows
            if row.number in wanted
        ]

    # --- another key

    def rotate(self, new: Key, stamp: Stamp) -> None:
        """Say that ``new`` follows our key, which signs nothing after this: start with it anew.

        Said once, also when asked again, as after a power cut in between.
        """
        lasts = {key: head.last for key, head in self._holding.heads.items() if head.last}
        here = LaneKey(self.epoch, "events")
        lasts[here] = lasts.get(here, 0) + 1
        recent = self.recent("events", SUCCESSIONS_MAX)
        rotated = self._succession.rotated(new, lasts, recent=recent)
        if rotated is not None:
            self.sender.lane(*here).lasting.add(lasts[here], lasts[here])
            self.say([Said(rotated)], stamp)

    def successions(self) -> list[Outgoing]:
        """What a gateway has to hear before a birth, if it is to know its key; oldest first."""
        said = self._succession.said
        return [one for key, number in said for one in self._outgoing(key, [number])]

    def _declare(self, stamp: Stamp) -> None:
        for key, number in self.sender.worn_out(UNSENDABLE_AFTER_TRIES):
            with self._holding.writing():
                self._holding.remove(key, Range(number, number), "unsendable", is_due=True)
        due = self._store.gone.due(DECLARED_AT_ONCE_MAX)
        if not due:
            return
        with self._holding.writing():
            for gone in due:
                identity = self._voice.say(self._losses.declaration(gone), stamp)
                self._store.gone.set_declared(gone, identity.epoch, identity.sequence)

    # --- what births and signs of life say

    def named(self, *, every: bool) -> tuple[EpochHeads, ...]:
        """The epochs to name, ours first: all that are remembered, or those not yet settled."""
        known = dict.fromkeys([self.epoch, *reversed(self._store.epochs())])
        unsettled = {lane.key.epoch for lane in self.sender.lanes.values() if any(lane.unsettled())}
        chosen = [e for e in known if e == self.epoch or every or e in unsettled]
        chosen.sort(key=lambda e: (e != self.epoch, e not in unsettled))
        return tuple(
            EpochHeads(epoch=epoch, streams=tuple(self._head(epoch, s) for s in STREAMS))
            for epoch in chosen[:EPOCHS_NAMED_MAX]
        )

    def queues(self) -> tuple[Queue, ...]:
        """How much waits without a receipt, by stream; bytes are those of all that is held."""
        waiting = dict.fromkeys(STREAMS, 0)
        for lane in self.sender.lanes.values():
            waiting[lane.key.stream] += sum(piece.size for piece in lane.unsettled())
        return tuple(
            Queue(stream=s, messages=waiting[s], bytes=self._holding.bytes_of(s)) for s in STREAMS
        )

    def tidy(self, stamp: Stamp) -> None:
        """Prune what the gateway has had for long enough, and forget epochs of which nothing is."""
        with self._holding.writing():
            self._holding.prune_before(int(stamp.observed_at.timestamp()))
            self._holding.forget_epochs(self.epoch)

    def _head(self, epoch: str, stream: Stream) -> StreamHead:
        head = self._holding.head(LaneKey(epoch, stream))
        return StreamHead(stream=stream, last=head.last, head=head.head or GENESIS)

"""The source's end of the delivery: says, sends again, prunes, declares. Sees no clock."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from contract.delivery.ranges import Range, Ranges
from contract.delivery.room import SLACK, OutboxLimits, Size, is_full, next_to_go
from contract.delivery.sender import LaneKey, Sender
from contract.delivery.store import Gone, Head, Reason, Row, Store
from contract.identifiers import Source
from contract.link import Unavailable
from contract.messages import (
    GENESIS,
    MESSAGE_BYTES_MAX,
    STREAMS,
    BlobPart,
    EpochHeads,
    Event,
    Identity,
    Message,
    Queue,
    Receipt,
    Refused,
    SignedBytes,
    Stamp,
    Stream,
    StreamHead,
    StreamLost,
    compose,
    encode,
    read,
)
from contract.signing import Key
from contract.topics import stream_of
from contract.wire import BLOB, JSON, hash_of, join

EPOCHS_NAMED_MAX: Final = 200
"""Epochs that a birth names, and that an outbox remembers if nothing of them is held."""
DECLARED_AT_ONCE_MAX: Final = 64
UNSENDABLE_AFTER_TRIES: Final = 10
FORGOTTEN_AFTER_S: Final = 30.0
"""So long is a number asked for that the outbox knows nothing of, before it is declared lost."""


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


Heard = Literal["stale", "heard", "say born"]
"""``say born``: another journal answers, or our epoch changed; the gateway must hear of it."""


class SourceEnd:
    """One source: its store, its sender, and the epoch that it speaks in."""

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
        self.shed = 0
        """Messages dropped without a receipt since the start."""
        self._store: Final = store
        self._limits: Final = limits or OutboxLimits()
        self._make_epoch: Final = make_epoch
        self._heads: dict[LaneKey, Head] = {}
        self._receipt: SignedBytes | None = None
        self._receipt_row: int | None = None
        self._puzzles: dict[tuple[LaneKey, Range], float] = {}
        self._dirty: set[LaneKey] = set()
        self._sizes: dict[Stream, Size] = {}
        self._load()
        for key_, head in self._heads.items():
            lane = self.sender.lane(*key_)
            lane.upto = lane.seen = head.upto
        self.epoch = ""
        self._begin_epoch()

    def _load(self) -> None:
        """Know what the file knows: at the start, and after a transaction that failed."""
        self._heads = self._store.heads()
        self._dirty.clear()
        held = self._store.bytes_by_stream()
        self._sizes = {s: Size(*held.get(s, (0, 0))) for s in STREAMS}
        for lane in self.sender.lanes.values():
            lane.held = Ranges()
        for key, piece in self._store.held():
            self.sender.lane(*key).held.add(*piece)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction on the file; if the file cannot take it, it never happened."""
        try:
            with self._store.transaction():
                yield
                self._save_dirty()
        except sqlite3.Error as error:
            self._load()
            raise Unavailable(f"the outbox cannot write: {error}") from error

    # --- saying

    def say(self, batch: Iterable[Said], stamp: Stamp) -> list[Identity | Refused]:
        """Number, chain, sign and hold; durable when it returns.

        What nobody could read is returned as `Refused`, in its place. Raises `Unavailable` if the
        disk is full or broken; then nothing of the batch was said.
        """
        results: list[Identity | Refused] = []
        with self._writing():
            for said in batch:
                try:
                    results.append(self._say(said, stamp))
                except Refused as error:
                    results.append(error)
            self._make_room()
        return results

    def _say(self, said: Said, stamp: Stamp) -> Identity:
        stream = stream_of(said.message)
        if bool(said.raw) and not isinstance(said.message, BlobPart):
            raise Refused("only a blob part has raw bytes behind it")
        at = stamp
        if said.observed_at is not None:
            at = msgspec.structs.replace(stamp, observed_at=said.observed_at)
        identity, head = self._next(stream)
        envelope = compose(
            said.message, source=self.source, stamp=at, identity=identity, previous=head.head
        )
        if len(envelope) + len(said.raw) + 4 > MESSAGE_BYTES_MAX:
            raise Refused(f"{said.message.type} is larger than {MESSAGE_BYTES_MAX} bytes")
        is_lost = isinstance(said.message, StreamLost)
        self._hold(identity, envelope, said.raw, is_lost=is_lost, stamp=stamp)
        return identity

    def _next(self, stream: Stream) -> tuple[Identity, Head]:
        head = self._heads.get(LaneKey(self.epoch, stream), Head())
        return Identity(self.source, stream, self.epoch, head.last + 1), head

    def _hold(
        self, identity: Identity, envelope: bytes, raw: bytes, *, is_lost: bool, stamp: Stamp
    ) -> None:
        key = LaneKey(identity.epoch, identity.stream)
        number = identity.sequence
        row = Row(number, envelope, raw, hash_of(envelope), self.key.sign(envelope))
        said_s = int(stamp.observed_at.timestamp())
        self._store.put(key, row, is_lost=is_lost, said_s=said_s)
        head = self._heads.get(key, Head())
        self._heads[key] = head._replace(last=number, head=row.hash)
        self._dirty.add(key)
        self.sender.lane(*key).held.add(number, number)
        self._grow(identity.stream, 1, len(envelope) + len(raw))

    def _begin_epoch(self) -> None:
        self.epoch = self._make_epoch()
        for stream in STREAMS:
            self.sender.lane(self.epoch, stream)

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
        self._receipt, self._receipt_row = signed, None
        asked: set[tuple[LaneKey, Range]] = set()
        with self._store.transaction():  # nothing is written unless something is amiss
            for one in receipt.streams:
                key = LaneKey(one.epoch, one.stream)
                self._agree(key, one.upto, one.hash)
                asked |= self._answer_for(key, [Range(*m) for m in one.missing], now)
        self._puzzles = {k: t for k, t in self._puzzles.items() if k in asked}
        return "heard" if was == (receipt.journal, self.epoch) else "say born"

    def _agree(self, key: LaneKey, upto: int, hash_: str | None) -> None:
        """Compare hashes; a foreign one means that somebody else speaks with our name."""
        head = self._heads.get(key)
        if head is None:
            return
        ours = self._store.hash_of(key, upto)
        foreign = upto > head.last if key.epoch == self.epoch else False
        if hash_ is not None and ours is not None:
            foreign = ours != hash_
        if foreign:
            self._say_again(key, head.agreed)
            return
        agreed = upto if hash_ is not None and ours is not None else head.agreed
        if (agreed, upto) != (head.agreed, head.upto):
            self._heads[key] = head._replace(agreed=agreed, upto=min(upto, head.last))
            self._dirty.add(key)

    def _say_again(self, key: LaneKey, agreed: int) -> None:
        """Say everything after the last agreed number again, in a new epoch."""
        lane = self.sender.lanes[key]
        pieces = list(lane.held.within(agreed + 1, 1 << 62))
        if not pieces and key.epoch != self.epoch:
            return
        if key.epoch == self.epoch:
            self._begin_epoch()
        for piece in pieces:
            for row in self._store.rows(key, *piece):
                self._repeat(key.stream, row)
            self._remove(key, piece, "said again", is_due=False)
        self._save_dirty()

    def _repeat(self, stream: Stream, row: Row) -> None:
        event = read(row.envelope)
        identity, head = self._next(stream)
        envelope = renumbered(event, identity, head.head)
        stamp = Stamp(
            observed_at=event.time, boot_id=event.bootid, monotonic_ns=int(event.monotonicns)
        )
        is_lost = event.type.endswith(StreamLost.type)
        self._hold(identity, envelope, row.raw, is_lost=is_lost, stamp=stamp)

    def _answer_for(
        self, key: LaneKey, missing: list[Range], now: float
    ) -> set[tuple[LaneKey, Range]]:
        """Numbers asked for that are not held: make sure that their loss is declared."""
        lane = self.sender.lanes.get(key)
        puzzles: set[tuple[LaneKey, Range]] = set()
        for hole in missing:
            absent = [hole] if lane is None else list(lane.held.gaps(*hole))
            for piece in absent:
                puzzles |= self._explain(key, piece, now)
        return puzzles

    def _explain(self, key: LaneKey, piece: Range, now: float) -> set[tuple[LaneKey, Range]]:
        at = piece.first
        puzzles: set[tuple[LaneKey, Range]] = set()
        known = sorted(self._store.gone(key, *piece), key=lambda g: g.first)
        for gone in known:
            if gone.first > at:
                puzzles.add((key, Range(at, gone.first - 1)))
            at = max(at, gone.last + 1)
            if not self._is_being_declared(gone):
                self._store.set_due(gone)
        if at <= piece.last:
            puzzles.add((key, Range(at, piece.last)))
        for puzzle in puzzles:
            since = self._puzzles.setdefault(puzzle, now)
            if now - since >= FORGOTTEN_AFTER_S:
                self._store.remove(key, puzzle[1], "forgotten", is_due=True)
        return puzzles

    def _is_being_declared(self, gone: Gone) -> bool:
        """Whether the event that declares this loss is held and not yet settled."""
        if gone.said_epoch is None or gone.said_number is None:
            return False
        lane = self.sender.lanes.get(LaneKey(gone.said_epoch, "events"))
        if lane is None or gone.said_number not in lane.held:
            return False
        return not lane.is_settled(gone.said_number)

    # --- sending

    def due(self, stamp: Stamp, now: float) -> list[Outgoing]:
        """What goes out now; first, losses that nobody declared are said."""
        if self.sender.is_absent(now):
            return []
        self._declare(stamp)
        going: list[Outgoing] = []
        for take in self.sender.take(now):
            going += self._outgoing(take.lane, take.numbers)
        return going

    def _outgoing(self, key: LaneKey, numbers: list[int]) -> list[Outgoing]:
        wanted = set(numbers)
        rows = self._store.rows(key, min(numbers), max(numbers))
        return [
            Outgoing(key.stream, join(row.envelope, row.raw), BLOB, row.sig)
            if key.stream == "bulk"
            else Outgoing(key.stream, row.envelope, JSON, row.sig)
            for row in rows
            if row.number in wanted
        ]

    def _declare(self, stamp: Stamp) -> None:
        for key, number in self.sender.worn_out(UNSENDABLE_AFTER_TRIES):
            with self._writing():
                self._remove(key, Range(number, number), "unsendable", is_due=True)
        due = self._store.due(DECLARED_AT_ONCE_MAX)
        if not due:
            return
        with self._writing():
            for gone in due:
                identity = self._say(Said(self._lost(gone)), stamp)
                self._store.set_declared(gone, identity.epoch, identity.sequence)

    def _lost(self, gone: Gone) -> StreamLost:
        return StreamLost(
            stream=gone.lane.stream,
            epoch=gone.lane.epoch,
            first=gone.first,
            to=gone.last,
            before=gone.before,
            last=gone.head,
            reason=gone.reason,
            receipt=self._store.receipt(gone.receipt) if gone.receipt else None,
        )

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
            Queue(stream=s, messages=waiting[s], bytes=self._sizes[s].bytes) for s in STREAMS
        )

    def _head(self, epoch: str, stream: Stream) -> StreamHead:
        head = self._heads.get(LaneKey(epoch, stream), Head())
        return StreamHead(stream=stream, last=head.last, head=head.head or GENESIS)

    # --- room

    def tidy(self, stamp: Stamp) -> None:
        """Prune what the gateway has had for long enough, and forget epochs of which nothing is."""
        before = int(stamp.observed_at.timestamp()) - self._limits.keep_settled_s
        with self._writing():
            for lane in list(self.sender.lanes.values()):
                last = self._store.last_said_before(lane.key, before)
                for piece in list(lane.settled_held()) if last else []:
                    if piece.first <= last:
                        self._prune(lane.key, Range(piece.first, min(last, piece.last)))
            held = {lane.key.epoch for lane in self.sender.lanes.values() if len(lane.held)}
            idle = [e for e in self._store.epochs() if e not in held and e != self.epoch]
            for epoch in idle[:-EPOCHS_NAMED_MAX]:
                self._store.forget_epoch(epoch)
                for stream in STREAMS:
                    self.sender.lanes.pop(LaneKey(epoch, stream), None)
                    self._heads.pop(LaneKey(epoch, stream), None)

    def _make_room(self) -> None:
        slack = 0.0
        while is_full(self._size, self._limits, slack):
            slack = SLACK
            freed = next_to_go(self._store, self.sender)
            if freed is None:
                return
            if freed.is_settled:
                self._prune(freed.lane.key, freed.numbers)
            else:
                self.shed += freed.numbers.size
                self._remove(freed.lane.key, freed.numbers, "dropped", is_due=True)

    def _prune(self, key: LaneKey, piece: Range) -> None:
        if self._receipt_row is None and self._receipt is not None:
            self._receipt_row = self._store.put_receipt(self._receipt)
        self._remove(key, piece, "pruned", is_due=False)

    def _remove(self, key: LaneKey, piece: Range, reason: Reason, *, is_due: bool) -> None:
        receipt = self._receipt_row if reason == "pruned" else None
        messages, size = self._store.size_of(key, *piece)
        self._store.remove(key, piece, reason, is_due=is_due, receipt=receipt)
        self.sender.lanes[key].drop(*piece)
        self._grow(key.stream, -messages, -size)

    def _grow(self, stream: Stream, messages: int, size: int) -> None:
        self._sizes[stream] = self._sizes[stream].plus(messages, size)

    @property
    def _size(self) -> Size:
        total = Size()
        for size in self._sizes.values():
            total = total.plus(*size)
        return total

    def _save_dirty(self) -> None:
        for key in self._dirty:
            self._store.put_head(key, self._heads[key])
        self._dirty.clear()


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

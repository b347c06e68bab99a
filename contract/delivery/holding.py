"""What a source holds: its messages, their heads and sizes, and what gives way when it is full."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from contract.delivery.gone import Reason
from contract.delivery.ranges import Range, Ranges
from contract.delivery.room import SLACK, OutboxLimits, Size, is_full, next_to_go
from contract.delivery.sender import LaneKey, Sender
from contract.delivery.store import Head, Row, Store
from contract.link import Unavailable
from contract.messages import STREAMS, SignedBytes, Stream

EPOCHS_HELD_MAX: Final = 200
"""Epochs of which nothing is held any more and that are remembered all the same."""


class Holding:
    """The store, and in memory what would be slow to ask it. The two never differ for long."""

    def __init__(self, store: Store, sender: Sender, limits: OutboxLimits) -> None:
        self.store: Final = store
        self.heads: dict[LaneKey, Head] = {}
        self.shed = 0
        """Messages dropped without a receipt since the start."""
        self._sender: Final = sender
        self._limits: Final = limits
        self._sizes: dict[Stream, Size] = {}
        self._dirty: set[LaneKey] = set()
        self._receipt: SignedBytes | None = None
        self._receipt_row: int | None = None
        self._load()
        for key, head in self.heads.items():
            lane = sender.lane(*key)
            lane.upto = lane.seen = head.upto

    @contextmanager
    def writing(self, *, is_saved: bool = True) -> Iterator[None]:
        """A transaction on the file; if the file cannot take it, it never happened.

        Without ``is_saved`` the heads wait for the next transaction: a receipt costs no fsync.
        """
        try:
            with self.store.transaction():
                yield
                if is_saved:
                    self.save()
        except sqlite3.Error as error:
            self._load()
            raise Unavailable(f"the outbox cannot write: {error}") from error

    def save(self) -> None:
        """Write the heads that changed."""
        for key in self._dirty:
            self.store.put_head(key, self.heads[key])
        self._dirty.clear()

    def head(self, key: LaneKey) -> Head:
        """The head of a stream; of one that is empty, too."""
        return self.heads.get(key, Head())

    def set_head(self, key: LaneKey, head: Head) -> None:
        """Change a head; it reaches the disk with the next message."""
        self.heads[key] = head
        self._dirty.add(key)

    def bytes_of(self, stream: Stream) -> int:
        """Bytes held of a stream."""
        return self._sizes[stream].bytes

    def hold(self, key: LaneKey, row: Row, *, is_lost: bool, said_s: int) -> None:
        """Hold one more message."""
        self.store.put(key, row, is_lost=is_lost, said_s=said_s)
        self.set_head(key, self.head(key)._replace(last=row.number, head=row.hash))
        self._sender.lane(*key).held.add(row.number, row.number)
        self._grow(key.stream, 1, len(row.envelope) + len(row.raw))

    def remove(self, key: LaneKey, piece: Range, reason: Reason, *, is_due: bool) -> None:
        """Hold these messages no more; ``is_due``: their loss must be declared unasked."""
        receipt = self._receipt_row if reason == "pruned" else None
        messages, size = self.store.size_of(key, *piece)
        self.store.remove(key, piece, reason, is_due=is_due, receipt=receipt)
        self._sender.lanes[key].drop(*piece)
        self._grow(key.stream, -messages, -size)

    def settled_by(self, receipt: SignedBytes) -> None:
        """From now on, this receipt is what allows pruning."""
        self._receipt, self._receipt_row = receipt, None

    def make_room(self) -> None:
        """Prune, and if that is not enough drop, until the limits are kept."""
        slack = 0.0
        while is_full(self._size, self._limits, slack):
            slack = SLACK
            freed = next_to_go(self.store, self._sender)
            if freed is None:
                return
            if freed.is_settled:
                self._prune(freed.lane.key, freed.numbers)
            else:
                self.shed += freed.numbers.size
                self.remove(freed.lane.key, freed.numbers, "dropped", is_due=True)

    def prune_before(self, now_s: int) -> None:
        """Prune what the gateway has had for long enough."""
        said_s = now_s - self._limits.keep_settled_s
        for lane in list(self._sender.lanes.values()):
            for piece in list(lane.prunable()):
                last = self.store.last_said_before(lane.key, piece, said_s)
                if last >= piece.first:
                    self._prune(lane.key, Range(piece.first, last))

    def forget_epochs(self, current: str) -> None:
        """Forget the oldest epochs of which nothing is held."""
        held = {lane.key.epoch for lane in self._sender.lanes.values() if len(lane.held)}
        idle = [e for e in self.store.epochs() if e not in held and e != current]
        for epoch in idle[:-EPOCHS_HELD_MAX]:
            self.store.forget_epoch(epoch)
            for stream in STREAMS:
                key = LaneKey(epoch, stream)
                self._sender.lanes.pop(key, None)
                self.heads.pop(key, None)
                self._dirty.discard(key)

    def _prune(self, key: LaneKey, piece: Range) -> None:
        if self._receipt_row is None and self._receipt is not None:
            self._receipt_row = self.store.gone.put_receipt(self._receipt)
        self.remove(key, piece, "pruned", is_due=False)

    def _load(self) -> None:
        """Know what the file knows: at the start, and after a transaction that failed."""
        self.heads = self.store.heads()
        self._dirty.clear()
        self._receipt_row = None
        held = self.store.bytes_by_stream()
        self._sizes = {s: Size(*held.get(s, (0, 0))) for s in STREAMS}
        for stream in STREAMS:
            self._grow(stream, 0, 0)
        for lane in self._sender.lanes.values():
            lane.held = Ranges()
        for key, piece in self.store.held():
            self._sender.lane(*key).held.add(*piece)

    def _grow(self, stream: Stream, messages: int, size: int) -> None:
        held = self._sizes[stream] = self._sizes[stream].plus(messages, size)
        self._sender.usual_bytes[stream] = held.bytes // max(1, held.messages)

    @property
    def _size(self) -> Size:
        total = Size()
        for size in self._sizes.values():
            total = total.plus(*size)
        return total

"""Numbers that are asked for and not held: why they are gone, and whether anybody was told."""

from collections.abc import Iterable
from typing import Final

from contract.delivery.gone import Gone
from contract.delivery.ranges import Range
from contract.delivery.sender import LaneKey, Sender
from contract.delivery.store import Store
from contract.messages import Receipt, StreamLost

FORGOTTEN_AFTER_S: Final = 30.0
"""So long is a number asked for that the outbox knows nothing of, before it is declared lost."""

Puzzle = tuple[LaneKey, Range]


class Losses:
    """Makes sure that every hole that a receipt names is filled or declared."""

    def __init__(self, store: Store, sender: Sender) -> None:
        self._store: Final = store
        self._sender: Final = sender
        self._puzzles: dict[Puzzle, float] = {}
        """Numbers that nothing is known of, and since when they are asked for."""

    def hear(self, receipt: Receipt, now: float) -> None:
        """See to the holes of a receipt."""
        asked: set[Puzzle] = set()
        for one in receipt.streams:
            key = LaneKey(one.epoch, one.stream)
            for piece in self._absent(key, one.missing):
                asked |= self._explain(key, piece, now)
        self._puzzles = {puzzle: at for puzzle, at in self._puzzles.items() if puzzle in asked}

    def declaration(self, gone: Gone) -> StreamLost:
        """What says that these numbers will never come."""
        return StreamLost(
            stream=gone.lane.stream,
            epoch=gone.lane.epoch,
            first=gone.first,
            to=gone.last,
            before=gone.before,
            last=gone.head,
            reason=gone.reason,
            receipt=self._store.gone.receipt(gone.receipt) if gone.receipt else None,
        )

    def _absent(self, key: LaneKey, missing: Iterable[tuple[int, int]]) -> Iterable[Range]:
        lane = self._sender.lanes.get(key)
        for first, last in missing:
            yield from [Range(first, last)] if lane is None else list(lane.held.gaps(first, last))

    def _explain(self, key: LaneKey, piece: Range, now: float) -> set[Puzzle]:
        """Have what is known declared again; returns what is not known."""
        at = piece.first
        puzzles: set[Puzzle] = set()
        for gone in sorted(self._store.gone.of(key, *piece), key=lambda g: g.first):
            if gone.first > at:
                puzzles.add((key, Range(at, gone.first - 1)))
            at = max(at, gone.last + 1)
            if not self._is_being_declared(gone):
                self._store.gone.set_due(gone)
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
        lane = self._sender.lanes.get(LaneKey(gone.said_epoch, "events"))
        if lane is None or gone.said_number not in lane.held:
            return False
        return not lane.is_settled(gone.said_number)

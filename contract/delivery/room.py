"""What gives way when an outbox is full: settled before unsettled, the least urgent first."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from contract.delivery.ranges import Range
from contract.delivery.sender import Lane, Sender
from contract.delivery.store import Store
from contract.messages import STREAMS, Stream

SLACK: Final = 0.05
"""A full outbox frees this part of itself at once, so as not to free something at every message."""
CANDIDATES_MAX: Final = 1_000

PRUNED_IN_ORDER: Final[tuple[Stream, ...]] = ("readings", "bulk", "events")
"""Of what the gateway has: evidence goes last."""
SHED_IN_ORDER: Final[tuple[Stream, ...]] = tuple(reversed(STREAMS))
"""Of what the gateway has not: the opposite of the order of urgency."""


class OutboxLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much an outbox holds, and for how long what the gateway already has."""

    bytes_max: int = 1 << 30
    messages_max: int = 2_000_000
    keep_settled_s: int = 7 * 86_400


class Size(NamedTuple):
    """Messages and bytes."""

    messages: int = 0
    bytes: int = 0

    def plus(self, messages: int, size: int) -> "Size":
        """With so many more."""
        return Size(self.messages + messages, self.bytes + size)


class Freed(NamedTuple):
    """Numbers that have to go, and what that frees."""

    lane: Lane
    numbers: Range
    is_settled: bool
    size: int


def is_full(size: Size, limits: OutboxLimits, slack: float = 0.0) -> bool:
    """Whether an outbox is past its limits, less the slack."""
    part = 1 - slack
    return size.bytes > limits.bytes_max * part or size.messages > limits.messages_max * part


def next_to_go(store: Store, sender: Sender) -> Freed | None:
    """The next run of messages that gives way; none if only what stays is left."""
    for lane, piece, is_settled in _in_order(sender):
        if freed := _run(store, lane, piece, is_settled=is_settled):
            return freed
    return None


def _in_order(sender: Sender) -> Iterator[tuple[Lane, Range, bool]]:
    """Everything that is held, in the order in which it gives way."""
    for stream in PRUNED_IN_ORDER:
        for lane in sender.of(stream):
            yield from ((lane, piece, True) for piece in lane.prunable())
    for stream in SHED_IN_ORDER:
        for lane in sender.of(stream):
            yield from ((lane, piece, False) for piece in lane.droppable())


def _run(store: Store, lane: Lane, piece: Range, *, is_settled: bool) -> Freed | None:
    """The first unbroken run of messages in a piece that may go."""
    rows = store.shed_candidates(lane.key, piece.first, piece.last, CANDIDATES_MAX)
    if not rows:
        return None
    first = last = rows[0][0]
    size = 0
    for number, length in rows:
        if number > last + 1 or (size and number - first >= _chunk(rows)):
            break
        last = number
        size += length
    return Freed(lane, Range(first, last), is_settled, size)


def _chunk(rows: list[tuple[int, int]]) -> int:
    """A hundredth of what was found, so that no more goes than has to."""
    return max(1, len(rows) // 100)

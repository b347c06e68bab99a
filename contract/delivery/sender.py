"""Decides what an outbox sends now: pure, told the time, one `Lane` per epoch and stream.

Each number of a lane is *settled* (the latest receipt says: kept or declared lost), *in flight*
(sent, its time-out running) or *waiting*. Everything below `cursor` is settled or in flight: that
invariant makes the rest short.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from contract.delivery.pace import Pace
from contract.delivery.ranges import Range, Ranges
from contract.messages import STREAMS, Receipt, Stream, StreamReceipt

RESEND_S_FIRST: Final = 5.0
RESEND_S_MAX: Final = 60.0
RESEND_S_AFTER_REDIAL: Final = 2.0
"""A new link has forgotten what was in flight, but the gateway may still be reading it."""
ABSENT_S: Final = 30.0
"""Without a receipt for so long, the gateway is taken for absent: only `agent.born` is sent."""
BULK_IN_FLIGHT_MAX: Final = 16
"""Blob parts in flight: the window counts messages, and these are 128 KiB each."""
TAKE_MAX: Final = 500
"""Messages in one batch to the link."""
_INFINITY: Final = 1 << 62


class LaneKey(NamedTuple):
    """Names a lane."""

    epoch: str
    stream: Stream


class Take(NamedTuple):
    """Numbers of one lane to send now."""

    lane: LaneKey
    numbers: list[int]


class _Flight(NamedTuple):
    due: float
    tries: int
    sent: float | None = None
    """When it went out, if it went out once."""


@dataclass
class Lane:
    """What is known of one epoch and stream."""

    key: LaneKey
    held: Ranges = field(default_factory=Ranges)
    lasting: Ranges = field(default_factory=Ranges)
    """What is never pruned or dropped."""
    upto: int = 0
    seen: int = 0
    missing: Ranges = field(default_factory=Ranges)
    flight: dict[int, _Flight] = field(default_factory=dict)
    cursor: int = 1

    def is_settled(self, number: int) -> bool:
        """Whether the latest receipt says that this number is kept or declared lost."""
        return number <= self.upto or (number <= self.seen and number not in self.missing)

    def unsettled(self, start: int = 1) -> Iterator[Range]:
        """Held numbers from ``start`` on that the gateway has not settled."""
        yield from self.missing_held(start)
        yield from self.held.within(max(start, self.seen + 1), _INFINITY)

    def missing_held(self, start: int = 1) -> Iterator[Range]:
        """Held numbers from ``start`` on that the latest receipt names as missing."""
        for gap in self.missing.within(max(start, self.upto + 1), self.seen):
            yield from self.held.within(gap.first, gap.last)

    def prunable(self) -> Iterator[Range]:
        """Held numbers that the gateway has settled: they may go."""
        yield from self._may_go(self.held.within(1, self.upto))
        for piece in self.held.within(self.upto + 1, self.seen):
            yield from self._may_go(self.missing.gaps(piece.first, piece.last))

    def droppable(self) -> Iterator[Range]:
        """Held numbers that it has not: they go when nothing else is left, and are declared."""
        yield from self._may_go(self.unsettled())

    def _may_go(self, pieces: Iterable[Range]) -> Iterator[Range]:
        for piece in pieces:
            yield from self.lasting.gaps(piece.first, piece.last)

    def hear(self, receipt: StreamReceipt) -> float | None:
        """Take what a receipt says of this lane; when the last of what it settles went out."""
        self.upto = receipt.upto
        self.seen = max(receipt.seen, receipt.upto)
        self.missing = Ranges(receipt.missing)
        before = self.flight
        self.flight = {n: f for n, f in before.items() if not self.is_settled(n)}
        gone = (f.sent for n, f in before.items() if n not in self.flight and f.sent is not None)
        return max(gone, default=None)

    def forget_receipts(self) -> None:
        """Another journal answers: nothing is settled, everything held may be asked for."""
        self.upto = self.seen = 0
        self.missing = Ranges()
        self.flight.clear()
        self.cursor = 1

    def drop(self, first: int, last: int) -> None:
        """These numbers are held no more."""
        self.held.remove(first, last)
        for number in [n for n in self.flight if first <= n <= last]:
            del self.flight[number]


class Sender:
    """Window, order, time-outs. ``now`` is monotonic, in seconds."""

    def __init__(self) -> None:
        self.lanes: dict[LaneKey, Lane] = {}
        self.journal = ""
        self.position = -1
        self.window = 0
        self.usual_bytes: dict[Stream, int] = {}
        """The mean size of the messages held, by stream."""
        self.pace: Final = Pace()
        self._granted_until = 0.0
        self._former: set[str] = set()
        self._heard_at: float | None = None

    def lane(self, epoch: str, stream: Stream) -> Lane:
        """The lane of an epoch and stream, made if it is new."""
        key = LaneKey(epoch, stream)
        return self.lanes.setdefault(key, Lane(key))

    def hear(self, receipt: Receipt, now: float) -> bool:
        """Take a receipt; false for one that is older than what was heard already."""
        is_older = receipt.journal == self.journal and receipt.position < self.position
        if is_older or receipt.journal in self._former:
            return False
        if receipt.journal != self.journal:
            self._former.add(self.journal)
            for lane in self.lanes.values():
                lane.forget_receipts()
        self.journal, self.position = receipt.journal, receipt.position
        self.window = receipt.window
        self._granted_until = now + receipt.window_s
        self._heard_at = now
        in_flight = self._in_flight("readings") * self._usual("readings")
        for one in receipt.streams:
            mine = self.lanes.get(LaneKey(one.epoch, one.stream))
            if mine is None:
                continue
            sent = mine.hear(one)
            if sent is not None and one.stream == "readings":
                self.pace.settled(sent, now, in_flight_bytes=in_flight)
        return True

    def redialled(self, now: float) -> None:
        """A new link: what was in flight on the old one is soon due again.

        Until a receipt comes over it nobody knows whether the gateway hears it yet, and what is
        said to a broker that nobody listens at is gone, and would wait for its time-out.
        """
        self._heard_at = None
        for lane in self.lanes.values():
            for number in lane.flight:
                lane.flight[number] = _Flight(now + RESEND_S_AFTER_REDIAL, 0)

    def is_absent(self, now: float) -> bool:
        """Whether the gateway has to be taken for absent."""
        return self._heard_at is None or now - self._heard_at > ABSENT_S

    def take(self, now: float) -> list[Take]:
        """The numbers to send now, urgent streams first and old epochs before new ones."""
        if self.is_absent(now) or now > self._granted_until:
            return []
        takes: list[Take] = []
        room = TAKE_MAX
        for stream in STREAMS:
            for lane in self.of(stream):
                numbers = self._overdue(lane, now, room)
                numbers += self._fresh(lane, now, room - len(numbers))
                if numbers:
                    takes.append(Take(lane.key, numbers))
                    room -= len(numbers)
                if room <= 0:
                    return takes
        return takes

    def worn_out(self, tries: int) -> list[tuple[LaneKey, int]]:
        """Numbers sent so often that the gateway will never keep them, though it hears us."""
        return [
            (lane.key, number)
            for lane in self.lanes.values()
            for number, flight in lane.flight.items()
            if flight.tries >= tries and number <= lane.seen
        ]

    def next_due(self) -> float | None:
        """When the next time-out ends; none if nothing is in flight."""
        dues = [f.due for lane in self.lanes.values() for f in lane.flight.values()]
        return min(dues, default=None)

    @property
    def in_flight(self) -> int:
        """Messages sent and not settled."""
        return sum(len(lane.flight) for lane in self.lanes.values())

    def _in_flight(self, stream: Stream) -> int:
        return sum(len(lane.flight) for lane in self.of(stream))

    def of(self, stream: Stream) -> list[Lane]:
        """The lanes of a stream, oldest epoch first."""
        return [lane for lane in self.lanes.values() if lane.key.stream == stream]

    def _overdue(self, lane: Lane, now: float, room: int) -> list[int]:
        """In flight for too long: they are in the window already. `TAKE_MAX` bounds the burst."""
        numbers = sorted(n for n, flight in lane.flight.items() if flight.due <= now)[:room]
        for number in numbers:
            tries = lane.flight[number].tries + 1
            wait = min(RESEND_S_FIRST * 2**tries, RESEND_S_MAX)
            lane.flight[number] = _Flight(now + wait, tries)
        return numbers

    def _fresh(self, lane: Lane, now: float, room: int) -> list[int]:
        room = min(room, self._room(lane.key.stream))
        numbers: list[int] = []
        for piece in lane.unsettled(lane.cursor):
            count = min(piece.size, room - len(numbers))
            numbers += range(piece.first, piece.first + count)
            if len(numbers) >= room:
                break
        for number in numbers:
            lane.flight[number] = _Flight(now + RESEND_S_FIRST, 0, now)
        if numbers:
            lane.cursor = numbers[-1] + 1
        return numbers

    def _room(self, stream: Stream) -> int:
        """How many more may be in flight; a quarter of the window is reserved for events."""
        window = self.window if stream == "events" else self.window - self.window // 4
        room = window - self.in_flight
        if stream == "bulk":
            room = min(room, BULK_IN_FLIGHT_MAX - self._in_flight(stream))
        elif stream == "readings":
            most = max(1, self.pace.bytes_max // self._usual(stream))
            room = min(room, most - self._in_flight(stream))
        return max(room, 0)

    def _usual(self, stream: Stream) -> int:
        return max(1, self.usual_bytes.get(stream, 1))

"""The no-gap ledger: which numbers of every source are kept, declared lost, or missing. Pure.

A fold over the journal: `hear`, `lose` and `claim` are called in the journal's order with what was
kept, and the answers (`receipt_streams`, `completeness`) follow. A stream of an epoch is a list of
spans; a span remembers the hash before its first number and the hash of its last, so that a chain
that does not join is seen wherever two spans meet, in whatever order the messages came.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final, Literal

from contract.delivery.ranges import Ranges
from contract.messages import (
    GENESIS,
    RANGES_MAX,
    STREAMS,
    Completeness,
    EpochHeads,
    Identity,
    Queue,
    Stream,
    StreamLost,
    StreamReceipt,
    StreamState,
)

SPANS_MAX: Final = 10_000
"""Spans of one stream; a message that would make more is not kept yet, and is said again later."""
EPOCHS_IN_RECEIPT_MAX: Final = 200

Verdict = Literal["new", "held", "not yet"]
"""``new``: keep it. ``held``: the number is kept already, compare the hashes. ``not yet``: too many
holes; ignore it, it will be said again."""


@dataclass(slots=True)
class Span:
    """Settled numbers `first` to `last`, the hash before them and the hash of the last."""

    first: int
    last: int
    before: str | None
    head: str | None


@dataclass
class StreamLedger:
    """One stream of one epoch."""

    spans: list[Span] = field(default_factory=list)
    kept: Ranges = field(default_factory=Ranges)
    lost: Ranges = field(default_factory=Ranges)
    known: int = 0
    """The highest number that anybody spoke of."""
    breaks: int = 0
    """Places where the chain does not join."""

    def settle(self, first: int, last: int, before: str | None, head: str | None) -> bool:
        """Join a span to what is there; false if a chain of hashes does not fit."""
        spans = self.spans
        if spans and spans[-1].last == first - 1:  # what comes next, as nearly always
            new = spans[-1]
            fits = None in (new.head, before) or new.head == before
            new.last, new.head = last, head
        else:
            new, fits = self._join(Span(first, last, before, head))
        if new.first == 1 and new.before not in (None, GENESIS):
            fits = False
        self.known = max(self.known, last)
        self.breaks += not fits
        return fits

    def _join(self, new: Span) -> tuple[Span, bool]:
        """Put it where it belongs; returns what became of it, and whether all chains fit."""
        spans = self.spans
        low = bisect_right(spans, new.first - 1, key=lambda s: s.last)
        if low and spans[low - 1].last == new.first - 1:
            low -= 1
        high = low
        fits = True
        while high < len(spans) and spans[high].first <= new.last + 1:
            old = spans[high]
            fits &= _joins(old, new) and _joins(new, old)
            new = Span(
                min(old.first, new.first),
                max(old.last, new.last),
                old.before if old.first < new.first else _known(new, old, "before"),
                old.head if old.last > new.last else _known(new, old, "head"),
            )
            high += 1
        spans[low:high] = [new]
        return new, fits

    def has_room_for(self, number: int) -> bool:
        """Whether this number, not yet kept, joins a span or may be one more."""
        if len(self.spans) < SPANS_MAX:
            return True
        near = bisect_right(self.spans, number - 2, key=lambda s: s.last)
        return near < len(self.spans) and self.spans[near].first <= number + 1

    @property
    def upto(self) -> int:
        """Up to this number nothing is missing."""
        return self.spans[0].last if self.spans and self.spans[0].first == 1 else 0

    @property
    def head(self) -> str | None:
        """The hash of number `upto`."""
        return self.spans[0].head if self.upto else GENESIS

    def missing(self) -> list[tuple[int, int]]:
        """The first holes below `known`, one more than a receipt may name."""
        holes: list[tuple[int, int]] = []
        at = 1
        for span in self.spans:
            if span.first > at:
                holes.append((at, span.first - 1))
            at = span.last + 1
            if len(holes) > RANGES_MAX:
                return holes
        if at <= self.known:
            holes.append((at, self.known))
        return holes

    @property
    def missing_count(self) -> int:
        """Numbers that were spoken of and are neither kept nor declared lost."""
        return self.known - self.kept.size - self.lost.size


@dataclass
class SourceLedger:
    """Everything that one source numbered."""

    epochs: dict[str, dict[Stream, StreamLedger]] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    """The epochs that the source named last: those of which it holds messages."""
    waiting: dict[Stream, int] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    """By epoch, the position of the entry that spoke of it first."""

    def stream(self, epoch: str, stream: Stream, position: int = 0) -> StreamLedger:
        """The ledger of one stream, made if it is new."""
        self.begun.setdefault(epoch, position)
        streams = self.epochs.setdefault(epoch, {})
        ledger = streams.get(stream)
        if ledger is None:
            ledger = streams[stream] = StreamLedger()
        return ledger


@dataclass
class Ledger:
    """All sources."""

    sources: dict[str, SourceLedger] = field(default_factory=dict)

    def source(self, source: str) -> SourceLedger:
        """The ledger of one source, made if it is new."""
        ledger = self.sources.get(source)
        if ledger is None:
            ledger = self.sources[source] = SourceLedger()
        return ledger

    def look(self, identity: Identity) -> Verdict:
        """What to do with a message, without noting it."""
        known = self.sources.get(identity.source)
        streams = known.epochs.get(identity.epoch) if known else None
        ledger = streams.get(identity.stream) if streams else None
        if ledger is None:
            return "new"
        if identity.sequence in ledger.kept:
            return "held"
        return "new" if ledger.has_room_for(identity.sequence) else "not yet"

    def hear(self, identity: Identity, hash_: str, previous: str, position: int = 0) -> bool:
        """A message was kept; false if its chain does not join (keep it, and raise an alarm)."""
        ledger = self.source(identity.source).stream(identity.epoch, identity.stream, position)
        number = identity.sequence
        ledger.kept.add(number, number)
        if number in ledger.lost:
            ledger.lost.remove(number, number)
            return True  # settled before, with the hashes of those who declared it
        return ledger.settle(number, number, previous, hash_)

    def lose(self, source: str, lost: StreamLost, position: int = 0) -> bool:
        """Numbers were declared lost; what was also kept counts as kept."""
        ledger = self.source(source).stream(lost.epoch, lost.stream, position)
        for hole in list(ledger.kept.gaps(lost.first, lost.to)):
            ledger.lost.add(hole.first, hole.last)
        return ledger.settle(lost.first, lost.to, lost.before, lost.last)

    def claim(
        self,
        source: str,
        epochs: tuple[EpochHeads, ...],
        queues: tuple[Queue, ...] = (),
        position: int = 0,
    ) -> None:
        """The source says how far it has numbered, in a signed `agent.born` or `agent.alive`."""
        mine = self.source(source)
        mine.named = tuple(e.epoch for e in epochs[:EPOCHS_IN_RECEIPT_MAX])
        mine.waiting = {queue.stream: queue.messages for queue in queues}
        for heads in epochs[:EPOCHS_IN_RECEIPT_MAX]:
            for head in heads.streams:
                ledger = mine.stream(heads.epoch, head.stream, position)
                ledger.known = max(ledger.known, head.last)

    def receipt_streams(self, source: str) -> tuple[StreamReceipt, ...]:
        """What a receipt says: the epochs the source named, and whichever have holes."""
        mine = self.sources.get(source)
        if mine is None:
            return ()
        holed = [
            epoch
            for epoch, streams in mine.epochs.items()
            if any(s.missing_count for s in streams.values())
        ]
        budget = RANGES_MAX
        said: list[StreamReceipt] = []
        for epoch in dict.fromkeys((*mine.named, *holed[:EPOCHS_IN_RECEIPT_MAX])):
            for name in STREAMS:
                ledger = mine.epochs.get(epoch, {}).get(name)
                if ledger is None:
                    continue
                one = _receipt(epoch, name, ledger, budget)
                budget -= len(one.missing)
                said.append(one)
        return tuple(said)

    def completeness(self, source: str) -> tuple[Completeness, tuple[StreamState, ...]]:
        """How whole a source is, by stream, and as one word (the worst of them)."""
        mine = self.source(source)
        states = tuple(_state(mine, name) for name in STREAMS)
        worst = max(states, key=lambda s: WORST.index(s.status)).status
        return worst, states


WORST: Final[tuple[Completeness, ...]] = (
    "complete",
    "declared lost",
    "late",
    "missing",
    "cannot tell",
)
"""From the best to the worst that can be said of how whole something is."""


def _state(mine: SourceLedger, name: Stream) -> StreamState:
    ledgers = [s[name] for s in mine.epochs.values() if name in s]
    kept = sum(s.kept.size for s in ledgers)
    lost = sum(s.lost.size for s in ledgers)
    missing = sum(s.missing_count for s in ledgers)
    waiting = mine.waiting.get(name, 0)
    status: Completeness = "complete"
    if not mine.named:
        status = "cannot tell"  # no source has told us how far it has numbered
    elif missing:
        status = "late" if missing <= waiting else "missing"
    elif lost:
        status = "declared lost"
    return StreamState(
        stream=name, status=status, kept=kept, missing=missing, lost=lost, waiting=waiting
    )


def _receipt(epoch: str, name: Stream, ledger: StreamLedger, budget: int) -> StreamReceipt:
    holes = ledger.missing()
    seen = ledger.known
    if len(holes) > budget:  # speak only as far as the holes that can be named
        seen = holes[budget][0] - 1
        holes = holes[:budget]
    return StreamReceipt(
        epoch=epoch,
        stream=name,
        upto=ledger.upto,
        hash=ledger.head,
        seen=max(seen, ledger.upto),
        missing=tuple(holes),
    )


def _joins(left: Span, right: Span) -> bool:
    """Whether the chain holds where ``left`` ends and ``right`` begins, if they meet so."""
    if left.last + 1 != right.first or left.head is None or right.before is None:
        return True
    return left.head == right.before


def _known(new: Span, old: Span, which: Literal["before", "head"]) -> str | None:
    """The hash at an end of two spans that share it; the one that is known wins."""
    mine: str | None = getattr(new, which)
    theirs: str | None = getattr(old, which)
    same = new.first == old.first if which == "before" else new.last == old.last
    return theirs if same and mine is None else mine

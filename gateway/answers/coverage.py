"""Whether everything that a device saw between two moments is here, and if not, why not. Pure.

    sign of life before the start      sign of life that promises all up to the end
              │ heads                              │ heads
    ──────────┴──────────[ start ─────── end ]─────┴──────────▶ numbers of a stream
               what was seen in between has a number in here

What an agent said before the start has a number up to the head that an earlier sign of life names;
what its device saw before the end has one up to the head of the first sign whose `said_up_to` has
reached the end. So a hole in between is a hole in what is asked, or within seconds of it: never is
anything called complete that is not, whatever order things came in.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from contract.identifiers import Source
from contract.messages import (
    EPOCHS_NAMED_MAX,
    AgentAlive,
    AgentBorn,
    Completeness,
    Stream,
    StreamLost,
    Stretch,
)
from gateway.judge.ledger import WORST, SourceLedger
from gateway.judge.twins import Agent
from gateway.judge.wording import clock_time

REASONS_MAX: Final = 20
"""Reasons of one answer."""
_WHY_LOST: Final = {
    "dropped": "its outbox was full",
    "unsendable": "it could not be sent",
    "pruned": "a gateway that was restored since had receipted it, and it was kept no longer",
    "forgotten": "it no longer has it, as after a restored card",
    "said again": "it was said again in a new epoch",
}


class Sign(NamedTuple):
    """A sign of life: what an agent had numbered by then, and said of its devices."""

    position: int
    at: datetime
    """By the agent's clock."""
    heads: Mapping[tuple[str, Stream], int]
    """The last number by epoch and stream, of the epochs that it names."""
    said_up_to: Mapping[str, datetime]
    is_clock_known: bool
    names_all: bool
    """Whether no epoch of which something waits is left out: only so many are named."""

    def has_said(self, device: str, upto: datetime) -> bool:
        """Whether nothing that this device saw earlier was unsaid; no device: the agent itself."""
        if not self.names_all:
            return False
        if not device:
            return self.at >= upto
        said = self.said_up_to.get(device)
        return said is not None and said >= upto


class Window(NamedTuple):
    """Numbers of one stream of one epoch: `after` itself is not in it, `upto` is."""

    epoch: str
    stream: Stream
    after: int
    upto: int


class Found(NamedTuple):
    """What is known of one stretch of time."""

    start: datetime
    end: datetime
    status: Completeness
    kept: int
    lost: int
    missing: dict[Stream, int]
    windows: list[Window]

    @property
    def stretch(self) -> Stretch:
        """As it travels."""
        return Stretch(
            start=self.start,
            end=self.end,
            status=self.status,
            kept=self.kept,
            missing=sum(self.missing.values()),
            lost=self.lost,
        )


def sign_of(
    message: AgentAlive | AgentBorn, *, position: int, at: datetime, clock_error_ms: int | None
) -> Sign:
    """What a sign of life says."""
    heads = {(e.epoch, head.stream): head.last for e in message.epochs for head in e.streams}
    said = {}
    if isinstance(message, AgentAlive):
        said = {d.device: d.said_up_to for d in message.devices if d.said_up_to is not None}
    names_all = len(message.epochs) < EPOCHS_NAMED_MAX
    return Sign(position, at, heads, said, clock_error_ms is not None, names_all)


def found(
    mine: SourceLedger, start: datetime, end: datetime, *, before: Sign | None, after: Sign | None
) -> Found:
    """How whole a stretch is: ``before`` was said by its start, ``after`` covers its end."""
    windows = list(_windows(mine, before, after))
    kept = lost = 0
    missing: dict[Stream, int] = {}
    for epoch, stream, first, upto in windows:
        ledger = mine.epochs[epoch][stream]
        here = sum(r.size for r in ledger.kept.within(first + 1, upto))
        gone = sum(r.size for r in ledger.lost.within(first + 1, upto))
        kept, lost = kept + here, lost + gone
        if hole := upto - first - here - gone:
            missing[stream] = missing.get(stream, 0) + hole
    status: Completeness = "complete"
    if after is None:
        status = "cannot tell"
    elif any(not _waits(mine, stream) for stream in missing):
        status = "missing"
    elif missing:
        status = "late"
    elif lost:
        status = "declared lost"
    return Found(start, end, status, kept, lost, missing, windows)


def worst(stretches: Sequence[Found]) -> Completeness:
    """The one word for all of them."""
    return max((one.status for one in stretches), key=WORST.index)


def reasons(
    agent: Agent, device: str, whole: Found, *, after: Sign | None, losses: Sequence[StreamLost]
) -> tuple[str, ...]:
    """Why it is not simply complete, in sentences for people."""
    return tuple(_reasons(agent, device, whole, after, losses))[:REASONS_MAX]


def _windows(mine: SourceLedger, before: Sign | None, after: Sign | None) -> Iterator[Window]:
    for epoch, streams in mine.epochs.items():
        begun = mine.begun.get(epoch, 0)
        for stream, ledger in streams.items():
            first, upto = 0, ledger.known
            if before is not None:
                named = before.heads.get((epoch, stream))
                # An epoch that it no longer named, although it was known: all of it is older.
                first = named if named is not None else ledger.known * (begun <= before.position)
            if after is not None:
                named = after.heads.get((epoch, stream))
                upto = named if named is not None else ledger.known * (begun <= after.position)
            if upto > first:
                yield Window(epoch, stream, first, upto)


def _waits(mine: SourceLedger, stream: Stream) -> bool:
    """Whether the agent says that what is missing waits in its outbox."""
    missing = sum(s[stream].missing_count for s in mine.epochs.values() if stream in s)
    return missing <= mine.waiting.get(stream, 0)


def _reasons(
    agent: Agent, device: str, whole: Found, after: Sign | None, losses: Sequence[StreamLost]
) -> Iterator[str]:
    name = Source(agent.source).name
    if agent.is_foreign:
        yield f"What {name} gathers is not numbered: nobody can tell whether anything is missing."
        return
    if after is None:
        yield _unsaid(agent, device, whole.end)
    for stream, count in whole.missing.items():
        where = _these(count, stream)
        yield f"{where} {name} {'is' if count == 1 else 'are'} not here" + (
            "; it says that they wait in its outbox." if whole.status == "late" else "."
        )
    for loss in losses:
        if any(_touches(loss, window) for window in whole.windows):
            count = loss.to - loss.first + 1
            yield f"{_these(count, loss.stream)} {name} will never come: {_WHY_LOST[loss.reason]}."
    if after is not None and not after.is_clock_known:
        yield f"The clock of {name} was not known to be right; the times are its own."


def _these(count: int, stream: Stream) -> str:
    return f"{count:,} {'message' if count == 1 else 'messages'} ({stream}) of"


def _touches(loss: StreamLost, window: Window) -> bool:
    is_there = (loss.epoch, loss.stream) == (window.epoch, window.stream)
    return is_there and loss.first <= window.upto and loss.to > window.after


def _unsaid(agent: Agent, device: str, end: datetime) -> str:
    """Why nobody promises that all up to the end was said."""
    twin = agent.devices.get(device)
    if device and twin is None:
        return f"{Source(agent.source).name} says nothing of a device {device}."
    said = twin.said_up_to if twin else agent.heard_at
    if said is None:
        return f"{device} has not said up to when it said everything."
    if said >= end:
        return "No sign of life that is here promises that all was said up to then."
    sentence = f"{device or Source(agent.source).name} has said everything only up to "
    sentence += clock_time(said, end)
    if twin is not None and not twin.is_found and twin.reason:
        sentence += f"; it does not answer: {twin.reason}"
    return f"{sentence}."

"""The idea of a sink: where time series go, after the journal and never before it.

A sink is written to from the journal, in order, with a cursor of its own; so it may be written the
same point again at any time and must not keep it twice. What makes a point itself is its origin
(source, stream, epoch), the number of its message there and its place in the message.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from contract.clock import Clock
from contract.link import Rejected
from contract.messages import Stream

BATCH_POINTS: Final = 10_000
"""Points that a batch should gather before it is written; fewer when no more are there."""
BATCH_POINTS_MAX: Final = 10_000
"""Points of one batch."""

Fact = float | int | str


class Series(NamedTuple):
    """What a point is a value of; all of it bounded in number, so all of it may be a tag."""

    kind: str
    """"reading", "seal" or "scan"."""
    post: str
    agent: str
    """The name of the source at its post."""
    device: str
    metric: str
    unit: str
    """By the SenML registry; a series has one, for a mean over two units means nothing."""


class Origin(NamedTuple):
    """Who numbered the message: with its number and an index, what makes a point unique."""

    source: str
    stream: Stream
    epoch: str


class TimePoint(NamedTuple):
    """One point in time of one series."""

    series: Series
    origin: Origin
    sequence: int
    item: int
    """The point's place in its message, from 0."""
    observed_us: int
    """Microseconds since 1970 UTC, by the device's clock."""
    value: float | None
    """What a chart shows; none where there is nothing to show (a seal without a battery)."""
    names: tuple[str, ...] = ()
    """What else is known is called so; points of one shape share this tuple."""
    facts: tuple[Fact, ...] = ()
    """As many as `names`: numbers of seals and scans stand here and are never tags."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A point that the sink will never take, and why."""

    point: TimePoint
    reason: str


class PointsRejected(Rejected):
    """These points will never be taken (quarantine them); **all others of the batch are kept**."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(f"{len(refusals)} points refused, the first: {refusals[0].reason}")
        self.refusals: Final = tuple(refusals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a sink may use of the gateway it stands in."""

    state_dir: Path
    clock: Clock


class Sink(Protocol):
    """Where points go."""

    async def write(self, points: Sequence[TimePoint]) -> None:
        """Keep at most `BATCH_POINTS_MAX` points durably; those already kept change nothing.

        Raises `Unavailable` if nobody can tell how much was kept (write the batch again, later),
        and `PointsRejected` if some points can never be kept and all the others have been.
        """


async def isolate(
    points: Sequence[TimePoint], attempt: Callable[[Sequence[TimePoint]], Awaitable[None]]
) -> None:
    """Write through `attempt`, halving what it rejects until each bad point stands alone.

    `attempt` raises `Rejected` for a group with a bad point in it, having kept all of it or none.
    Costs two attempts a halving: about 28 for one bad point in 10,000.
    """
    refusals: list[Refusal] = []
    groups = [points]
    while groups:
        group = groups.pop()
        if not group:
            continue
        try:
            await attempt(group)
        except Rejected as error:
            if len(group) == 1:
                refusals.append(Refusal(group[0], str(error)))
                continue
            middle = len(group) // 2
            groups += [group[middle:], group[:middle]]
    if refusals:
        raise PointsRejected(refusals)

"""The idea of a history: what a store tells about the past, thinned out by the store itself.

A history is asked for at most so many points. Where there are no more readings than that, they come
as they are; where there are, each point stands for one step. Steps are whole multiples of
`step_ms` since 1970 UTC, so that the same step holds the same readings whoever asks; an empty one
is left out, for a hole is a hole.
"""

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from contract.link import Rejected
from contract.messages import Point
from gateway.instant import microseconds

SERIES_MAX: Final = 20_000
"""Series that one answer names."""
_SECOND: Final = 1_000
_DAY: Final = 86_400 * _SECOND
_FINE: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_COARSE_S: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 10_800, 21_600, 43_200),
)


class SeriesName(NamedTuple):
    """What can be asked for."""

    device: str
    metric: str
    unit: str


class Told(NamedTuple):
    """The answer: oldest first; `step_s` is 0 where the points are the readings themselves."""

    points: list[Point]
    unit: str
    step_s: float


class Window(NamedTuple):
    """What is asked, in whole milliseconds since 1970 UTC: from `start_ms` to before `end_ms`."""

    start_ms: int
    end_ms: int
    points_max: int

    @classmethod
    def of(cls, start: datetime, end: datetime, points_max: int) -> "Window":
        """Raise `Rejected` for what has no answer; nothing is told from before 1970."""
        start_ms = max(0, microseconds(start) // 1_000)
        window = cls(start_ms, microseconds(end) // 1_000, points_max)
        if window.end_ms <= window.start_ms:
            raise Rejected("the end of a history comes at least a millisecond after its start")
        if points_max < 1:
            raise Rejected("a history has at least one point")
        return window

    def step_ms(self) -> int:
        """The shortest round step of which no more than `points_max` touch the window."""
        return next(step for step in _steps() if self._touched(step) <= self.points_max)

    def _touched(self, step: int) -> int:
        return (self.end_ms - 1) // step - self.start_ms // step + 1


def _steps() -> Iterator[int]:
    """Round steps, ever longer: one of them reaches from 1970 over the end of any window."""
    yield from _FINE
    yield from (seconds * _SECOND for seconds in _COARSE_S)
    for exponent in itertools.count():
        yield from (digit * 10**exponent * _DAY for digit in (1, 2, 5))


class History(Protocol):
    """What happened, by device and metric."""

    async def series(self) -> list[SeriesName]:
        """All that can be asked for, in alphabetical order; raise `Unavailable`."""

    async def points(
        self, device: str, metric: str, start: datetime, end: datetime, points_max: int
    ) -> Told:
        """Readings observed from `start` to before `end`, in at most `points_max` points.

        Where a metric changed its unit, those in the unit of the latest. Raises `Unavailable` or
        `Rejected`.
        """

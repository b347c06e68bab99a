"""A database behind the gateway that can fail, and can say what it holds under which name."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from contract.link import Unavailable
from gateway.timeseries.influx.line_protocol import prefix, timestamp_ns
from gateway.timeseries.sink import BATCH_POINTS_MAX, Place, TimePoint
from gateway.timeseries.sinks import SINKS

Name = tuple[bytes, int]
"""Series and time as InfluxDB has them: what is equal in both overwrites."""
Said = tuple[str, str, str, int, int]
"""Source, stream, epoch, number and place: what a point is of."""


class Database:
    """Overwrites as InfluxDB does, and notes whenever one point overwrote another."""

    def __init__(self, rng: random.Random, takes_s: float = 0.0) -> None:
        self.is_down = False
        self.points: Final[dict[Name, TimePoint]] = {}
        self.overwritten: Final[list[tuple[TimePoint, TimePoint]]] = []
        self.writes = 0
        self._rng: Final = rng
        self._takes_s: Final = takes_s

    async def write(self, points: Sequence[TimePoint]) -> None:
        """See `gateway.timeseries.sink.Sink`; while it is down it may have taken a part."""
        assert len(points) <= BATCH_POINTS_MAX
        self.writes += 1
        if self._takes_s:  # long enough to be killed before anything is there
            await asyncio.sleep(self._rng.random() * self._takes_s)
        taken = self._rng.randrange(len(points) + 1) if self.is_down else len(points)
        for point in points[:taken]:
            name = (prefix(point.series), timestamp_ns(point))
            former = self.points.get(name)
            if former is not None and said_of(former) != said_of(point):
                self.overwritten.append((former, point))
            self.points[name] = point
        if self.is_down:
            raise Unavailable("the database is down")

    @property
    def said(self) -> dict[Said, TimePoint]:
        """Every point by what it is of."""
        return {said_of(point): point for point in self.points.values()}


def said_of(point: TimePoint) -> Said:
    """What a point is of."""
    return (*point.origin, point.sequence, point.item)


class Settings:
    """Stands in a gateway's configuration for a database of the test."""

    def __init__(self, database: Database) -> None:
        self.database: Final = database


@asynccontextmanager
async def _connect(settings: Settings, _place: Place) -> AsyncIterator[Database]:
    yield settings.database


SINKS[Settings] = _connect

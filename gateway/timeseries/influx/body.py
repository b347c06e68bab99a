"""The body of one write to InfluxDB: lines of points, put together without holding up the loop."""

import asyncio
from collections.abc import Sequence
from typing import Final

from contract.link import Rejected
from gateway.timeseries.influx.line_protocol import Unwritable, lines
from gateway.timeseries.sink import TimePoint

BREATH_POINTS: Final = 100
"""After so many points (at most 0.4 ms) whoever else waits for the loop gets his turn: an alert,
before all, which needs six turns from the socket to the outlet."""


async def body_of(points: Sequence[TimePoint]) -> bytes:
    """As line protocol; raise `Rejected` if one of them has no words in it."""
    parts = []
    try:
        for start in range(0, len(points), BREATH_POINTS):
            parts.append(lines(points[start : start + BREATH_POINTS]))
            await asyncio.sleep(0)
    except Unwritable as error:
        raise Rejected(str(error)) from error
    return b"\n".join(parts)

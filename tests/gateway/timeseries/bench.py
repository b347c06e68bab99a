"""How fast the stores are here: ``python -m tests.gateway.timeseries.bench [BATCHES]``.

Batches of 10,000 readings of 200 series, as the gateway makes them, to a database on this machine.
"""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from contract.clock import SystemClock
from contract.messages import Identity, Reading, ReadingsTaken
from gateway.timeseries.influx.line_protocol import lines
from gateway.timeseries.points import points_of
from gateway.timeseries.sink import BATCH_POINTS_MAX, Place, TimePoint
from gateway.timeseries.sinks import EmbeddedConfig, Influx1Config, SinkConfig, open_sink
from tests.gateway.timeseries.said import EPOCH, NOON, SOURCE
from tests.system.servers import Influxd

MESSAGE: Final = 1_000
"""Readings of one message."""
DEVICES: Final = 200


def messages(batch: int) -> list[tuple[int, ReadingsTaken]]:
    """The messages of one batch, with their numbers."""
    each = BATCH_POINTS_MAX // MESSAGE
    return [
        (
            batch * each + part + 1,
            ReadingsTaken(
                readings=tuple(
                    Reading(
                        device=f"thermometer-{n % DEVICES}",
                        metric="temperature",
                        value=20 + (batch * 7 + part * 3 + n) % 1_000 / 100,
                        unit="Cel",
                        observed_at=NOON
                        + timedelta(milliseconds=(batch * each + part) * 1_000 + n),
                    )
                    for n in range(MESSAGE)
                )
            ),
        )
        for part in range(each)
    ]


def mapped(said: Sequence[tuple[int, ReadingsTaken]]) -> list[TimePoint]:
    """What the gateway does to them."""
    return [
        point
        for number, message in said
        for point in points_of(Identity(SOURCE, "readings", EPOCH, number), NOON, message)
    ]


def tell(what: str, count: int, seconds: float) -> None:
    """One line."""
    print(f"{what:<44} {count / seconds:>12,.0f} points/s")  # noqa: T201 - this is what it is for


async def measure(name: str, config: SinkConfig, batches: list[list[TimePoint]]) -> None:
    """Writing, writing the same again, and a history of one device thinned out to 600 points."""
    count = len(batches) * BATCH_POINTS_MAX
    with tempfile.TemporaryDirectory() as folder:
        place = Place(state_dir=Path(folder), clock=SystemClock())
        async with open_sink(config, place) as store:
            for what in (f"{name}: written", f"{name}: written again"):
                started = time.perf_counter()
                for batch in batches:
                    await store.write(batch)
                tell(what, count, time.perf_counter() - started)
            started = time.perf_counter()
            told = await store.points(
                "thermometer-7", "temperature", NOON, NOON + timedelta(days=1), 600
            )
            seconds = time.perf_counter() - started
            points = sum(point.count for point in told.points)
            print(f"{name}: history of {points} readings in {seconds * 1_000:.0f} ms")  # noqa: T201
        if isinstance(config, EmbeddedConfig):
            size = (Path(folder) / config.file).stat().st_size
            print(f"{name}: {size / count:.1f} bytes a point")  # noqa: T201


async def main(count: int) -> None:
    """All of it."""
    said = [messages(batch) for batch in range(count)]
    points = count * BATCH_POINTS_MAX
    started = time.perf_counter()
    batches = [mapped(batch) for batch in said]
    tell("messages to points", points, time.perf_counter() - started)
    started = time.perf_counter()
    size = sum(len(lines(batch)) for batch in batches)
    tell(f"points to line protocol ({size // points} bytes)", points, time.perf_counter() - started)
    await measure("embedded", EmbeddedConfig(), batches)
    with tempfile.TemporaryDirectory() as folder, Influxd(Path(folder)) as server:
        await measure("influx1", Influx1Config(url=server.url), batches)


if __name__ == "__main__":
    logging.disable()
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))

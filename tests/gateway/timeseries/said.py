"""Points for tests, made the way the gateway makes them: out of messages."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from contract.messages import Identity, Reading, ReadingsTaken
from gateway.timeseries.points import points_of
from gateway.timeseries.sink import TimePoint

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EPOCH = "00112233445566aa"
SOURCE = "/KEMBA/gate-2"


def reading(
    value: float,
    *,
    device: str = "thermometer",
    metric: str = "temperature",
    unit: str = "Cel",
    after_s: float = 0,
) -> Reading:
    """A reading so many seconds after noon."""
    return Reading(
        device=device,
        metric=metric,
        value=value,
        unit=unit,
        observed_at=NOON + timedelta(seconds=after_s),
    )


def said(
    sequence: int, *readings: Reading, epoch: str = EPOCH, source: str = SOURCE
) -> list[TimePoint]:
    """The points of one message with these readings."""
    identity = Identity(source, "readings", epoch, sequence)
    return points_of(identity, NOON, ReadingsTaken(readings=readings))


def series_of(values: Sequence[float], *, step_s: float = 1, device: str) -> list[TimePoint]:
    """One reading after the other, in messages of one."""
    return [
        point
        for number, value in enumerate(values)
        for point in said(number + 1, reading(value, device=device, after_s=number * step_s))
    ]

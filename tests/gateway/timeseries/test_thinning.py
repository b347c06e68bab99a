"""Histories are thinned out by the store; a reference of a few lines says what is right."""

import itertools
import math
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.link import Rejected
from contract.messages import Point
from gateway.instant import instant, microseconds
from gateway.timeseries.history import Window
from gateway.timeseries.timeseries import TimeSeries
from tests.gateway.timeseries.said import NOON, reading, said

SPAN_MS: Final = 40_000
_devices: Final = itertools.count()
"""Each example has a device and an epoch of its own, for all share one store."""

Sample = tuple[int, float]
"""Milliseconds after noon, and a value."""

samples = st.lists(
    st.tuples(
        st.integers(0, SPAN_MS) | st.integers(0, 50),
        st.floats(-1e9, 1e9, allow_nan=False, allow_subnormal=False),
    ),
    max_size=120,
)


def reference(asked: list[Sample], step_ms: int) -> list[Point]:
    """Mean, lowest, highest and count of each whole step since 1970."""
    noon_ms = microseconds(NOON) // 1_000
    steps: dict[int, list[float]] = {}
    for after_ms, value in asked:
        steps.setdefault((noon_ms + after_ms) // step_ms * step_ms, []).append(value)
    return [
        Point(
            at=instant(at * 1_000),
            mean=math.fsum(values) / len(values),
            low=min(values),
            high=max(values),
            count=len(values),
        )
        for at, values in sorted(steps.items())
    ]


def assert_same(found: list[Point], right: list[Point]) -> None:
    """All but the mean exactly; a mean may be summed in another order."""
    facts = [(point.at, point.low, point.high, point.count) for point in found]
    assert facts == [(point.at, point.low, point.high, point.count) for point in right]
    for mine, its in zip(found, right, strict=True):
        assert mine.mean == pytest.approx(its.mean, rel=1e-9, abs=1e-3)


@pytest.mark.anyio
@pytest.mark.system
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    samples=samples,
    start_ms=st.integers(-100, SPAN_MS),
    length_ms=st.integers(1, SPAN_MS),
    points_max=st.integers(1, 60),
)
async def test_a_history_is_what_the_reference_says(
    store: TimeSeries, samples: list[Sample], start_ms: int, length_ms: int, points_max: int
) -> None:
    """Raw where that is few enough, else by round steps, never more than asked for."""
    number = next(_devices)
    device, epoch = f"device {number}", f"{number:016x}"
    readings = [reading(value, device=device, after_s=at / 1_000) for at, value in samples]
    points = [point for n, one in enumerate(readings) for point in said(n + 1, one, epoch=epoch)]
    await store.write(points)
    start, end = (NOON + timedelta(milliseconds=ms) for ms in (start_ms, start_ms + length_ms))
    told = await store.points(device, "temperature", start, end, points_max)
    asked = [(at, value) for at, value in samples if start_ms <= at < start_ms + length_ms]
    assert len(told.points) <= points_max
    if len(asked) <= points_max:
        assert told.step_s == 0
        found = sorted((point.at, point.mean) for point in told.points)
        assert found == sorted((NOON + timedelta(milliseconds=at), value) for at, value in asked)
        assert [point.at for point in told.points] == sorted(point.at for point in told.points)
    else:
        step_ms = round(told.step_s * 1_000)
        assert step_ms == Window.of(start, end, points_max).step_ms()
        assert_same(told.points, reference(asked, step_ms))


@given(
    start=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants them naive
    length=st.timedeltas(timedelta(milliseconds=1), timedelta(days=40_000)),
    points_max=st.integers(1, 5_000),
)
def test_no_more_steps_touch_a_window_than_were_asked_for(
    start: datetime, length: timedelta, points_max: int
) -> None:
    """Whatever the window: the alignment of the steps is counted in."""
    window = Window.of(start, start + length, points_max)
    step_ms = window.step_ms()
    touched = (window.end_ms - 1) // step_ms - window.start_ms // step_ms + 1
    assert 1 <= touched <= points_max


def test_steps_are_round() -> None:
    """A chart of 600 points: an hour in 10 s, a day in 5 min, a year in a day."""

    def step_s(length: timedelta) -> float:
        return Window.of(NOON, NOON + length, 600).step_ms() / 1_000

    assert step_s(timedelta(hours=1)) == 10
    assert step_s(timedelta(days=1)) == 300
    assert step_s(timedelta(days=365)) == 86_400
    assert step_s(timedelta(seconds=1)) == 0.002


def test_a_history_has_at_least_one_point() -> None:
    with pytest.raises(Rejected, match="at least one point"):
        Window.of(NOON, NOON + timedelta(hours=1), 0)


def test_nothing_is_told_from_before_1970() -> None:
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    assert Window.of(long_ago, NOON, 1).start_ms == 0
    with pytest.raises(Rejected):
        Window.of(long_ago, long_ago + timedelta(days=1), 1)

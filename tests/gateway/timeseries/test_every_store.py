"""One suite over every store: the embedded one, InfluxDB 1.x, and influxdb-client before it."""

import math
from datetime import timedelta

import pytest

from contract.link import Rejected
from contract.messages import Point
from gateway.timeseries.history import SeriesName
from gateway.timeseries.sink import BATCH_POINTS_MAX, PointsRejected, TimePoint
from gateway.timeseries.timeseries import TimeSeries
from tests.gateway.timeseries.said import NOON, reading, said, series_of

pytestmark = [pytest.mark.anyio, pytest.mark.system]
DEVICE = "thermometer"


async def day(store: TimeSeries, device: str = DEVICE, points_max: int = 5_000) -> list[Point]:
    """All points of a day around noon."""
    start, end = NOON - timedelta(hours=12), NOON + timedelta(hours=12)
    return (await store.points(device, "temperature", start, end, points_max)).points


def means(points: list[Point]) -> list[float]:
    return [point.mean for point in points]


async def test_what_is_written_can_be_asked_for(store: TimeSeries) -> None:
    """Readings come back in their order, with their time and unit."""
    await store.write(series_of([20.5, 21.25, -3.0], device=DEVICE))
    told = await store.points(DEVICE, "temperature", NOON, NOON + timedelta(minutes=1), 100)
    assert told.unit == "Cel"
    assert told.step_s == 0
    assert means(told.points) == [20.5, 21.25, -3.0]
    assert [point.at for point in told.points] == [NOON + timedelta(seconds=n) for n in range(3)]
    assert told.points[0] == Point(at=NOON, mean=20.5, low=20.5, high=20.5, count=1)


async def test_writing_again_doubles_nothing(store: TimeSeries) -> None:
    """The same batch, parts of it and overlaps of it may come again at any time."""
    points = series_of([float(n) for n in range(100)], device=DEVICE)
    await store.write(points)
    await store.write(points)
    await store.write(points[40:60])
    await store.write(points[90:] + said(101, reading(100.0, after_s=100)))
    await store.write([points[5], points[5], points[5]])
    assert means(await day(store)) == [float(n) for n in range(101)]


async def test_a_point_twice_in_one_batch_is_one_point(store: TimeSeries) -> None:
    point = said(1, reading(7.0))
    await store.write(point + point)
    assert means(await day(store)) == [7.0]


async def test_what_fills_a_hole_late_is_kept(store: TimeSeries) -> None:
    """Numbers do not come in order: 1, 9, then 5, then all of them again."""
    first, ninth, fifth = (said(n, reading(float(n), after_s=n)) for n in (1, 9, 5))
    await store.write(first + ninth)
    await store.write(fifth)
    await store.write(first + ninth + fifth)
    assert means(await day(store)) == [1.0, 5.0, 9.0]


async def test_readings_of_one_instant_all_survive(store: TimeSeries) -> None:
    """Equal series and equal `observed_at`: in one message, in the next, in another epoch."""
    points = said(1, reading(1.0), reading(2.0), reading(3.0))
    points += said(2, reading(4.0), reading(5.0))
    points += said(1, reading(6.0), epoch="ffeeddccbbaa0099")
    points += said(1, reading(7.0), source="/KEMBA/gate-3")
    await store.write(points)
    await store.write(points)
    assert sorted(means(await day(store))) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


async def test_a_message_may_be_split_over_two_batches(store: TimeSeries) -> None:
    points = said(1, *(reading(float(n), after_s=n) for n in range(10)))
    await store.write(points[:4])
    await store.write(points[4:])
    assert means(await day(store)) == [float(n) for n in range(10)]


async def test_a_bad_point_stops_nothing_else(store: TimeSeries) -> None:
    """The points that nobody can keep are named; all the others are there."""
    points = series_of([float(n) for n in range(50)], device=DEVICE)
    for place, value in ((7, math.nan), (8, math.inf), (49, -math.inf)):
        points[place] = points[place]._replace(value=value)
    with pytest.raises(PointsRejected) as caught:
        await store.write(points)
    refused = [refusal.point for refusal in caught.value.refusals]
    assert refused == [points[7], points[8], points[49]]
    assert all(refusal.reason for refusal in caught.value.refusals)
    assert means(await day(store)) == [float(n) for n in range(50) if n not in {7, 8, 49}]


async def test_a_store_takes_the_largest_batch(store: TimeSeries) -> None:
    points: list[TimePoint] = []
    for number in range(BATCH_POINTS_MAX // 1_000):
        batch = (reading(1.0, after_s=number + part / 1_000) for part in range(1_000))
        points += said(number + 1, *batch)
    await store.write(points)
    assert sum(point.count for point in await day(store, points_max=100)) == BATCH_POINTS_MAX


async def test_no_points_are_no_work(store: TimeSeries) -> None:
    await store.write([])
    assert await day(store) == []


async def test_series_are_listed_in_alphabetical_order(store: TimeSeries) -> None:
    """Every device, metric and unit once, also where two agents say it."""
    await store.write(
        said(1, reading(1, device="b", metric="humidity", unit="%RH"), reading(2, device="b"))
        + said(2, reading(3, device="a", metric="tilt", unit=""))
        + said(3, reading(4, device="b"), source="/KEMBA/gate-3")
    )
    found = [name for name in await store.series() if name.device in {"a", "b"}]
    assert found == [
        SeriesName("a", "tilt", ""),
        SeriesName("b", "humidity", "%RH"),
        SeriesName("b", "temperature", "Cel"),
    ]


async def test_names_come_back_as_they_went_in(store: TimeSeries) -> None:
    """Whatever a device is called: no name is an escape, a query or another name."""
    nasty = [
        *("a b", "a,b=c", "q\"u'ote", "back\\slash", "end\\", "\\", "new\nline", "tab\t", "%41"),
        *(
            "' OR 1=1 --",
            "naïve ☃ 漢",
            "100%",
            "%",
            "%0",
            " lead",
            "nul\x00",
            "device",
            "a\\,b",
            "#",
        ),
    ]
    await store.write(said(1, *(reading(n, device=name) for n, name in enumerate(nasty))))
    assert {name.device for name in await store.series()} >= set(nasty)
    for number, name in enumerate(nasty):
        assert means(await day(store, name)) == [number], name


async def test_the_unit_of_the_latest_reading_counts(store: TimeSeries) -> None:
    """A mean over two units would mean nothing."""
    await store.write(said(1, reading(290.0, unit="K", after_s=0), reading(300.0, unit="K")))
    await store.write(said(2, reading(20.0, unit="Cel", after_s=5)))
    later = timedelta(minutes=1)
    told = await store.points(DEVICE, "temperature", NOON, NOON + later, 10)
    assert (told.unit, means(told.points)) == ("Cel", [20.0])
    told = await store.points(DEVICE, "temperature", NOON, NOON + timedelta(seconds=5), 10)
    assert (told.unit, sorted(means(told.points))) == ("K", [290.0, 300.0])


async def test_a_reading_without_a_unit_has_a_history(store: TimeSeries) -> None:
    await store.write(said(1, reading(1.0, unit="")))
    told = await store.points(DEVICE, "temperature", NOON, NOON + timedelta(seconds=1), 10)
    assert (told.unit, means(told.points)) == ("", [1.0])


async def test_the_end_of_a_window_is_outside_of_it(store: TimeSeries) -> None:
    await store.write(series_of([0.0, 1.0, 2.0, 3.0], device=DEVICE))
    second = timedelta(seconds=1)
    told = await store.points(DEVICE, "temperature", NOON + second, NOON + 3 * second, 10)
    assert means(told.points) == [1.0, 2.0]


async def test_what_was_never_said_has_no_points(store: TimeSeries) -> None:
    assert await day(store, "nobody") == []


async def test_a_window_without_time_is_refused(store: TimeSeries) -> None:
    for end in (NOON, NOON - timedelta(days=1)):
        with pytest.raises(Rejected, match="after its start"):
            await store.points(DEVICE, "temperature", NOON, end, 10)


async def test_seals_and_scans_are_no_readings(store: TimeSeries) -> None:
    """They are kept, but a history of readings does not show them."""
    point = said(1, reading(1.0))[0]
    seal = point._replace(
        series=point.series._replace(kind="seal"),
        item=1,
        names=("seal", "count", "state"),
        facts=('HLXU"417\\', 3, "opened\nwide"),
    )
    await store.write([point, seal])
    assert means(await day(store)) == [1.0]

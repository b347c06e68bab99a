"""InfluxDB dies, refuses, and comes back: nothing is lost, nothing doubled, nobody waits long."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contract.config import BadConfig
from contract.link import Unavailable
from gateway.timeseries.influx.failure import judge_write
from gateway.timeseries.sink import Place, PointsRejected
from gateway.timeseries.sinks import Influx1Config, Influx2Config, open_sink
from gateway.timeseries.timeseries import TimeSeries
from tests.gateway.timeseries.conftest import TOKEN, influx1
from tests.gateway.timeseries.said import NOON, reading, said, series_of
from tests.gateway.timeseries.v2_front import V2Front
from tests.system.servers import Influxd, free_port

pytestmark = [pytest.mark.anyio, pytest.mark.system]


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Influxd]:
    """An InfluxDB that a test may kill."""
    with Influxd(tmp_path) as server:
        yield server


async def values(store: TimeSeries) -> list[float]:
    told = await store.points("d", "temperature", NOON, NOON + timedelta(hours=1), 1_000)
    return [point.mean for point in told.points]


async def test_a_killed_database_is_unavailable_and_comes_back_whole(
    mortal: Influxd, place: Place
) -> None:
    """What was acknowledged before the kill is there; what was not is written again."""
    points = series_of([float(n) for n in range(20)], device="d")
    async with open_sink(Influx1Config(url=mortal.url), place) as store:
        await store.write(points[:10])
        mortal.kill()
        with pytest.raises(Unavailable):
            await store.write(points[10:])
        with pytest.raises(Unavailable):
            await store.series()
        mortal.start()
        assert await values(store) == [float(n) for n in range(10)]
        await store.write(points)
        assert await values(store) == [float(n) for n in range(20)]


async def test_a_database_that_was_dropped_is_made_again(influxd: Influxd, place: Place) -> None:
    """The next writes say *unavailable* (first its shard is missed, then it); then one goes in."""
    config = influx1(influxd)
    async with open_sink(config, place) as store:
        await store.write(series_of([1.0], device="d"))
        influxd.ask(f'DROP DATABASE "{config.database}"')
        tries = 0
        while not await is_written(store):
            tries += 1
            assert tries < 5
        assert await values(store) == [1.0]


async def is_written(store: TimeSeries) -> bool:
    try:
        await store.write(series_of([1.0], device="d"))
    except Unavailable:
        return False
    return True


@pytest.mark.parametrize("kind", ["influx1", "influx2"])
async def test_a_field_of_another_type_is_refused_alone(
    influxd: Influxd, front: V2Front, place: Place, kind: str
) -> None:
    """InfluxDB says no to one point of a batch: that one is named, the others are there."""
    config = influx1(influxd)
    token = place.state_dir / "token"
    token.write_text(TOKEN)
    new = Influx2Config(url=front.url, bucket=config.database, token_file=str(token))
    points = series_of([float(n) for n in range(30)], device="d")
    points[3] = points[3]._replace(names=("state",), facts=("text",))
    points[17] = points[17]._replace(names=("state",), facts=(4.0,))
    async with open_sink(config, place) as reader:
        await reader.write(points[:10])
        async with open_sink(new if kind == "influx2" else config, place) as store:
            with pytest.raises(PointsRejected, match="field type conflict") as caught:
                await store.write(points)
        assert [refusal.point for refusal in caught.value.refusals] == [points[17]]
        assert await values(reader) == [float(n) for n in range(30) if n != 17]


async def test_points_older_than_the_database_keeps_are_no_mistake(
    influxd: Influxd, place: Place
) -> None:
    """A backlog may be older than the retention policy: it is forgotten, not quarantined."""
    config = influx1(influxd)
    influxd.ask(f'CREATE DATABASE "{config.database}" WITH DURATION 1h NAME "short"')
    async with open_sink(config, place) as store:
        await store.write(series_of([1.0], device="d", step_s=1))
        long_ago = said(2, reading(1.0, after_s=-40 * 86_400))
        await store.write(long_ago)


@pytest.mark.parametrize("config", [Influx1Config, Influx2Config])
async def test_nobody_there_is_unavailable_at_once(
    place: Place, config: type[Influx1Config | Influx2Config]
) -> None:
    async with open_sink(config(url=f"http://127.0.0.1:{free_port()}"), place) as store:
        for asked in (store.write(said(1, reading(1.0))), store.series()):
            with pytest.raises(Unavailable, match="does not answer"):
                await asked


@pytest.mark.parametrize("config", [Influx1Config, Influx2Config])
async def test_a_server_that_never_answers_is_unavailable_in_time(
    place: Place, config: type[Influx1Config | Influx2Config]
) -> None:
    """It takes the connection and says nothing: the time-out of the configuration counts."""
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with open_sink(config(url=url, timeout_s=0.3), place) as store:
            with pytest.raises(Unavailable, match="does not answer"):
                await store.write(said(1, reading(1.0)))
    assert time.monotonic() - started < 30


async def test_a_wrong_key_blames_no_point(front: V2Front, place: Place) -> None:
    """Points wait in the journal until a person has mended the configuration."""
    async with open_sink(Influx2Config(url=front.url), place) as store:
        with pytest.raises(Unavailable, match="401"):
            await store.write(said(1, reading(1.0)))
        with pytest.raises(Unavailable, match="401"):
            await store.series()


async def test_a_secret_that_is_not_there_is_named(place: Place) -> None:
    config = Influx2Config(token_file=str(place.state_dir / "nowhere"))
    with pytest.raises(BadConfig, match="nowhere"):
        async with open_sink(config, place):
            pass


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503, 301])
def test_only_a_status_about_the_body_blames_a_point(status: int) -> None:
    with pytest.raises(Unavailable, match=str(status)):
        judge_write(status, "no")

"""Stores for tests: the embedded one, a real InfluxDB 1.x, and influxdb-client in front of it."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from contract.clock import SystemClock
from gateway.timeseries.sink import Place
from gateway.timeseries.sinks import EmbeddedConfig, Influx1Config, Influx2Config, open_sink
from gateway.timeseries.timeseries import TimeSeries
from tests.gateway.timeseries.said import reading, said
from tests.gateway.timeseries.v2_front import V2Front
from tests.system.servers import Influxd

TOKEN = "a-token"  # noqa: S105 - of a server that lives for a second


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where a store stands."""
    return Place(state_dir=tmp_path, clock=SystemClock())


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """One InfluxDB for all tests that leave it alive."""
    with Influxd(tmp_path_factory.mktemp("influxd")) as server:
        yield server


@pytest.fixture
def front(influxd: Influxd) -> Iterator[V2Front]:
    """The write address of 2.x before that InfluxDB."""
    with V2Front(influxd.url, TOKEN) as server:
        yield server


def influx1(server: Influxd) -> Influx1Config:
    """A database of its own for each test."""
    return Influx1Config(url=server.url, database=f"t{uuid.uuid4().hex}")


def influx2(front: V2Front, behind: Influx1Config, token_file: Path) -> Influx2Config:
    """Writes through influxdb-client, reads by InfluxQL."""
    token_file.write_text(TOKEN + "\n")
    return Influx2Config(
        url=front.url, bucket=behind.database, token_file=str(token_file), reads="influxql"
    )


@pytest.fixture(params=["embedded", "influx1", "influx2"])
async def store(request: pytest.FixtureRequest, place: Place) -> AsyncIterator[TimeSeries]:
    """An empty store of each kind."""
    if request.param == "embedded":
        async with open_sink(EmbeddedConfig(), place) as opened:
            yield opened
        return
    old = influx1(request.getfixturevalue("influxd"))
    async with open_sink(old, place) as opened:
        await opened.write(said(1, reading(0, device="makes the database")))
        if request.param == "influx1":
            yield opened
            return
    new = influx2(request.getfixturevalue("front"), old, place.state_dir / "token")
    async with open_sink(new, place) as opened:
        yield opened

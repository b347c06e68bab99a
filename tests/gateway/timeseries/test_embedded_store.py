"""The embedded store over time: restarts, kills, older and newer files, old points."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from contract.clock import SystemClock
from contract.link import Rejected, Unavailable
from gateway.timeseries.embedded.schema import MIGRATIONS, migrate
from gateway.timeseries.sink import Place
from gateway.timeseries.sinks import EmbeddedConfig, open_sink
from tests.gateway.timeseries.said import NOON, reading, said, series_of
from tests.gateway.timeseries.writing import POINTS

pytestmark = pytest.mark.anyio
CONFIG = EmbeddedConfig()
DAY = timedelta(days=1)


def columns(path: Path, question: str) -> list[tuple[object, ...]]:
    """What a person who opens the file with DuckDB sees."""
    with duckdb.connect(path) as connection:
        return connection.execute(question).fetchall()


async def test_what_was_written_is_there_after_a_restart(place: Place) -> None:
    """And it is still known: writing it again doubles nothing."""
    points = series_of([1.0, 2.0, 3.0], device="d")
    async with open_sink(CONFIG, place) as store:
        await store.write(points)
    async with open_sink(CONFIG, place) as store:
        await store.write(points + said(4, reading(4.0, device="d", after_s=4)))
        told = await store.points("d", "temperature", NOON, NOON + DAY, 100)
    assert [point.mean for point in told.points] == [1.0, 2.0, 3.0, 4.0]


def told_until_killed(arguments: list[str]) -> list[int]:
    """The numbers of the batches that a process told as kept before it was killed."""
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [int(next(writer.stdout)) for _ in range(30)]
        writer.kill()
        return told + [int(line) for line in writer.stdout if line.endswith("\n")]


@pytest.mark.system
async def test_what_was_acknowledged_survives_a_kill(place: Place) -> None:
    """SIGKILL in the middle of writing: every batch that was told as kept is there, whole."""
    arguments = [sys.executable, "-m", "tests.gateway.timeseries.writing", str(place.state_dir)]
    told = await asyncio.to_thread(told_until_killed, arguments)
    async with open_sink(CONFIG, place) as store:
        found = await store.points("thermometer", "temperature", NOON, NOON + DAY, 1)
        assert found.points[0].count in {told[-1] * POINTS, (told[-1] + 1) * POINTS}
        assert found.points[0].high in {told[-1], told[-1] + 1}


async def test_a_person_can_read_the_file_with_sql(place: Place) -> None:
    """The views show names and times, not the ids that save the space."""
    point = said(7, reading(20.5))[0]
    seal = point._replace(
        series=point.series._replace(kind="seal"), names=("seal",), facts=("S1",), item=1
    )
    async with open_sink(CONFIG, place) as store:
        await store.write([point, seal])
    path = place.state_dir / CONFIG.file
    seen = columns(path, "SELECT observed_at, device, value, unit, source, sequence FROM readings")
    assert seen == [
        (NOON.replace(tzinfo=None), "thermometer", 20.5, "Cel", "/KEMBA/gate-2", 7),
    ]
    assert columns(path, "SELECT kind, facts->>'seal' FROM happenings") == [("seal", "S1")]


@contextmanager
def has_open(path: Path) -> Iterator[None]:
    """Another process has the file open."""
    script = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        yield
        other.communicate("\n")


async def test_two_processes_cannot_have_one_file(place: Place) -> None:
    """The second is told so, and may try again."""
    with has_open(place.state_dir / CONFIG.file), pytest.raises(Unavailable, match="lock"):
        async with open_sink(CONFIG, place):
            pass
    async with open_sink(CONFIG, place) as store:
        assert await store.series() == []


async def test_a_file_of_a_later_schema_is_left_alone(place: Place) -> None:
    path = place.state_dir / CONFIG.file
    async with open_sink(CONFIG, place):
        pass
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO schema_version VALUES (?)", [len(MIGRATIONS) + 1])
    with pytest.raises(Rejected, match="update"):
        async with open_sink(CONFIG, place):
            pass


def test_each_migration_is_recorded_once(tmp_path: Path) -> None:
    """An empty file goes through all of them, a present one through none."""
    with duckdb.connect(tmp_path / "file") as connection:
        assert migrate(connection) == 0
        assert migrate(connection) == len(MIGRATIONS)
        rows = connection.execute("SELECT version FROM schema_version ORDER BY 1").fetchall()
    assert rows == [(version + 1,) for version in range(len(MIGRATIONS))]


class _At(SystemClock):
    """A clock that says whatever the test says."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.now = now

    def utc_now(self) -> datetime:
        return self.now


async def test_old_points_are_dropped_where_that_is_asked_for(tmp_path: Path) -> None:
    """`keep_days` counts back from the gateway's clock."""
    place = Place(state_dir=tmp_path, clock=_At(NOON + timedelta(days=10)))
    old = said(1, reading(1.0))
    new = said(2, reading(2.0, after_s=9 * 86_400))
    async with open_sink(EmbeddedConfig(keep_days=3), place) as store:
        await store.write(old + new)
        told = await store.points("thermometer", "temperature", NOON, NOON + 20 * DAY, 10)
    assert [point.mean for point in told.points] == [2.0]


async def test_a_file_that_is_no_store_is_named(place: Place) -> None:
    (place.state_dir / CONFIG.file).write_bytes(b"no database at all" * 1_000)
    with pytest.raises(Unavailable, match=CONFIG.file):
        async with open_sink(CONFIG, place):
            pass


async def test_times_that_influxdb_would_not_take_are_kept(place: Place) -> None:
    """The file has room for all of a calendar."""
    far = datetime(9999, 12, 31, tzinfo=UTC)
    point = said(1, reading(1.0))[0]
    after = (far - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    async with open_sink(CONFIG, place) as store:
        await store.write([point._replace(observed_us=after)])
        told = await store.points("thermometer", "temperature", NOON, far + DAY / 2, 10)
    assert told.points[0].at == far

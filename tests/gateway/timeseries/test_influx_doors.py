"""InfluxDB behind a password and behind TLS; and the configuration that leads to it."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contract.config import BadConfig, parse
from contract.link import Unavailable
from gateway.timeseries.sink import Place
from gateway.timeseries.sinks import (
    EmbeddedConfig,
    Influx1Config,
    Influx2Config,
    SinkConfig,
    open_sink,
)
from tests.gateway.timeseries.conftest import influx1
from tests.gateway.timeseries.said import NOON, reading, said
from tests.system.servers import Influxd

HOUR = timedelta(hours=1)
PASSWORD = "correct 'horse\" battery"  # noqa: S105 - of a server that lives for a second


class _Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sinks: dict[str, SinkConfig]


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Influxd]:
    """An InfluxDB that wants a password."""
    with Influxd(tmp_path, INFLUXDB_HTTP_AUTH_ENABLED="true") as server:
        quoted = PASSWORD.replace("'", "\\'")
        server.ask(f"CREATE USER gateway WITH PASSWORD '{quoted}' WITH ALL PRIVILEGES")
        yield server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody but its owner trusts, beside its key."""
    made = tmp_path / "made.pem"
    arguments = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    arguments += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    arguments += ["-addext", "subjectAltName=IP:127.0.0.1"]
    arguments += ["-keyout", str(tmp_path / "key.pem"), "-out", str(made)]
    subprocess.run(arguments, check=True, capture_output=True)
    return made


@pytest.fixture
def sealed(tmp_path: Path, certificate: Path) -> Iterator[Influxd]:
    """An InfluxDB behind that certificate."""
    with Influxd(
        tmp_path,
        scheme="https",
        INFLUXDB_HTTP_HTTPS_ENABLED="true",
        INFLUXDB_HTTP_HTTPS_CERTIFICATE=str(certificate),
        INFLUXDB_HTTP_HTTPS_PRIVATE_KEY=str(certificate.with_name("key.pem")),
    ) as server:
        yield server


async def goes_in_and_comes_out(config: SinkConfig, place: Place) -> None:
    async with open_sink(config, place) as store:
        await store.write(said(1, reading(20.5)))
        told = await store.points("thermometer", "temperature", NOON, NOON + HOUR, 10)
        assert [point.mean for point in told.points] == [20.5]


@pytest.mark.anyio
@pytest.mark.system
async def test_a_password_opens_the_database(locked: Influxd, place: Place) -> None:
    """From a file, with or without a line end; a wrong one blames no point."""
    file = place.state_dir / "password"
    config = Influx1Config(url=locked.url, username="gateway", password_file=str(file))
    file.write_text("wrong")
    async with open_sink(config, place) as store:
        with pytest.raises(Unavailable, match="401"):
            await store.write(said(1, reading(20.5)))
        with pytest.raises(Unavailable, match="401"):
            await store.series()
    file.write_text(PASSWORD + "\n")
    await goes_in_and_comes_out(config, place)


@pytest.mark.anyio
@pytest.mark.system
async def test_a_certificate_must_be_trusted(
    sealed: Influxd, certificate: Path, place: Place
) -> None:
    """By the file that the configuration names; without it nothing is said to the server."""
    async with open_sink(Influx1Config(url=sealed.url), place) as store:
        with pytest.raises(Unavailable, match="certificate verify failed"):
            await store.write(said(1, reading(20.5)))
    await goes_in_and_comes_out(Influx1Config(url=sealed.url, ca_file=str(certificate)), place)


@pytest.mark.anyio
@pytest.mark.system
async def test_a_database_that_nobody_wrote_to_has_an_empty_history(
    influxd: Influxd, place: Place
) -> None:
    async with open_sink(influx1(influxd), place) as store:
        assert await store.series() == []
    absent = msgspec.structs.replace(influx1(influxd), is_created=False)
    async with open_sink(absent, place) as store:
        with pytest.raises(Unavailable, match="database not found"):
            await store.series()
        with pytest.raises(Unavailable, match="database not found"):
            await store.write(said(1, reading(20.5)))


@pytest.mark.parametrize(
    ("kind", "right"),
    [("embedded", EmbeddedConfig()), ("influx1", Influx1Config()), ("influx2", Influx2Config())],
)
def test_each_kind_of_sink_needs_nothing_but_its_name(kind: str, right: Any) -> None:
    assert parse(f'[sinks.here]\nkind = "{kind}"', _Config).sinks == {"here": right}


def test_a_mistake_in_a_sink_is_explained() -> None:
    with pytest.raises(BadConfig, match="did you mean 'database'"):
        parse('[sinks.here]\nkind = "influx1"\ndatabse = "x"', _Config)
    with pytest.raises(BadConfig, match="influx9"):
        parse('[sinks.here]\nkind = "influx9"', _Config)
    with pytest.raises(BadConfig, match="url"):
        parse('[sinks.here]\nkind = "influx1"\nurl = "127.0.0.1:8086"', _Config)

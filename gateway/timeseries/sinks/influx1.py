"""InfluxDB 1.x as a sink (and what speaks like it): ``POST /write``, InfluxQL back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import msgspec
from msgspec import Meta

from contract.pattern import whole
from gateway.timeseries.sink import Place
from gateway.timeseries.timeseries import TimeSeries


class Influx1Config(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="influx1",
    tag_field="kind",
):
    """Where an InfluxDB 1.x is and how to enter."""

    url: Annotated[str, Meta(pattern=whole(r"https?://\S+"))] = "http://127.0.0.1:8086"
    database: Annotated[str, Meta(min_length=1)] = "greenlane"
    retention: str = ""
    """A retention policy; empty for the database's default."""
    is_created: bool = True
    """Whether to make the database where it is missing (needs an administrator's rights)."""
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    """Certificates to trust for https; empty for the system's."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0


@asynccontextmanager
async def connect(config: Influx1Config, place: Place) -> AsyncIterator[TimeSeries]:  # noqa: ARG001 - as every sink
    """A store in InfluxDB 1.x; nothing is said to it before the first write or question."""
    from gateway.timeseries.influx.client import basic, client  # noqa: PLC0415 - for who uses it
    from gateway.timeseries.influx.secret import secret  # noqa: PLC0415 - with the above
    from gateway.timeseries.influx.v1 import Influx1  # noqa: PLC0415 - with the above

    authorization = basic(config.username, secret(config.password_file))
    async with client(
        config.url,
        ca_file=config.ca_file,
        timeout_s=config.timeout_s,
        authorization=authorization,
    ) as http:
        yield Influx1(
            http,
            database=config.database,
            retention=config.retention,
            is_created=config.is_created,
        )

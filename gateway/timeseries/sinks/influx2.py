"""InfluxDB 1.8 and later as a sink, through influxdb-client; Flux or InfluxQL back.

2.x answers Flux; 3.x does not, and 1.8 only where it is switched on: there ``reads = "influxql"``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.pattern import whole
from gateway.timeseries.sink import Place
from gateway.timeseries.timeseries import TimeSeries


class Influx2Config(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="influx2",
    tag_field="kind",
):
    """Where an InfluxDB 1.8, 2.x or 3.x is and how to enter."""

    url: Annotated[str, Meta(pattern=whole(r"https?://\S+"))] = "http://127.0.0.1:8086"
    org: str = "greenlane"
    """Not looked at by 1.8 and 3.x."""
    bucket: Annotated[str, Meta(min_length=1)] = "greenlane"
    """For 1.8 ``database/retention``, for 3.x the database."""
    token_file: str = ""
    """For 1.8 the file says ``username:password``."""
    reads: Literal["flux", "influxql"] = "flux"
    ca_file: str = ""
    """Certificates to trust for https; empty for the system's."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0


@asynccontextmanager
async def connect(config: Influx2Config, place: Place) -> AsyncIterator[TimeSeries]:  # noqa: ARG001 - as every sink
    """A store in InfluxDB 1.8 or later; nothing is said to it before the first use."""
    from gateway.timeseries.influx.client import client, token  # noqa: PLC0415 - 42 MiB for who uses it
    from gateway.timeseries.influx.reader import Reader  # noqa: PLC0415 - with the above
    from gateway.timeseries.influx.secret import secret  # noqa: PLC0415 - with the above
    from gateway.timeseries.influx.v2 import FluxReader, Influx2, open_api  # noqa: PLC0415 - with the above

    key = secret(config.token_file)
    async with client(
        config.url,
        ca_file=config.ca_file,
        timeout_s=config.timeout_s,
        authorization=token(key),
    ) as http:
        with open_api(http, url=config.url, token=key, org=config.org) as api:
            database, _, retention = config.bucket.partition("/")
            history = (
                FluxReader(api, config.bucket)
                if config.reads == "flux"
                else Reader(http, database=database, retention=retention)
            )
            yield Influx2(api, bucket=config.bucket, history=history)

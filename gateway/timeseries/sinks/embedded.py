"""The embedded store as a sink: a DuckDB file beside the journal, for one gateway process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import msgspec
from msgspec import Meta

from gateway.timeseries.sink import Place
from gateway.timeseries.timeseries import TimeSeries


class EmbeddedConfig(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="embedded",
    tag_field="kind",
):
    """A DuckDB file beside the journal."""

    file: Annotated[str, Meta(min_length=1)] = "history.duckdb"
    """Relative to the gateway's state directory."""
    keep_days: Annotated[int, Meta(ge=1)] | None = None
    """Days after which points are dropped; none to keep them all."""
    memory_mb: Annotated[int, Meta(ge=64)] = 256
    threads: Annotated[int, Meta(ge=1, le=64)] = 1


@asynccontextmanager
async def connect(config: EmbeddedConfig, place: Place) -> AsyncIterator[TimeSeries]:
    """Open the file for this process alone.

    Raises `Unavailable` if another has it open, `Rejected` if it is of a later schema.
    """
    from gateway.timeseries.embedded.store import Embedded, Limits  # noqa: PLC0415 - 26 MiB for who uses it

    limits = Limits(memory_mb=config.memory_mb, threads=config.threads, keep_days=config.keep_days)
    store = Embedded(place.state_dir / config.file, limits, place.clock)
    try:
        await store.open()
        yield store
    finally:
        await store.close()

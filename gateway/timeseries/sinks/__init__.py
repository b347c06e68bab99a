"""All kinds of store for time series: a new one is one file and one line in `SINKS`.

Each file says how its store is configured and how it is opened; the libraries behind it are loaded
when it is opened and not before, so a gateway pays only for the one it uses.
"""

from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from gateway.timeseries.sink import Place
from gateway.timeseries.sinks import embedded, influx1, influx2
from gateway.timeseries.sinks.embedded import EmbeddedConfig
from gateway.timeseries.sinks.influx1 import Influx1Config
from gateway.timeseries.sinks.influx2 import Influx2Config
from gateway.timeseries.timeseries import TimeSeries

__all__ = [
    "SINKS",
    "EmbeddedConfig",
    "Influx1Config",
    "Influx2Config",
    "SinkConfig",
    "open_sink",
]

SINKS: Final[dict[type, Any]] = {
    EmbeddedConfig: embedded.connect,
    Influx1Config: influx1.connect,
    Influx2Config: influx2.connect,
}

SinkConfig = EmbeddedConfig | Influx1Config | Influx2Config
"""In TOML a table with ``kind = "embedded"``, ``"influx1"`` or ``"influx2"``."""


def open_sink(config: SinkConfig, place: Place) -> AbstractAsyncContextManager[TimeSeries]:
    """Open the store that a configuration speaks of."""
    opened: AbstractAsyncContextManager[TimeSeries] = SINKS[type(config)](config, place)
    return opened

"""A store for time series: a sink and a history in one."""

from typing import Protocol

from gateway.timeseries.history import History
from gateway.timeseries.sink import Sink


class TimeSeries(Sink, History, Protocol):
    """What `gateway.timeseries.sinks.open_sink` gives."""

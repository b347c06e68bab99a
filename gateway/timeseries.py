"""A store for time series: a sink and a history in one."""

from typing import Protocol

from gateway.history import History
from gateway.sink import Sink


class TimeSeries(Sink, History, Protocol):
    """What `gateway.sinks.open_sink` gives."""

"""Histories as Flux, for InfluxDB 2.x: the questions, and what its tables mean. Pure.

Values travel as parameters, never inside the text. Each series is thinned out where it is stored;
series of the same device and metric (of two agents) are put together here, from sums and counts.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from contract.messages import Point
from gateway.instant import instant, microseconds
from gateway.timeseries.history import SERIES_MAX, SeriesName, Window
from gateway.timeseries.influx.line_protocol import tag_text, text_of_tag

_ASKED: Final = """
rows = from(bucket: bucket) |> range(start: start, stop: stop)
    |> filter(fn: (r) => r._measurement == "reading" and r._field == "value")
    |> filter(fn: (r) => r.device == device and r.metric == metric)
"""
_IN_UNIT: Final = """
    |> filter(fn: (r) => if exists r.unit then r.unit == unit else unit == "")
"""
SERIES: Final = f"""
from(bucket: bucket) |> range(start: 0)
    |> filter(fn: (r) => r._measurement == "reading" and r._field == "value")
    |> last() |> keep(columns: ["device", "metric", "unit"]) |> limit(n: 1)
    |> group() |> limit(n: {SERIES_MAX})
"""
SIZE: Final = f"""{_ASKED}
rows |> last() |> keep(columns: ["unit", "_time", "_value"]) |> yield(name: "last")
rows |> count() |> keep(columns: ["unit", "_value"]) |> yield(name: "count")
"""
RAW: Final = f"""{_ASKED}{_IN_UNIT}
rows |> keep(columns: ["_time", "_value"]) |> group() |> sort(columns: ["_time"])
    |> limit(n: most) |> yield(name: "raw")
"""
_STEPS: Final = "\n".join(
    f'rows |> aggregateWindow(every: every, fn: {fn}, createEmpty: false, timeSrc: "_start")'
    f' |> yield(name: "{fn}")'
    for fn in ("sum", "min", "max", "count")
)
STEPS: Final = f"{_ASKED}{_IN_UNIT}\n{_STEPS}\n"


class Record(NamedTuple):
    """One row of an answer."""

    result: str
    """The name of its ``yield``."""
    values: dict[str, Any]

    @property
    def unit(self) -> str:
        """The unit's tag; a series without one has none."""
        return str(self.values.get("unit") or "")


def asked(bucket: str, device: str, metric: str, window: Window) -> dict[str, Any]:
    """The parameters that all questions about a device's metric share."""
    return {
        "bucket": bucket,
        "device": tag_text(device),
        "metric": tag_text(metric),
        "start": instant(window.start_ms * 1_000),
        "stop": instant(window.end_ms * 1_000),
    }


def series_told(records: Iterable[Record]) -> list[SeriesName]:
    """The answer to `SERIES`, in alphabetical order."""
    tags = ((record.values["device"], record.values["metric"], record.unit) for record in records)
    return sorted({SeriesName(*map(text_of_tag, names)) for names in tags})


def size_told(records: Iterable[Record]) -> tuple[str, int]:
    """The answer to `SIZE`: the unit of the latest reading (as its tag), and how many have it."""
    latest: tuple[datetime, str] | None = None
    counts: dict[str, int] = {}
    for record in records:
        if record.result == "count":
            counts[record.unit] = counts.get(record.unit, 0) + int(record.values["_value"])
        else:
            found = (record.values["_time"], record.unit)
            latest = found if latest is None else max(latest, found)
    return ("", 0) if latest is None else (latest[1], counts.get(latest[1], 0))


def raw_told(records: Iterable[Record]) -> list[Point]:
    """The answer to `RAW`."""
    return [
        Point(
            at=_millisecond(record.values["_time"], 1), mean=value, low=value, high=value, count=1
        )
        for record in records
        for value in (float(record.values["_value"]),)
    ]


def steps_told(records: Iterable[Record], step_ms: int) -> list[Point]:
    """The answer to `STEPS`: the series put together, oldest step first.

    InfluxDB cuts the first step at the start of the range, so its beginning is found here.
    """
    steps: dict[datetime, dict[str, list[float]]] = {}
    for record in records:
        at = _millisecond(record.values["_time"], step_ms)
        parts = steps.setdefault(at, {})
        parts.setdefault(record.result, []).append(float(record.values["_value"]))
    return [_point(at, parts) for at, parts in sorted(steps.items())]


def _point(at: datetime, parts: dict[str, list[float]]) -> Point:
    count = sum(parts["count"])
    mean = sum(parts["sum"]) / count
    return Point(at=at, mean=mean, low=min(parts["min"]), high=max(parts["max"]), count=int(count))


def _millisecond(at: datetime, step_ms: int) -> datetime:
    step_us = step_ms * 1_000
    return instant(microseconds(at) // step_us * step_us)


def every(step_ms: int) -> timedelta:
    """A step as the parameter `every`."""
    return timedelta(milliseconds=step_ms)

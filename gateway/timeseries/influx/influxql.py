"""Histories as InfluxQL, which InfluxDB 1.x, 2.x and 3.x all answer at ``/query``: pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from contract.link import Rejected, Unavailable
from contract.messages import Point
from gateway.timeseries.history import SERIES_MAX, SeriesName, Window
from gateway.timeseries.influx.failure import told
from gateway.timeseries.influx.line_protocol import tag_text, text_of_tag

MEASUREMENT: Final = "reading"
_NOT_THERE: Final = "database not found"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Cell = float | int | str | None


class _Rows(msgspec.Struct, frozen=True):
    columns: list[str]
    values: list[list[Cell]] = []
    tags: dict[str, str] = {}


class _Result(msgspec.Struct, frozen=True):
    series: list[_Rows] = []
    error: str = ""
    partial: bool = False


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Result] = []
    error: str = ""


_ANSWER: Final = msgspec.json.Decoder(_Answer)


def rows(body: bytes) -> list[list[_Rows]]:
    """The rows of each statement; raise `Rejected` for the error that stands in an answer."""
    with told():
        answer = _ANSWER.decode(body)
    for wrong in (answer.error, *(result.error for result in answer.results)):
        if _NOT_THERE in wrong:
            raise Unavailable(f"InfluxDB: {wrong}")
        if wrong:
            raise Rejected(f"InfluxDB: {wrong}")
    for result in answer.results:
        if result.partial:
            raise Rejected("InfluxDB cut its answer short: its max-row-limit is too small")
    return [result.series for result in answer.results]


def text(value: str) -> str:
    """A string literal."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{quoted}'"


def name(value: str) -> str:
    """An identifier, quoted."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{quoted}"'


def ask_series() -> str:
    """Which series are there?"""
    return (
        f"SELECT last(value) FROM {MEASUREMENT} GROUP BY device, metric, unit SLIMIT {SERIES_MAX}"  # noqa: S608 - constants
    )


@told()
def series_told(body: bytes) -> list[SeriesName]:
    """The answer to `ask_series`, in alphabetical order."""
    (tables,) = rows(body)
    return sorted({_series_name(table.tags) for table in tables})


def _series_name(tags: dict[str, str]) -> SeriesName:
    device, metric, unit = (text_of_tag(tags.get(tag, "")) for tag in ("device", "metric", "unit"))
    return SeriesName(device, metric, unit)


def ask_readings(device: str, metric: str, window: Window) -> str:
    """The last reading of each unit; and of each the first ones, one more than may be told.

    To count them all would cost as much as to take their mean.
    """
    condition = where(device, metric, window)
    return (
        f"SELECT last(value) FROM {MEASUREMENT} WHERE {condition} GROUP BY unit;"  # noqa: S608 - texts are quoted
        f"SELECT value FROM {MEASUREMENT} WHERE {condition} GROUP BY unit"
        f" LIMIT {window.points_max + 1}"
    )


@told()
def readings_told(body: bytes) -> tuple[str, list[Point]]:
    """The answer to `ask_readings`: the unit (as its tag) of the last reading, and those in it."""
    latest, readings = rows(body)
    if not latest:
        return "", []
    unit = max(latest, key=lambda table: (_whole(table.values[0][0]), _tag(table))).tags["unit"]
    points = [_point(row) for table in readings if _tag(table) == unit for row in table.values]
    return unit, points


def _tag(table: _Rows) -> str:
    return table.tags.get("unit", "")


def ask_steps(device: str, metric: str, window: Window, unit: str) -> str:
    """The readings in a unit's tag, by steps."""
    condition = f"{where(device, metric, window)} AND unit = {text(unit)}"
    return (
        "SELECT mean(value), min(value), max(value), count(value)"  # noqa: S608 - texts are quoted
        f" FROM {MEASUREMENT} WHERE {condition} GROUP BY time({window.step_ms()}ms) fill(none)"
    )


@told()
def steps_told(body: bytes) -> list[Point]:
    """The answer to `ask_steps`, read with times in milliseconds."""
    (tables,) = rows(body)
    return [_point(row) for table in tables for row in table.values]


def _point(row: list[Cell]) -> Point:
    at = _EPOCH + timedelta(milliseconds=_whole(row[0]))
    mean, *rest = (float(cell) for cell in row[1:] if cell is not None)
    low, high, count = rest or (mean, mean, 1)
    return Point(at=at, mean=mean, low=low, high=high, count=int(count))


def _whole(cell: Cell) -> int:
    if not isinstance(cell, int):
        raise Rejected(f"InfluxDB answered {cell!r} where a whole number belongs")
    return cell


def where(device: str, metric: str, window: Window) -> str:
    """The condition that a device's metric in a window meets."""
    return (
        f"device = {text(tag_text(device))} AND metric = {text(tag_text(metric))}"
        f" AND time >= {window.start_ms}ms AND time < {window.end_ms}ms"
    )

"""Reads histories out of the embedded store; belongs to one thread."""

from typing import Final

import duckdb

from contract.messages import Point
from gateway.instant import instant
from gateway.timeseries.history import SERIES_MAX, SeriesName, Told, Window

_SERIES: Final = f"""
    SELECT DISTINCT device, metric, unit FROM series WHERE kind = 'reading'
    ORDER BY ALL LIMIT {SERIES_MAX}
"""  # noqa: S608 - a constant
_ASKED: Final = """
    FROM points p JOIN series s ON s.id = p.series
    WHERE s.kind = 'reading' AND s.device = $device AND s.metric = $metric
    AND p.observed_us >= $start AND p.observed_us < $end
"""
_SIZE: Final = f"""
    SELECT s.unit, count(p.value) {_ASKED}
    GROUP BY s.unit ORDER BY max(p.observed_us) DESC, s.unit DESC LIMIT 1
"""
_RAW: Final = f"""
    SELECT p.observed_us, p.value, p.value, p.value, 1 {_ASKED} AND s.unit = $unit
    ORDER BY p.observed_us, p.sequence, p.item LIMIT $most
"""
_STEPS: Final = f"""
    SELECT p.observed_us // $step * $step, avg(p.value), min(p.value), max(p.value), count(p.value)
    {_ASKED} AND s.unit = $unit
    GROUP BY 1 ORDER BY 1
"""


class Reader:
    """The reading end: a connection of its own to the same file, in the same process."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection: Final = connection

    def interrupt(self) -> None:
        """Let the running question fail; may be called from another thread."""
        self._connection.interrupt()

    def series(self) -> list[SeriesName]:
        """All that can be asked for, in alphabetical order."""
        return [SeriesName(*row) for row in self._connection.execute(_SERIES).fetchall()]

    def points(self, device: str, metric: str, window: Window) -> Told:
        """Readings in the unit of the latest, in at most `points_max` points."""
        asked: dict[str, object] = {
            "device": device,
            "metric": metric,
            "start": window.start_ms * 1_000,
            "end": window.end_ms * 1_000,
        }
        found = self._connection.execute(_SIZE, asked).fetchall()
        if not found:
            return Told([], "", 0)
        ((unit, count),) = found
        if count <= window.points_max:
            raw = asked | {"unit": unit, "most": window.points_max}
            return Told(self._points(_RAW, raw), unit, 0)
        step_ms = window.step_ms()
        steps = asked | {"unit": unit, "step": step_ms * 1_000}
        return Told(self._points(_STEPS, steps), unit, step_ms / 1_000)

    def _points(self, question: str, asked: dict[str, object]) -> list[Point]:
        return [
            Point(at=instant(at), mean=mean, low=low, high=high, count=count)
            for at, mean, low, high, count in self._connection.execute(question, asked).fetchall()
        ]

"""Writes points into the embedded store, each once; belongs to one thread."""

import math
from collections.abc import Sequence
from typing import Final

import duckdb
import msgspec

from contract.link import Rejected
from gateway.timeseries.sink import Origin, Series, TimePoint

INTEGER_MAX: Final = 2**63 - 1
_BEFORE_ALL: Final = (-1, -1)
_KNOWN: Final = """
    INSERT INTO points SELECT * FROM doubtful d WHERE NOT EXISTS (
        FROM points p WHERE p.observed_us BETWEEN $1 AND $2 AND p.sequence BETWEEN $3 AND $4
        AND p.origin = d.origin AND p.sequence = d.sequence AND p.item = d.item)
"""

Row = tuple[int, int, int, int, int, float | None, str | None]
"""As in the table `points`: series, origin, sequence, item, observed_us, value, facts."""


class Writer:
    """The writing end of one connection.

    Of every origin it knows the highest number written: what is above is new and goes in without a
    look. Only the rest, repeats and late fillers of holes, is compared with what is there, and that
    within the bounds of its own times and numbers, which DuckDB's zone maps make cheap. A primary
    key would do the same at four times the disk and half the rate (measured).
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection: Final = connection
        connection.execute("CREATE TEMP TABLE doubtful AS FROM points LIMIT 0")
        self._points: Final = connection.appender("points")
        self._doubtful: Final = connection.appender("doubtful")
        self._encode: Final = msgspec.json.Encoder().encode
        self._load()

    def _load(self) -> None:
        rows = self._connection.execute("FROM series").fetchall()
        self._series = {Series(*row[1:]): int(row[0]) for row in rows}
        rows = self._connection.execute("FROM origin").fetchall()
        self._origins = {Origin(*row[1:]): int(row[0]) for row in rows}
        highest = "SELECT origin, max({'s': sequence, 'i': item}) FROM points GROUP BY origin"
        rows = self._connection.execute(highest).fetchall()
        self._highest = {int(origin): (at["s"], at["i"]) for origin, at in rows}

    def write(self, points: Sequence[TimePoint]) -> None:
        """All of it or none, and durable when it returns; raise `Rejected` for a bad point."""
        self._connection.begin()
        try:
            fresh, doubtful = self._sort(points)
            if fresh:
                self._points.append_rows(fresh)
                self._points.flush()
            if doubtful:
                self._compare(doubtful)
            self._connection.commit()
        except BaseException:
            self._points.clear()
            self._doubtful.clear()
            self._connection.rollback()
            self._load()
            raise

    def _sort(self, points: Sequence[TimePoint]) -> tuple[list[Row], list[Row]]:
        """The rows that are certainly new, and those that may be there."""
        fresh: list[Row] = []
        doubtful: dict[tuple[int, int, int], Row] = {}
        for point in points:
            series, origin = self._series_id(point.series), self._origin_id(point.origin)
            row = (
                series,
                origin,
                point.sequence,
                point.item,
                point.observed_us,
                *self._said(point),
            )
            number = (point.sequence, point.item)
            if number > self._highest.get(origin, _BEFORE_ALL):
                self._highest[origin] = number
                fresh.append(row)
            else:
                doubtful.setdefault((origin, *number), row)
        return fresh, list(doubtful.values())

    def _said(self, point: TimePoint) -> tuple[float | None, str | None]:
        if point.value is not None and not math.isfinite(point.value):
            raise Rejected(f"there is no mean with {point.value}")
        if point.sequence > INTEGER_MAX:
            raise Rejected(f"{point.sequence} has more than 64 bits")
        if not point.names:
            return point.value, None
        facts = dict(zip(point.names, point.facts, strict=True))
        return point.value, self._encode(facts).decode()

    def _compare(self, rows: list[Row]) -> None:
        """Write those rows that are not there yet."""
        self._doubtful.append_rows(rows)
        self._doubtful.flush()
        times, numbers = [row[4] for row in rows], [row[2] for row in rows]
        bounds = [min(times), max(times), min(numbers), max(numbers)]
        self._connection.execute(_KNOWN, bounds).fetchall()
        self._connection.execute("DELETE FROM doubtful").fetchall()

    def _series_id(self, series: Series) -> int:
        found = self._series.get(series)
        if found is None:
            found = self._series[series] = len(self._series)
            insert = "INSERT INTO series VALUES (?, ?, ?, ?, ?, ?, ?)"
            self._connection.execute(insert, [found, *series]).fetchall()
        return found

    def _origin_id(self, origin: Origin) -> int:
        found = self._origins.get(origin)
        if found is None:
            found = self._origins[origin] = len(self._origins)
            insert = "INSERT INTO origin VALUES (?, ?, ?, ?)"
            self._connection.execute(insert, [found, *origin]).fetchall()
        return found

    def forget(self, before_us: int) -> int:
        """Drop what was observed before; return how many points."""
        delete = "DELETE FROM points WHERE observed_us < ?"
        ((count,),) = self._connection.execute(delete, [before_us]).fetchall()
        return int(count)

"""The embedded store at work: one process has the file, one thread writes and one reads."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from contract.clock import Clock
from contract.link import Rejected, Unavailable
from gateway.instant import microseconds
from gateway.timeseries.embedded.reader import Reader
from gateway.timeseries.embedded.schema import migrate
from gateway.timeseries.embedded.writer import Writer
from gateway.timeseries.history import SeriesName, Told, Window
from gateway.timeseries.sink import TimePoint, isolate

QUESTION_S_MAX: Final = 10.0
"""Seconds that one question may take."""
FORGET_NS: Final = 3_600 * 10**9
"""Nanoseconds between two looks for what is older than `keep_days`."""
_BAD_POINT: Final = (duckdb.DataError, duckdb.ProgrammingError, UnicodeError, OverflowError)

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the store may use, and how long it keeps points (none for ever)."""

    memory_mb: int = 256
    threads: int = 1
    keep_days: int | None = None


class _Opened:
    """A file that is open: writer and reader over two connections to the one database."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.connection: Final = duckdb.connect(
            path,
            config={
                "memory_limit": f"{limits.memory_mb}MB",
                "threads": limits.threads,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        try:
            migrate(self.connection)
            self.writer: Final = Writer(self.connection)
            self.reader: Final = Reader(self.connection.cursor())
        except BaseException:
            self.connection.close()
            raise


class Embedded:
    """A sink and a history in one file."""

    def __init__(self, path: Path, limits: Limits, clock: Clock) -> None:
        self._path: Final = path
        self._limits: Final = limits
        self._clock: Final = clock
        self._writing: Final = ThreadPoolExecutor(1, thread_name_prefix="embedded-writer")
        self._reading: Final = ThreadPoolExecutor(1, thread_name_prefix="embedded-reader")
        self._opened: _Opened | None = None
        self._forget_at_ns = 0

    async def write(self, points: Sequence[TimePoint]) -> None:
        """Keep points; see `gateway.timeseries.sink.Sink`."""
        await isolate(points, self._write)
        if self._limits.keep_days and self._clock.monotonic_ns() >= self._forget_at_ns:
            self._forget_at_ns = self._clock.monotonic_ns() + FORGET_NS
            before = self._clock.utc_now() - timedelta(days=self._limits.keep_days)
            count = await self._in_writer(lambda store: store.writer.forget(microseconds(before)))
            log.info("%d points from before %s dropped", count, before.isoformat())

    async def _write(self, points: Sequence[TimePoint]) -> None:
        await self._in_writer(lambda store: store.writer.write(points))

    async def series(self) -> list[SeriesName]:
        """All that can be asked for; see `gateway.timeseries.history.History`."""
        return await self._in_reader(lambda reader: reader.series())

    async def points(
        self, device: str, metric: str, start: datetime, end: datetime, points_max: int
    ) -> Told:
        """Readings, thinned out; see `gateway.timeseries.history.History`."""
        window = Window.of(start, end, points_max)
        return await self._in_reader(lambda reader: reader.points(device, metric, window))

    async def open(self) -> None:
        """Open the file now; raise `Rejected` if it is of a later schema, `Unavailable` if busy."""
        await self._in_writer(lambda _: None)

    async def _in_writer(self, work: Callable[[_Opened], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writing, self._do, work)

    def _do(self, work: Callable[[_Opened], T]) -> T:
        """In the writing thread; a store that failed is closed, and opened by the next work."""
        try:
            if self._opened is None:
                self._opened = _Opened(self._path, self._limits)
            return work(self._opened)
        except _BAD_POINT as error:
            raise Rejected(f"the embedded store: {error}") from error
        except duckdb.Error as error:
            self._close()
            raise Unavailable(f"{self._path}: {error}") from error

    async def _in_reader(self, work: Callable[[Reader], T]) -> T:
        reader = await self._in_writer(lambda store: store.reader)
        loop = asyncio.get_running_loop()
        answer = loop.run_in_executor(self._reading, work, reader)
        try:
            async with asyncio.timeout(QUESTION_S_MAX):
                return await asyncio.shield(answer)
        except TimeoutError as error:
            reader.interrupt()
            with suppress(duckdb.Error):
                await answer
            raise Unavailable(f"no answer within {QUESTION_S_MAX} s") from error
        except duckdb.Error as error:
            raise Unavailable(f"{self._path}: {error}") from error

    def _close(self) -> None:
        if self._opened is not None:
            with suppress(duckdb.Error):
                self._opened.connection.close()
        self._opened = None

    async def close(self) -> None:
        """Let both threads finish what they do, and close the file."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._reading.shutdown)
        await loop.run_in_executor(self._writing, self._close)
        self._writing.shutdown()

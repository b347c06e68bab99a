"""The gateway's SQLite file: a thread that writes with group commit, one that reads, one behind.

work ─▶ what waits ─▶ one commit, one fsync ─▶ the log ─▶ drained beside the commits ─▶ the file
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from contract.link import Rejected, Unavailable
from gateway.journal.schema import prepare

GROUP_MAX: Final = 256
"""Pieces of work that share one transaction, and so one fsync."""
WAITING_MAX: Final = 4_096
"""Pieces of work that wait for the writing thread; more is a mistake of the callers."""
PATIENCE_S: Final = 0.1
"""What nobody waits for goes along with the next commit; if none begins in this time, alone."""
LOG_COMMITS: Final = 100
"""After so many commits the log is drained into the file, by a thread of its own: within a commit,
as SQLite would do it, whoever waits would wait for an fsync of the file as well."""
LOG_BYTES: Final = 8 * 1024 * 1024
"""Or after so many bytes: of a backlog, thirty commits fill the log."""
LOG_PAGES_MAX: Final = 4_000
"""With more in the log (32 MiB) a commit drains what is left: while the other thread drains, more
comes, and only a log that is wholly drained begins again at its beginning."""
BUSY_MS: Final = 5_000
PAGE_BYTES: Final = 8_192
"""Of a new file; one of before keeps its pages. In 4 KiB a full message has a page of its own."""
CLOSING: Final = "the journal is closing"

_log: Final = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    then: Callable[[Any], None]
    done: "asyncio.Future[Any]"
    size: int
    is_due: bool = False
    """A commit is to begin for it; until then it waits for that of another one."""


class Store:
    """What `open_store` gives: run work in the writing thread, or in the reading one."""

    def __init__(
        self,
        writing: sqlite3.Connection,
        reading: sqlite3.Connection,
        draining: sqlite3.Connection,
    ) -> None:
        self._writing: Final = writing
        self._reading: Final = reading
        self._draining: Final = draining
        self._writer: Final = ThreadPoolExecutor(1, thread_name_prefix="journal-writer")
        self._reader: Final = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._drainer: Final = ThreadPoolExecutor(1, thread_name_prefix="journal-drainer")
        self._drained: asyncio.Future[None] | None = None
        self._commits = 0
        self._log_bytes = 0
        self._waiting: list[_Job] = []
        self._is_committing = False
        self._is_closing = False

    async def write(
        self,
        work: Work[T],
        then: Callable[[T], None] = lambda _: None,
        *,
        size: int = 0,
        is_patient: bool = False,
    ) -> T:
        """Do this in a transaction; durable when it returns. Size: bytes that it writes, about.

        ``then`` hears the result in the order of the commits, even if whoever asked has been
        cancelled meanwhile. What is patient saves others from waiting for one commit more: see
        `PATIENCE_S`. Raises `Unavailable` when the disk is full: nothing of it was kept.
        """
        if self._is_closing:
            raise Unavailable(CLOSING)
        if len(self._waiting) >= WAITING_MAX:
            raise Unavailable(f"{WAITING_MAX} writes wait for the disk")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        job = _Job(work, then, done, size)
        self._waiting.append(job)
        if is_patient:
            loop.call_later(PATIENCE_S, self._hurry, job)
        else:
            self._hurry(job)
        return await done

    async def read(self, work: Work[T]) -> T:
        """Do this on a connection that only reads; sees what was durable when it began."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._reader, _read, self._reading, work)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"the journal cannot be read: {error}") from error

    def close(self) -> None:
        """End the threads, and let go of the file; who still waits for a write is told."""
        self._is_closing = True
        if not self._is_committing:
            _fail(self._waiting, Unavailable(CLOSING))
        self._writer.shutdown()
        self._reader.shutdown()
        self._drainer.shutdown()
        self._reading.close()
        self._draining.close()
        self._writing.close()

    def _hurry(self, job: _Job) -> None:
        job.is_due = True
        self._go_on()

    def _go_on(self) -> None:
        """Begin a commit, if one is due and none is under way."""
        if not (self._is_committing or self._is_closing) and any(
            job.is_due for job in self._waiting
        ):
            self._begin()

    def _begin(self) -> None:
        """Hand all that waits to the writing thread, to be committed together."""
        group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
        self._is_committing = True
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._writer, _commit, self._writing, group)
        future.add_done_callback(lambda done: self._committed(group, done))

    def _committed(self, group: list[_Job], results: "asyncio.Future[list[Any]]") -> None:
        self._is_committing = False
        self._drain(sum(job.size for job in group))
        if results.cancelled():
            _fail(group, Unavailable(CLOSING))
        elif error := results.exception():
            _fail(group, error)
        else:
            for job, result in zip(group, results.result(), strict=True):
                job.then(result)
                if not job.done.done():
                    job.done.set_result(result)
        if self._is_closing:
            _fail(self._waiting, Unavailable(CLOSING))
        self._go_on()

    def _drain(self, size: int) -> None:
        """So much came: let the log be drained, if it is time and nobody does it already."""
        self._commits += 1
        self._log_bytes += size
        is_time = self._commits >= LOG_COMMITS or self._log_bytes >= LOG_BYTES
        is_drained = self._drained is None or self._drained.done()
        if is_time and is_drained and not self._is_closing:
            self._commits = self._log_bytes = 0
            loop = asyncio.get_running_loop()
            self._drained = loop.run_in_executor(self._drainer, _drain, self._draining)


def _fail(group: list[_Job], error: BaseException) -> None:
    for job in group:
        if not job.done.done():
            job.done.set_exception(error)


def _commit(connection: sqlite3.Connection, group: list[_Job]) -> list[Any]:
    try:
        connection.execute("BEGIN IMMEDIATE")
        results = [job.work(connection) for job in group]
        connection.execute("COMMIT")
    except BaseException as error:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError | OSError):
            raise Unavailable(f"the journal cannot be written: {error}") from error
        raise
    return results


def _drain(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.OperationalError as error:
        # Nothing is lost by it: all of it is in the log, and stays there.
        _log.warning("the journal's log is not drained: %s", error)


def _read(connection: sqlite3.Connection, work: Work[T]) -> T:
    # One transaction: several statements of one piece of work see the same moment.
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        connection.execute("ROLLBACK")


def connect(path: Path) -> sqlite3.Connection:
    """A connection as durable as SQLite can be."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return connection


@asynccontextmanager
async def open_store(path: Path) -> AsyncIterator[Store]:
    """Open the file, or make it; raise `Rejected` if it is of a later schema or no database."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    try:
        writing = connect(path)
        writing.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES_MAX}")
        prepare(writing)
        reading = connect(path)
        reading.execute("PRAGMA query_only=ON")
        draining = connect(path)
    except sqlite3.DatabaseError as error:
        raise Rejected(f"{path} cannot be used as a journal: {error}") from error
    store = Store(writing, reading, draining)
    try:
        yield store
    finally:
        store.close()

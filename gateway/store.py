"""The gateway's SQLite file: one writing thread with group commit, and one that reads."""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from contract.link import Rejected, Unavailable
from gateway.schema import prepare

GROUP_MAX: Final = 256
"""Pieces of work that share one transaction, and so one fsync."""
WAITING_MAX: Final = 4_096
"""Pieces of work that wait for the writing thread; more is a mistake of the callers."""
BUSY_MS: Final = 5_000

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    then: Callable[[Any], None]
    done: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


class Store:
    """What `open_store` gives: run work in the writing thread, or in the reading one."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._jobs: queue.Queue[_Job | None] = queue.Queue(WAITING_MAX)
        self._reader: Final = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._reading: sqlite3.Connection | None = None

    async def write(self, work: Work[T], then: Callable[[T], None] = lambda _: None) -> T:
        """Do this in a transaction; durable when it returns.

        ``then`` hears the result on the loop, in the order of the commits, even if whoever asked
        has been cancelled meanwhile. Raises `Unavailable` when the disk is full or fails: nothing of it was kept.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, then, loop.create_future(), loop)
        try:
            self._jobs.put_nowait(job)
        except queue.Full as error:
            raise Unavailable(f"{WAITING_MAX} writes wait for the disk") from error
        result: T = await job.done
        return result

    async def read(self, work: Work[T]) -> T:
        """Do this on a connection that only reads; sees what was durable when it began."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._reader, self._read, work)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"the journal cannot be read: {error}") from error

    def _read(self, work: Work[T]) -> T:
        if self._reading is None:
            self._reading = connect(self.path)
            self._reading.execute("PRAGMA query_only=ON")
        # One transaction: several statements of one piece of work see the same moment.
        self._reading.execute("BEGIN")
        try:
            return work(self._reading)
        finally:
            self._reading.execute("ROLLBACK")

    def serve(self, connection: sqlite3.Connection) -> None:
        """The writing thread: take what waits, commit it together, tell everyone."""
        is_open = True
        while is_open:
            first = self._jobs.get()
            if first is None:
                return
            jobs = [first]
            while len(jobs) < GROUP_MAX:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    is_open = False
                    break
                jobs.append(job)
            _commit(connection, jobs)

    def stop(self) -> None:
        """Let the threads finish what waits, and end."""
        self._jobs.put(None)
        if self._reading is not None:
            self._reader.submit(self._reading.close).result()
        self._reader.shutdown()


def _commit(connection: sqlite3.Connection, jobs: list[_Job]) -> None:
    results: list[Any] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        results.extend(job.work(connection) for job in jobs)
        connection.execute("COMMIT")
    except BaseException as error:  # noqa: BLE001 - handed to whoever asked, in their own thread
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        failure: BaseException = error
        if isinstance(error, sqlite3.OperationalError | OSError):
            failure = Unavailable(f"the journal cannot be written: {error}")
        for job in jobs:
            job.loop.call_soon_threadsafe(_fail, job.done, failure)
        return
    for job, result in zip(jobs, results, strict=True):
        job.loop.call_soon_threadsafe(_finish, job, result)


def _finish(job: _Job, result: object) -> None:
    job.then(result)
    if not job.done.done():
        job.done.set_result(result)


def _fail(done: "asyncio.Future[Any]", error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)


def connect(path: Path) -> sqlite3.Connection:
    """A connection as durable as SQLite can be."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
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
        connection = connect(path)
        prepare(connection)
    except sqlite3.DatabaseError as error:
        raise Rejected(f"{path} cannot be used as a journal: {error}") from error
    store = Store(path)
    thread = threading.Thread(target=store.serve, args=(connection,), name="journal-writer")
    thread.start()
    try:
        yield store
    finally:
        store.stop()
        # Shielded from nothing: the writing thread ends within one commit.
        thread.join()
        connection.close()

"""A SQLite file owned by one thread; officers, acts and the projection keep their rows in one."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Self, TypeVar

from contract.link import Rejected, Unavailable

T = TypeVar("T")


class Database:
    """One connection; each `do` is one transaction, in the order of the calls."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection: Final = connection
        self._thread: Final = thread

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, migrations: Sequence[str], *, is_durable: bool = True
    ) -> AsyncIterator[Self]:
        """Open or make the file and bring it to the newest schema.

        ``is_durable``: a transaction outlives a power cut when `do` returns; else only a crash of
        this program. Raises `Rejected` for a file of a newer version or that is no database.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix=path.stem)
        loop = asyncio.get_running_loop()
        try:
            connection = await loop.run_in_executor(thread, _opened, path, migrations, is_durable)
            try:
                yield cls(connection, thread)
            finally:
                # In the same thread, after all that was asked: nothing is cut off.
                await asyncio.shield(loop.run_in_executor(thread, connection.close))
        finally:
            thread.shutdown(wait=True)

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in a transaction; raises `Unavailable` if the disk fails.

        Once asked for it is done, even if whoever asked is cancelled.
        """
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, self._done, work))

    def _done(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._connection:
                return work(self._connection)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"the database cannot be written: {error}") from error


def _opened(path: Path, migrations: Sequence[str], is_durable: bool) -> sqlite3.Connection:  # noqa: FBT001 - run_in_executor passes no keywords
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made by us, so that nobody else may read it; SQLite gives its side files the same rights.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if is_durable else 'NORMAL'}")
        _migrate(connection, path, migrations)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise Rejected(f"{path} cannot be used: {error}") from error
    except Rejected:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise Rejected(f"{path} was made by a newer Greenlane (schema {version})")
    for number, script in enumerate(migrations[version:], start=version + 1):
        connection.executescript(f"BEGIN; {script}; PRAGMA user_version={number}; COMMIT;")

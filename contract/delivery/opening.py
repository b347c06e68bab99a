"""Opens an outbox's file: says what is wrong with it, and whether waiting will mend it."""

import errno
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from contract.delivery.store import Store
from contract.link import Rejected, Unavailable

T = TypeVar("T")

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_SQLITE_NO_ROOM: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_PRIMARY: Final = 0xFF
"""The part of SQLite's error codes that says what it is; the rest says where it was."""


def opened(path: Path, use: Callable[[Store], T]) -> tuple[Store, T]:
    """The store at ``path``, made if there is none, and what ``use`` makes of it.

    Raises `Unavailable` while the disk takes nothing, and `Rejected` for a file that no waiting
    makes usable: it is no outbox, or not ours to write.
    """
    store = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        store = Store(path)
        return store, use(store)
    except (OSError, sqlite3.Error, Unavailable) as error:
        if store is not None:
            with suppress(sqlite3.Error):
                store.close()
        if isinstance(error, Unavailable):
            raise
        if _is_for_now(error, path.parent):
            raise Unavailable(f"{path} cannot be written: {error}") from error
        raise Rejected(f"{path} cannot be used as an outbox: {error}") from error


def _is_for_now(error: OSError | sqlite3.Error, folder: Path) -> bool:
    """Whether it is the disk, which somebody may make room on."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    return code in _SQLITE_NO_ROOM or (code == sqlite3.SQLITE_CANTOPEN and _is_full(folder))


def _is_full(folder: Path) -> bool:
    """Whether no file can be made for lack of room, of which SQLite only says that it could not."""
    with suppress(OSError):
        disk = os.statvfs(folder)
        return not disk.f_bavail or bool(disk.f_files and not disk.f_favail)
    return False

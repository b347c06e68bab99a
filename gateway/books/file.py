"""Opens a journal to be read and nothing else; the gateway may be running."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from contract.link import Rejected
from gateway.journal.schema import SCHEMA_VERSION
from gateway.journal.store import BUSY_MS

NAME: Final = "journal.sqlite"
Progress = Callable[[str, int, int], None]
"""(what is looked at, how far, of how many)"""


def nobody(_what: str, _done: int, _of: int) -> None:
    """Who wants no progress."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The journal, as of one moment a statement; raises `Rejected` for what is none of ours."""
    try:
        path.stat()
    except OSError as error:
        raise Rejected(f"there is no journal at {path}") from error
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as at:
        # A text that was harmed is read all the same: its checksum says so.
        at.text_factory = lambda raw: raw.decode(errors="replace")
        at.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        try:
            (version,) = at.execute("PRAGMA user_version").fetchone()
            at.execute("SELECT count(*) FROM meta").fetchone()
        except sqlite3.DatabaseError as error:
            raise Rejected(f"{path} cannot be read as a journal: {error}") from error
        if version != SCHEMA_VERSION:
            raise Rejected(
                f"the journal has schema {version}, this Greenlane reads {SCHEMA_VERSION}: "
                "start its gateway once to bring it up to date"
            )
        yield at


def last_position(at: sqlite3.Connection) -> int:
    """Of the last entry; 0 without any."""
    (last,) = at.execute("SELECT coalesce(max(position), 0) FROM entry").fetchone()
    return int(last)

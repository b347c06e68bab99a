"""The tables of an outbox's SQLite file, and how those of an older one go forward."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from contract.link import Rejected

SCHEMA_VERSION: Final = 2
PAGE_BYTES: Final = 1_024
"""Of a new file. A message of a few readings changes four or five pages, each of which is written
twice: with small ones a card gets half of the bytes (`scripts/bench outbox`), and lives longer."""
_SCHEMA: Final = """
CREATE TABLE epochs (
  id INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, keyid TEXT NOT NULL DEFAULT ''
);
CREATE TABLE streams (
  epoch INTEGER NOT NULL, stream INTEGER NOT NULL, last INTEGER NOT NULL, head TEXT NOT NULL,
  agreed INTEGER NOT NULL DEFAULT 0, upto INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (epoch, stream)
) WITHOUT ROWID;
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, stream INTEGER NOT NULL, number INTEGER NOT NULL,
  is_lost INTEGER NOT NULL, envelope BLOB NOT NULL, raw BLOB NOT NULL, hash TEXT NOT NULL,
  sig BLOB NOT NULL, said_s INTEGER NOT NULL,
  UNIQUE (epoch, stream, number)
);
CREATE TABLE receipts (
  id INTEGER PRIMARY KEY, envelope BLOB NOT NULL, keyid TEXT NOT NULL, sig BLOB NOT NULL
);
CREATE TABLE gone (
  id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, stream INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, before TEXT, head TEXT, reason TEXT NOT NULL,
  receipt INTEGER, is_due INTEGER NOT NULL, said_epoch TEXT, said_number INTEGER
);
CREATE INDEX gone_by_lane ON gone (epoch, stream, first);
CREATE INDEX gone_due ON gone (is_due) WHERE is_due;
"""

_SECOND: Final = "ALTER TABLE epochs ADD COLUMN keyid TEXT NOT NULL DEFAULT '';"
"""From version 1: which key signs an epoch."""


def connect(path: Path | Literal[":memory:"]) -> sqlite3.Connection:
    """The file at ``path``, made if there is none; raise `Rejected` for one of a newer version.

    For one thread at a time, whichever; no transaction begins by itself. Raises `OSError`.
    """
    if isinstance(path, Path):
        _close_to_others(path)
    db = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise Rejected(f"{path} was written by a newer Greenlane (schema {version}); update")
    if version < SCHEMA_VERSION:
        steps = _SECOND if version else _SCHEMA
        db.executescript(f"BEGIN; {steps} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    return db


def _close_to_others(path: Path) -> None:
    """What officers and devices said is nobody else's; SQLite gives its side files the same rights.

    An outbox of before was open to whoever could look into its folder.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with suppress(PermissionError):  # it is somebody else's file, who let us write
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)

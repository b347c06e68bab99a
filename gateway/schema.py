"""The tables of the gateway's SQLite file, their version, and how they go forward."""

import secrets
import sqlite3
from typing import Final

from contract.link import Rejected

SCHEMA_VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (
  position INTEGER PRIMARY KEY, received_us INTEGER NOT NULL, kind TEXT NOT NULL,
  source TEXT NOT NULL, stream TEXT NOT NULL, epoch TEXT NOT NULL, sequence INTEGER NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL, type TEXT NOT NULL, observed_us INTEGER,
  body BLOB NOT NULL, keyid TEXT NOT NULL, sig BLOB NOT NULL
);
CREATE UNIQUE INDEX entry_identity ON entry (source, stream, epoch, sequence)
  WHERE sequence > 0 AND kind != 'fork';
CREATE UNIQUE INDEX entry_fork ON entry (hash) WHERE kind = 'fork';
CREATE INDEX entry_own ON entry (type) WHERE kind = 'own';
CREATE TABLE cursor (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY, received_us INTEGER NOT NULL, hash TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL, keyid TEXT NOT NULL,
  sig BLOB NOT NULL, times INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE change (
  number INTEGER PRIMARY KEY, position INTEGER NOT NULL, hash TEXT NOT NULL,
  body BLOB NOT NULL, keyid TEXT NOT NULL, sig BLOB NOT NULL
);
CREATE TABLE latest (
  thing TEXT PRIMARY KEY, number INTEGER NOT NULL, weight INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX latest_number ON latest (number);
CREATE TABLE snapshot (name TEXT PRIMARY KEY, position INTEGER NOT NULL, body BLOB NOT NULL);
"""
EPOCH_BYTES: Final = 8


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of a new file; raise `Rejected` for a schema that we do not know."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA_VERSION:
        return
    if version:
        raise Rejected(
            f"the journal has schema {version}, this gateway knows {SCHEMA_VERSION}: "
            "it was written by a later Greenlane; start that one"
        )
    # One script, one transaction: a file that was killed half made is made anew.
    connection.executescript(
        f"BEGIN;{_TABLES}"  # noqa: S608 - constants and our own hex digits
        f"INSERT INTO meta VALUES ('journal', '{secrets.token_hex(EPOCH_BYTES)}');"
        f"PRAGMA user_version={SCHEMA_VERSION};COMMIT;"
    )

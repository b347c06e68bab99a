"""The tables of the gateway's SQLite file, their version, and how they go forward."""

import logging
import secrets
import sqlite3
from typing import Final

from contract.link import Rejected

_FIRST: Final = """
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
_STRONGER: Final = """
-- CRC-32 over all columns but the body, which `hash` covers; none in entries of before version 2.
ALTER TABLE entry ADD COLUMN checksum INTEGER;
-- Signs of life by time: up to when a device had said everything.
CREATE INDEX entry_life ON entry (source, received_us) WHERE sequence = 0 AND kind = 'kept';
CREATE INDEX entry_lost ON entry (source, position) WHERE type = 'stream.lost';
CREATE INDEX entry_scan ON entry (position) WHERE type IN ('scan.completed', 'scan.failed');
-- Which entries an alert rests on, and which scans show a picture: retention asks both.
CREATE TABLE rests_on (
  position INTEGER NOT NULL, alert TEXT NOT NULL, PRIMARY KEY (position, alert)
) WITHOUT ROWID;
CREATE TABLE picture (
  sha256 TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (sha256, position)
) WITHOUT ROWID;
CREATE INDEX picture_position ON picture (position);
-- The judge's state, signed. Those of before were not, and are not believed.
DROP TABLE snapshot;
CREATE TABLE snapshot (
  position INTEGER PRIMARY KEY, body BLOB NOT NULL, keyid TEXT NOT NULL, sig BLOB NOT NULL,
  harm TEXT NOT NULL DEFAULT ''
);
"""
_PROVABLE: Final = """
-- The Merkle tree over the entries (tiles of 256 hashes), and what was signed of it.
CREATE TABLE tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
CREATE TABLE checkpoint (
  size INTEGER NOT NULL, origin TEXT NOT NULL, made_us INTEGER NOT NULL, note TEXT NOT NULL,
  witnesses INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (size, origin)
) WITHOUT ROWID;
CREATE INDEX checkpoint_witnessed ON checkpoint (size) WHERE witnesses > 0;
"""
MIGRATIONS: Final = (_FIRST, _STRONGER, _PROVABLE)
"""One script for each version, in their order: a file of version n gets all from the n-th on."""
SCHEMA_VERSION: Final = len(MIGRATIONS)
EPOCH_BYTES: Final = 8
_log: Final = logging.getLogger(__name__)


def prepare(connection: sqlite3.Connection) -> None:
    """Bring the tables to our version; raise `Rejected` for a schema that we do not know."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise Rejected(
            f"the journal has schema {version}, this gateway knows {SCHEMA_VERSION}: "
            "it was written by a later Greenlane; start that one"
        )
    for number in range(version, SCHEMA_VERSION):
        if version:
            _log.info("the journal goes on from schema %d to %d", number, number + 1)
        identity = f"INSERT INTO meta VALUES ('journal', '{secrets.token_hex(EPOCH_BYTES)}');"  # noqa: S608 - our own hex digits
        # One script, one transaction: a file that was killed half made is made anew.
        connection.executescript(
            f"BEGIN;{MIGRATIONS[number]}{'' if number else identity}"
            f"PRAGMA user_version={number + 1};COMMIT;"
        )

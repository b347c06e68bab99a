"""An entry as a row of the journal's table: its columns, their checksum, and back again."""

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import msgspec

from gateway.entry import Draft, Entry, reread
from gateway.instant import instant, microseconds

INSERT: Final = """
INSERT OR IGNORE INTO entry (position, received_us, kind, source, stream, epoch, sequence, previous,
  hash, type, observed_us, keyid, sig, checksum, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
CHECKED: Final = (
    "position, received_us, kind, source, stream, epoch, sequence, previous, hash, type, "
    "observed_us, keyid, sig"
)
"""The columns that the checksum of an entry covers."""
COLUMNS: Final = (
    "position, received_us, kind, source, stream, epoch, sequence, previous, hash, type, "
    "observed_us, body, keyid, sig"
)


def row_of(draft: Draft, position: int, kind: str, now_us: int) -> tuple[object, ...]:
    """What `INSERT` puts in."""
    observed = None if draft.observed_at is None else microseconds(draft.observed_at)
    row = (
        *(position, now_us, kind, draft.source, draft.stream, draft.epoch, draft.sequence),
        *(draft.previous, draft.hash, draft.type, observed, draft.keyid, draft.sig),
    )
    return (*row, checksum(row), draft.body)


def checksum(row: Sequence[object]) -> int:
    """CRC-32 of the columns of `CHECKED`, in their order; the body has its own hash."""
    return crc32(_ENCODER.encode(row))


_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=str)  # an identifier is a string


def entry_of(row: Sequence[object]) -> Entry:
    """The entry in a row of `COLUMNS`."""
    columns = dict(zip(_NAMES, row, strict=True))
    received_us, observed_us = columns.pop("received_us"), columns.pop("observed_us")
    _, message = reread(columns["body"], columns["kind"])  # type: ignore[arg-type]  # our own columns
    return Entry(
        received_at=instant(received_us),  # type: ignore[arg-type]
        observed_at=None if observed_us is None else instant(observed_us),  # type: ignore[arg-type]
        message=message,
        **columns,  # type: ignore[arg-type]
    )


_NAMES: Final = tuple(COLUMNS.split(", "))

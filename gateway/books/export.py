"""Entries as lines of JSON, each with its message as a DSSE envelope, for other programs."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from contract.wire import JSON
from gateway.books.file import NAME, Progress, last_position, nobody, opened
from gateway.instant import instant

FOREIGN: Final = "application/vnd.greenlane.foreign-heard"
TELL_EVERY: Final = 20_000
_ROWS: Final = """
SELECT position, received_us, kind, source, stream, epoch, sequence, type, hash, body, keyid, sig
FROM entry WHERE position BETWEEN :first AND :last
  AND (:source = '' OR source = :source) AND (:type = '' OR type = :type)
ORDER BY position
"""


class Signature(msgspec.Struct, frozen=True):
    """One signature of a DSSE envelope."""

    keyid: str
    sig: str


class Envelope(msgspec.Struct, frozen=True):
    """A DSSE 1.0 envelope: https://github.com/secure-systems-lab/dsse, envelope.md."""

    payload: str
    payload_type: str = msgspec.field(name="payloadType")
    signatures: tuple[Signature, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry. Without an envelope, its body was erased by retention, or it is but the time."""

    position: int
    received_at: str
    kind: str
    source: str = ""
    stream: str = ""
    epoch: str = ""
    sequence: int = 0
    type: str
    sha256: str = ""
    is_erased: bool = False
    envelope: Envelope | None = None


class Wanted(NamedTuple):
    """Which entries; empty texts and a last of 0 leave nothing out."""

    first: int = 1
    last: int = 0
    source: str = ""
    type: str = ""


def lines(folder: Path, wanted: Wanted, progress: Progress = nobody) -> Iterator[bytes]:
    """The entries, one a line with its newline; raises `Rejected` if there is no journal."""
    with opened(folder / NAME) as at:
        last = min(wanted.last or (1 << 62), last_position(at))
        rows = at.execute(_ROWS, {**wanted._asdict(), "last": last})
        for row in rows:
            if row[0] % TELL_EVERY == 0:
                progress("entries", row[0], last)
            yield msgspec.json.encode(_line(row)) + b"\n"
        progress("entries", last, last)


def _line(row: tuple[Any, ...]) -> Line:
    position, received_us, kind, source, stream, epoch, sequence, type_, hash_, body, keyid, sig = (
        row
    )
    return Line(
        position=position,
        received_at=instant(received_us).isoformat().replace("+00:00", "Z"),
        kind=kind,
        source=source,
        stream=stream,
        epoch=epoch,
        sequence=sequence,
        type=type_,
        sha256=hash_,
        is_erased=not body and bool(hash_),
        envelope=_envelope(kind, body, keyid, sig) if body else None,
    )


def _envelope(kind: str, body: bytes, keyid: str, sig: bytes) -> Envelope:
    signed = (Signature(keyid, base64.b64encode(sig).decode()),) if sig else ()
    payload_type = FOREIGN if kind == "foreign" else JSON
    return Envelope(base64.b64encode(body).decode(), payload_type, signed)

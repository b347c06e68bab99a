"""Signed notes (C2SP signed-note) and cosignatures with a time (C2SP tlog-cosignature). Pure.

the text, which ends in a newline

— name base64(4 bytes of key id, signature)
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from contract.signing import KEY_BYTES, BadSignature, Key, verify_text

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
"""Kinds of signatures: over the text, and over the time and the text."""
NOTE_BYTES_MAX: Final = 64 * 1024
SIGNATURES_MAX: Final = 32
NAME_CHARACTERS_MAX: Final = 200
ID_BYTES: Final = 4
TIME_BYTES: Final = 8
SIGNATURE_BYTES: Final = 64
SECONDS_MAX: Final = 253_402_300_799
"""The last second of the year 9999: what a calendar can say."""
_DASH: Final = "\u2014 "


class BadNote(ValueError):
    """These bytes are no signed note, or a signature in it is not what it says it is."""


class Line(NamedTuple):
    """One signature line: whose, the id of the key, and what follows it."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        coded = base64.b64encode(self.key_id + self.signature).decode()
        return f"{_DASH}{self.name} {coded}\n"


class Note(NamedTuple):
    """A text and its signatures, none of them verified."""

    text: str
    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.lines))}"


class Verifier(NamedTuple):
    """Whose signature of which kind counts."""

    name: str
    public_key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The hint by which a line names this key."""
        named = f"{self.name}\n".encode() + bytes((self.kind,)) + self.public_key
        return hashlib.sha256(named).digest()[:ID_BYTES]

    def __str__(self) -> str:
        coded = base64.b64encode(bytes((self.kind,)) + self.public_key).decode()
        return f"{self.name}+{self.key_id.hex()}+{coded}"


def verifier(text: str) -> Verifier:
    """Read a key as people hand it on, ``name+id+base64``; raise `BadNote`."""
    name, _, rest = text.strip().partition("+")
    key_id, _, coded = rest.partition("+")
    raw = _decoded(coded)
    if len(raw) != 1 + KEY_BYTES or raw[0] not in (ED25519, COSIGNATURE) or not is_name(name):
        raise BadNote(f"{text[:80]!r} is no key of a note: it is like name+1a2b3c4d+BASE64")
    found = Verifier(name, raw[1:], raw[0])
    if found.key_id.hex() != key_id:
        raise BadNote(f"{text[:80]!r}: the id does not fit the name and the key")
    return found


def read(body: bytes) -> Note:
    """Read a note, and verify nothing; raise `BadNote`."""
    if len(body) > NOTE_BYTES_MAX:
        raise BadNote(f"{len(body)} bytes, the most is {NOTE_BYTES_MAX}")
    try:
        whole = body.decode()
    except UnicodeDecodeError as error:
        raise BadNote("it is not UTF-8") from error
    if any(letter < " " and letter != "\n" for letter in whole):
        raise BadNote("it holds control characters")
    text, gap, signatures = whole.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise BadNote("it has no signatures")
    lines = tuple(map(_line, signatures[:-1].split("\n")))
    if len(lines) > SIGNATURES_MAX:
        raise BadNote(f"{len(lines)} signatures, the most is {SIGNATURES_MAX}")
    note = Note(text + "\n", lines)
    if str(note).encode() != body:
        raise BadNote("it is not written as notes are")
    return note


def read_lines(body: bytes) -> tuple[Line, ...]:
    """The signature lines that a witness answers with; raise `BadNote`."""
    return read(b"-\n\n" + body).lines


def signed(text: str, name: str, key: Key) -> Note:
    """The text with this key's signature."""
    mine = Verifier(name, key.public)
    return Note(text, (Line(name, mine.key_id, key.sign_text(text.encode())),))


def cosigned(text: str, name: str, key: Key, at: datetime) -> Line:
    """That a witness saw this text at this moment."""
    seconds = int(at.timestamp())
    mine = Verifier(name, key.public, COSIGNATURE)
    signature = key.sign_text(_timed(text, seconds))
    return Line(name, mine.key_id, seconds.to_bytes(TIME_BYTES) + signature)


def verified(note: Note, trusted: Verifier) -> Line | None:
    """This key's line, its signature good; none if there is none, `BadNote` if it is bad."""
    for line in note.lines:
        if (line.name, line.key_id) == (trusted.name, trusted.key_id):
            check(note.text, line, trusted)
            return line
    return None


def check(text: str, line: Line, trusted: Verifier) -> None:
    """Raise `BadNote` unless this line is the key's signature over the text."""
    signature, body = line.signature, text.encode()
    if trusted.kind == COSIGNATURE:
        if len(signature) != TIME_BYTES + SIGNATURE_BYTES:
            raise BadNote(f"the cosignature of {line.name} has not the length of one")
        seconds, signature = int.from_bytes(signature[:TIME_BYTES]), signature[TIME_BYTES:]
        body = _timed(text, seconds)
    try:
        verify_text(trusted.public_key, body, signature)
    except BadSignature as error:
        raise BadNote(f"the signature of {line.name} is not over this text") from error


def seen_at(line: Line) -> datetime:
    """The moment that a cosignature names; raise `BadNote` if it is none."""
    seconds = int.from_bytes(line.signature[:TIME_BYTES])
    if len(line.signature) != TIME_BYTES + SIGNATURE_BYTES or not 0 < seconds <= SECONDS_MAX:
        raise BadNote(f"the line of {line.name} names no time")
    return datetime.fromtimestamp(seconds, UTC)


def with_lines(note: Note, lines: Sequence[Line]) -> Note:
    """The note with these signatures as well; a newer one of the same key takes its place."""
    kept = {(line.name, line.key_id): line for line in (*note.lines, *lines)}
    return Note(note.text, tuple(kept.values()))


def _timed(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _line(text: str) -> Line:
    name, gap, coded = text.removeprefix(_DASH).partition(" ")
    raw = _decoded(coded)
    if not text.startswith(_DASH) or not gap or not is_name(name) or len(raw) <= ID_BYTES:
        raise BadNote(f"{text[:80]!r} is no signature line")
    return Line(name, raw[:ID_BYTES], raw[ID_BYTES:])


def is_name(name: str) -> bool:
    """Whether a key of a note may be called so."""
    is_plain = "+" not in name and not any(letter.isspace() for letter in name)
    return 0 < len(name) <= NAME_CHARACTERS_MAX and is_plain


def _decoded(coded: str) -> bytes:
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote(f"{coded[:80]!r} is not base64") from error

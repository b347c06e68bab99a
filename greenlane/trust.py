"""Public keys as people hand them on: in hex, in a file, or as the key of a note."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contract.config import BadConfig
from contract.proof import note
from contract.proof.note import BadNote
from contract.signing import KEY_BYTES

FILE_BYTES_MAX: Final = 4 * 1024


def trusted(texts: Sequence[str]) -> frozenset[bytes]:
    """The keys that somebody trusts; each text may be one, or a file of several, one a line."""
    lines = [line for text in texts for line in _read(text).splitlines() if line.strip()]
    return frozenset(map(public_key, lines))


def public_key(text: str) -> bytes:
    """The 32 bytes of a key; raises `BadConfig`."""
    text = _read(text).strip()
    if "+" in text:
        try:
            return note.verifier(text).public_key
        except BadNote as error:
            raise BadConfig(f"--trust: {error}") from error
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadConfig(f"--trust: {text[:80]!r} is no file, and no public key of 64 hex digits")
    return key


def _read(text: str) -> str:
    """The text, or what stands in the file of that name."""
    path = Path(text)
    try:
        if len(text) != 2 * KEY_BYTES and path.is_file():
            with path.open() as file:
                return file.read(FILE_BYTES_MAX)
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"--trust: {text[:200]} cannot be read: {error}") from error
    return text

"""Whether the bytes of a picture file are all there (pure): its end as its format marks it.

PNG ends with the chunk IEND (ISO/IEC 15948, 11.2.5), JPEG with the marker EOI (ITU-T T.81, B.2.1).
TIFF 6.0 has no end: it is whole when its directories, and the strips or tiles that they name, lie
within the file.
"""

import struct
from typing import Final

PNG: Final = b"\x89PNG\r\n\x1a\n"
PNG_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG: Final = b"\xff\xd8\xff"
JPEG_END: Final = b"\xff\xd9"
TIFF_LITTLE: Final = b"II*\x00"
TIFF_BIG: Final = b"MM\x00*"
DIRECTORIES_MAX: Final = 64
"""Directories (pages) of one TIFF that are followed."""
INLINE_BYTES: Final = 4
"""A value of so many bytes stands in the directory itself, a longer one elsewhere."""
ENTRIES_MAX: Final = 1_000
"""Entries of one TIFF directory."""
PIECES_MAX: Final = 1_000_000
"""Strips and tiles of one TIFF that are looked at: a few bytes can name them again and again."""

_OFFSETS: Final = {273: 279, 324: 325}
"""The tag of offsets → the tag of byte counts: strips, tiles (TIFF 6.0, sections 3 and 15)."""
_TYPE_BYTES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
"""TIFF type → bytes of one value (TIFF 6.0, section 2)."""
_SIZES: Final = {3: (2, "H"), 4: (4, "I")}
"""TIFF type → bytes and struct code: SHORT and LONG; no other may give offsets or counts."""


def media_type_of(body: bytes) -> str:
    """The media type by the first bytes; empty if it is none of ours."""
    if body.startswith(PNG):
        return "image/png"
    if body.startswith(JPEG):
        return "image/jpeg"
    return "image/tiff" if body.startswith((TIFF_LITTLE, TIFF_BIG)) else ""


def why_not_whole(body: bytes) -> str:
    """Why these bytes are not a whole picture; empty if they are."""
    kind = media_type_of(body)
    if kind == "image/png":
        return "" if body.endswith(PNG_END) else "the PNG has no end"
    if kind == "image/jpeg":
        # Some machines pad the file to a full block.
        return "" if body.rstrip(b"\x00").endswith(JPEG_END) else "the JPEG has no end"
    if kind == "image/tiff":
        return _why_not_whole_tiff(body)
    return "not a PNG, JPEG or TIFF" if body else "the file is empty"


def _why_not_whole_tiff(body: bytes) -> str:
    order = "<" if body.startswith(TIFF_LITTLE) else ">"
    try:
        (at,) = struct.unpack_from(order + "I", body, 4)
        # libtiff writes the directory last and its offset after that: 0 is a file half written.
        if not at:
            return "the TIFF has no directory"
        room = PIECES_MAX
        for _ in range(DIRECTORIES_MAX):
            at, end, pieces = _directory(body, order, at, room)
            room -= pieces
            if not end:
                return "a directory of the TIFF names no picture"
            if end > len(body):
                return f"the TIFF names {end} bytes and has {len(body)}"
            if not at:
                return ""
    except struct.error:
        return "the TIFF ends within a directory"
    return f"the TIFF has more than {DIRECTORIES_MAX} directories"


def _directory(body: bytes, order: str, at: int, room: int) -> tuple[int, int, int]:
    """The next directory's offset, the end of the farthest thing named here, and how many were."""
    (count,) = struct.unpack_from(order + "H", body, at)
    fields: dict[int, tuple[int, ...]] = {}
    pieces = 0
    ends = [0]
    for index in range(min(count, ENTRIES_MAX)):
        tag, kind, number, value = struct.unpack_from(order + "HHII", body, at + 2 + 12 * index)
        if (size := _TYPE_BYTES.get(kind, 0) * number) > INLINE_BYTES:
            ends.append(value + size)
        if tag not in fields and (tag in _OFFSETS or tag in _OFFSETS.values()):
            fits = number <= room - pieces
            where = at + 10 + 12 * index
            fields[tag] = _numbers(body, order, where, kind, number) if fits else ()
            pieces += len(fields[tag])
    has_picture = False
    for offsets, counts in _OFFSETS.items():
        for offset, size in zip(fields.get(offsets, ()), fields.get(counts, ()), strict=False):
            has_picture = True
            ends.append(offset + size)
    (following,) = struct.unpack_from(order + "I", body, at + 2 + 12 * count)
    return following, max(ends) if has_picture else 0, pieces


def _numbers(body: bytes, order: str, at: int, kind: int, number: int) -> tuple[int, ...]:
    if kind not in _SIZES:
        return ()
    size, code = _SIZES[kind]
    if size * number > INLINE_BYTES:
        (at,) = struct.unpack_from(order + "I", body, at)
    return struct.unpack_from(f"{order}{number}{code}", body, at)

"""How large a picture says it is, from its header alone: asked before a decoder allocates for it.

PNG: ISO/IEC 15948, 11.2.2 (IHDR). JPEG: ITU-T T.81, B.2.2 (SOFn). TIFF 6.0, section 2.
"""

import struct
from typing import Final

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8"
TIFF: Final = {b"II*\x00": "<", b"MM\x00*": ">"}
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG frames; the others between C0 and CF are tables."""
_SCAN: Final = 0xDA
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD8)))
"""JPEG markers without a length behind them."""
SEGMENTS_MAX: Final = 10_000
ENTRIES_MAX: Final = 1_000
_WIDTH, _HEIGHT = 256, 257
_WIDTHS: Final = {1: "B", 3: "H", 4: "I"}
"""TIFF types in which a width may stand: BYTE, SHORT, LONG."""


def size_of(body: bytes) -> tuple[int, int] | None:
    """Width and height in px; none if the header does not say. Where it says two, the larger."""
    try:
        if body.startswith(PNG):
            return _png(body)
        if body.startswith(JPEG):
            return _jpeg(body)
        for magic, order in TIFF.items():
            if body.startswith(magic):
                return _tiff(body, order)
    except struct.error:
        return None
    return None


def _png(body: bytes) -> tuple[int, int] | None:
    if body[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", body, 16)
    return width, height


def _jpeg(body: bytes) -> tuple[int, int] | None:
    at, found = 2, (0, 0)
    for _ in range(SEGMENTS_MAX):
        at = body.find(b"\xff", at)
        while at >= 0 and body[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if at < 0 or at + 2 > len(body):
            break
        marker = body[at + 1]
        at += 2
        if marker == 0 or marker in _ALONE:
            continue
        if marker == _SCAN:
            break
        (length,) = struct.unpack_from(">H", body, at)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, at + 3)
            found = max(found[0], width), max(found[1], height)
        at += length
    return found if all(found) else None


def _tiff(body: bytes, order: str) -> tuple[int, int] | None:
    (at,) = struct.unpack_from(order + "I", body, 4)
    (count,) = struct.unpack_from(order + "H", body, at)
    found = {_WIDTH: 0, _HEIGHT: 0}
    for index in range(min(count, ENTRIES_MAX)):
        entry = at + 2 + 12 * index
        tag, kind = struct.unpack_from(order + "HH", body, entry)
        if tag in found and kind in _WIDTHS:
            (value,) = struct.unpack_from(order + _WIDTHS[kind], body, entry + 8)
            found[tag] = max(found[tag], value)
    return (found[_WIDTH], found[_HEIGHT]) if all(found.values()) else None

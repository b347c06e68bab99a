"""Whatever lies in a scanner's folder: it is a picture of a size that we take, or refused."""

import struct
import time
import zlib
from typing import Final

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.drivers.picture_end import DIRECTORIES_MAX, ENTRIES_MAX, why_not_whole
from models.detection import PictureError
from models.image import decode
from models.picture_size import size_of

SUFFIXES: Final = (".png", ".jpg", ".tiff")
HUGE: Final = 30_000


def encoded(suffix: str, width: int = 40, height: int = 30, dtype: type = np.uint8) -> bytes:
    """A picture of noise."""
    noise = np.random.default_rng(1).integers(0, 200, (height, width, 3))
    is_encoded, body = cv2.imencode(suffix, np.asarray(noise, dtype=dtype))
    assert is_encoded
    return body.tobytes()


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_bomb() -> bytes:
    """A few bytes that claim 2.7 GB, with a good check sum."""
    header = struct.pack(">IIBBBBB", HUGE, HUGE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def jpeg_bomb() -> bytes:
    """The same as a JPEG."""
    body = bytearray(encoded(".jpg"))
    at = body.index(b"\xff\xc0")
    body[at + 5 : at + 9] = struct.pack(">HH", HUGE, HUGE)
    return bytes(body)


def tiff_bomb() -> bytes:
    """The same as a TIFF."""
    entries = [(256, 4, HUGE), (257, 4, HUGE), (258, 3, 8), (259, 3, 1), (262, 3, 1), (277, 3, 1)]
    entries += [(273, 4, 8), (278, 4, HUGE), (279, 4, 100)]
    directory = struct.pack("<H", len(entries))
    for tag, kind, value in sorted(entries):
        directory += struct.pack("<HHII", tag, kind, 1, value)
    return b"II*\x00" + struct.pack("<I", 8) + directory + struct.pack("<I", 0)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_size_is_read_from_the_header(suffix: str, dtype: type) -> None:
    """As the decoder will find it."""
    if suffix == ".jpg" and dtype is np.uint16:
        pytest.skip("a JPEG has eight bits")
    body = encoded(suffix, 40, 30, dtype)
    assert size_of(body) == (40, 30)
    assert decode(body).shape == (30, 40, 3)


@pytest.mark.parametrize("bomb", [png_bomb(), jpeg_bomb(), tiff_bomb()], ids=SUFFIXES)
def test_a_bomb_is_refused_by_what_it_claims(bomb: bytes) -> None:
    """Nothing is allocated for it: the decoder never sees it."""
    assert size_of(bomb) == (HUGE, HUGE)
    with pytest.raises(PictureError, match=f"{HUGE} by {HUGE} px"):
        decode(bomb)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SUFFIXES), st.data())
def test_a_damaged_picture_is_a_picture_or_refused(suffix: str, data: st.DataObject) -> None:
    """Cut, flipped, repeated anywhere."""
    body = bytearray(encoded(suffix))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
        if not body:
            break
    end = data.draw(st.integers(0, len(body)))
    damaged = bytes(body[:end]) if data.draw(st.booleans()) else bytes(body)
    why_not_whole(damaged)
    try:
        assert decode(damaged).ndim == 3
    except PictureError:
        return


@settings(max_examples=300)
@given(
    st.sampled_from((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"")),
    st.binary(max_size=300),
)
def test_any_bytes_behind_a_magic_have_a_size_or_none(magic: bytes, rest: bytes) -> None:
    """Nothing else."""
    size_of(magic + rest)
    why_not_whole(magic + rest)


def test_a_tiff_that_names_its_pieces_again_and_again_costs_no_time() -> None:
    """A thousand entries for one array of half a million, in sixty-four directories."""
    pieces = 500_000
    entries = struct.pack("<HHII", 273, 4, pieces, 8) * (ENTRIES_MAX // 2)
    entries += struct.pack("<HHII", 279, 4, pieces, 8) * (ENTRIES_MAX // 2)
    at = 8 + 4 * pieces
    directory = struct.pack("<H", ENTRIES_MAX) + entries + struct.pack("<I", at)  # and again
    body = b"II*\x00" + struct.pack("<I", at) + b"\x01\x00\x00\x00" * pieces + directory
    began = time.process_time()
    assert why_not_whole(body)
    assert time.process_time() - began < DIRECTORIES_MAX / 8

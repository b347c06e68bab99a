"""When a picture file is whole: no prefix of one ever is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.picture_end import media_type_of, why_not_whole
from tests.edge.benches import picture

WHOLE = {
    "image/png": picture(suffix=".png"),
    "image/jpeg": picture(suffix=".jpg"),
    "image/tiff": picture(suffix=".tiff"),
    "image/tiff; 16 bits": picture(suffix=".tif", dtype=np.uint16),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_picture_is_whole(kind: str) -> None:
    """As OpenCV, and so libpng, libjpeg and libtiff, write it."""
    assert why_not_whole(WHOLE[kind]) == ""
    assert media_type_of(WHOLE[kind]) == kind.split(";", maxsplit=1)[0]


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
def test_a_picture_that_is_cut_short_is_not_whole(kind: str, data: st.DataObject) -> None:
    """A slow writer is never taken for done."""
    whole = WHOLE[kind]
    length = data.draw(st.integers(0, len(whole) - 1))
    assert why_not_whole(whole[:length])


@given(
    st.sampled_from([b"II*\x00", b"MM\x00*", b"\x89PNG\r\n\x1a\n", b""]), st.binary(max_size=400)
)
def test_any_bytes_get_an_answer(start: bytes, rest: bytes) -> None:
    """Directories that point anywhere, or at themselves, end."""
    assert isinstance(why_not_whole(start + rest), str)


def test_a_directory_that_names_itself_as_the_next_ends() -> None:
    """A loop in a hostile TIFF is cut."""
    entry = b"\x11\x01\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00"  # strip offsets: 8
    count = b"\x17\x01\x04\x00\x01\x00\x00\x00\x01\x00\x00\x00"  # strip byte counts: 1
    loop = b"II*\x00\x08\x00\x00\x00" + b"\x02\x00" + entry + count + b"\x08\x00\x00\x00"
    assert "more than" in why_not_whole(loop)


def test_padding_behind_a_jpeg_is_allowed() -> None:
    """Some machines fill the last block."""
    assert why_not_whole(WHOLE["image/jpeg"] + b"\x00" * 512) == ""

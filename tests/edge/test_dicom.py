"""DICOM files: nothing is lost on the way to the detector, and what is not supported is named."""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless

from contract.clock import SystemClock
from contract.messages import BlobPart, ScanCompleted, ScanFailed
from edge.drivers.dicom import Dicom, DicomSettings
from edge.drivers.dicom_picture import media_type_of, view_of, why_not_whole
from edge.drivers.folder_watch import CannotShow
from edge.scans import Scans
from edge.speaker import Speaker
from models.image import decode
from simulators.dicom_scanner import dicom_of
from tests.edge.scanning import box, said_in

RNG = np.random.default_rng(1)


def shown(body: bytes) -> NDArray[Any]:
    """The pixels of the view, RGB if it has colours."""
    pixels = cv2.imdecode(np.frombuffer(view_of(body).png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return np.asarray(pixels[..., ::-1] if pixels.ndim == 3 else pixels)


@pytest.mark.parametrize("stored", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
def test_every_stored_value_can_be_had_back(stored: int, kind: str) -> None:
    """Lossless: each value of the file is one value of the PNG, in its order."""
    dtype = np.uint8 if stored == 8 else np.uint16
    pixels = RNG.integers(0, 1 << stored, (20, 31), dtype=dtype)
    body = dicom_of(pixels, stored=stored, kind=kind)
    assert why_not_whole(body) == ""
    values = shown(body) >> (pixels.dtype.itemsize * 8 - stored)
    most = (1 << stored) - 1
    assert np.array_equal(most - values if kind == "MONOCHROME1" else values, pixels)


def test_signed_values_keep_their_order() -> None:
    """The lowest is black, zero is in the middle."""
    pixels = RNG.integers(-2048, 2048, (16, 16), dtype=np.int16)
    values = (shown(dicom_of(pixels, stored=12)) >> 4).astype(np.int32)
    assert np.array_equal(values - 2048, pixels)


@pytest.mark.parametrize("is_planar", [False, True])
def test_colours_stay_in_their_places(is_planar: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Red is red, whether the file holds pixels or planes."""
    pixels = RNG.integers(0, 256, (11, 9, 3), dtype=np.uint8)
    planes = pixels.transpose(2, 0, 1).tobytes() + b"\0"
    more: dict[str, Any] = {"PlanarConfiguration": 1, "PixelData": planes} if is_planar else {}
    assert np.array_equal(shown(dicom_of(pixels, kind="RGB", **more)), pixels)


def test_the_detector_reads_the_view() -> None:
    """Twelve bits look as bright to it as eight."""
    pixels = np.full((32, 32), 4095, dtype=np.uint16)
    assert decode(view_of(dicom_of(pixels, stored=12)).png).mean() >= 254


def test_implicit_vr_is_read_as_well() -> None:
    """The default of the standard."""
    pixels = RNG.integers(0, 256, (16, 16), dtype=np.uint8)
    assert np.array_equal(shown(dicom_of(pixels, syntax=ImplicitVRLittleEndian)), pixels)


GREY = np.zeros((16, 16), dtype=np.uint16)


def test_a_grey_picture_that_names_no_samples_a_pixel_is_shown() -> None:
    """They must be named, but one is all that it can have."""
    body = dicom_of(GREY).replace(b"\x28\x00\x02\x00US", b"\x28\x00\x03\x00US")
    assert shown(body).shape == GREY.shape


def renamed(body: bytes, syntax: str) -> bytes:
    """The file, saying that its picture is encoded otherwise."""
    before = b"1.2.840.10008.1.2.1\0"
    at = body.index(before, body.index(b"\x02\x00\x10\x00"))
    text = syntax.encode() + b"\0" * (len(syntax) % 2)
    return body[: at - 2] + len(text).to_bytes(2, "little") + text + body[at + len(before) :]


@pytest.mark.parametrize(
    ("syntax", "why"),
    [(JPEG2000Lossless, "not supported: JPEG 2000"), (DeflatedExplicitVRLittleEndian, "Deflated")],
)
def test_a_syntax_that_is_not_supported_is_named(syntax: str, why: str) -> None:
    """Before anything is inflated or decoded; whether such a file is whole, nobody can say."""
    body = renamed(dicom_of(GREY), syntax)
    assert why in why_not_whole(body)
    with pytest.raises(CannotShow, match=why):
        view_of(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (dicom_of(np.zeros((32, 16), np.uint16), Rows=16, NumberOfFrames=2), "several frames"),
        (dicom_of(GREY, kind="PALETTE COLOR"), "PALETTE COLOR"),
        (dicom_of(GREY, BitsStored=17), "17 bits are stored"),
        (dicom_of(GREY, HighBit=3), "do not start at the lowest"),
    ],
)
def test_what_is_not_supported_is_whole_and_named(body: bytes, why: str) -> None:
    """It is a failed scan at once, not a file that is waited for."""
    assert why_not_whole(body) == ""
    with pytest.raises(CannotShow, match=why):
        view_of(body)


@given(st.integers(0, 1_000))
def test_a_file_cut_short_is_not_whole(cut: int) -> None:
    """However much is missing."""
    body = dicom_of(GREY)
    assert why_not_whole(body[: max(0, len(body) - 1 - cut)])


@settings(max_examples=200)
@given(st.integers(0, 2_000), st.integers(0, 255), st.integers(0, 2_000), st.integers(0, 255))
def test_a_damaged_file_breaks_nothing(at: int, byte: int, other_at: int, other: int) -> None:
    """Whatever the bytes say, there is a view or a reason."""
    body = bytearray(dicom_of(GREY))
    body[at % len(body)], body[other_at % len(body)] = byte, other
    if not why_not_whole(bytes(body)) and media_type_of(bytes(body)):
        with suppress(CannotShow):
            view_of(bytes(body))


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_magic_break_nothing(tail: bytes) -> None:
    """The head is hostile as well."""
    why_not_whole(b"\0" * 128 + b"DICM" + tail)


@pytest.mark.anyio
async def test_both_the_original_and_its_view_are_sent(tmp_path: Path) -> None:
    """The scan names the evidence and the picture for the screen; the component is its subject."""
    folder = tmp_path / "dicom"
    folder.mkdir()
    pixels = np.full((64, 64), 4000, dtype=np.uint16)
    good = dicom_of(pixels, stored=12, component="hlxu 417220 5")
    (folder / "a.dcm").write_bytes(good)
    (folder / "b.dcm").write_bytes(renamed(dicom_of(GREY), JPEG2000Lossless))
    told = DicomSettings(device="x", folder=str(folder), poll_s=0.05, broken_s=0.2)
    driver = Dicom(told, SystemClock())
    async with box(tmp_path) as (outbox, detector, model), driver.open() as device:
        scans = Scans(Speaker(outbox, SystemClock()), detector.detect, model)
        taken = 0
        async for observed in device:
            if observed.picture:
                await scans.take("x", observed.picture, observed.at)
                taken += 1
            if taken == 2:
                break
        said = await said_in(outbox)
    completed = [one for one in said if isinstance(one, ScanCompleted)]
    failed = [one for one in said if isinstance(one, ScanFailed)]
    assert completed[0].original
    assert completed[0].original.media_type == "application/dicom"
    assert completed[0].original.size_bytes == len(good)
    assert completed[0].picture.media_type == "image/png"
    assert completed[0].subject == "HLXU4172205"
    sent = {one.sha256 for one in said if isinstance(one, BlobPart)}
    assert sent >= {completed[0].original.sha256, completed[0].picture.sha256}
    assert completed[0].original.sha256 == hashlib.sha256(good).hexdigest()
    assert "JPEG 2000" in failed[0].reason
    assert failed[0].picture
    assert (folder / "done" / "a.dcm").read_bytes() == good
    assert (folder / "failed" / "b.dcm").exists()

"""DICOM files (PS3.10): whether they are whole, and the same picture as a PNG (blocking calls).

Can be looked at: one frame, uncompressed little endian (implicit or explicit VR), MONOCHROME1 or
MONOCHROME2 of 8 or 16 bits allocated, or RGB of 8. Cannot: compressed transfer syntaxes (JPEG, JPEG
2000, RLE, …), deflated and big endian ones, several frames, palettes, YBR, and the voxels of CT.

Nothing is lost: stored values are moved to the top of 8 or 16 bits (signed ones from their lowest
upwards, MONOCHROME1 turned round so that the most is white), which can be undone. Windows, rescale
and look-up tables of the file are left alone.
"""

import logging
import struct
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.driver import DeviceLost
from edge.drivers.folder_watch import CannotShow, View

if TYPE_CHECKING:
    from pydicom import Dataset

try:
    import pydicom
    from pydicom.errors import BytesLengthException, InvalidDicomError
    from pydicom.filereader import data_element_generator
    from pydicom.valuerep import PersonName
except ImportError:  # the extra `dicom` is not installed
    pydicom = None  # type: ignore[assignment]

if pydicom is not None:
    # What a machine writes slightly wrong is its business; the values are checked here.
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)

NEEDS_PYDICOM: Final = "DICOM files need pydicom: pip install 'greenlane[dicom]'"
MEDIA_TYPE: Final = "application/dicom"
PREAMBLE_BYTES: Final = 128
MAGIC: Final = b"DICM"
META_GROUP: Final = 2
SIDE_PX_MAX: Final = 16_384

_SYNTAXES: Final = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"}
"""Implicit and explicit VR little endian (PS3.5, annex A)."""
_SYNTAX_TAG: Final = 0x00020010
_GREY: Final = ("MONOCHROME1", "MONOCHROME2")


def need_pydicom() -> None:
    """Raise `DeviceLost` if pydicom is not installed, saying how it gets here."""
    if pydicom is None:
        raise DeviceLost(NEEDS_PYDICOM)


def media_type_of(body: bytes) -> str:
    """`MEDIA_TYPE` if it is a DICOM file, else nothing."""
    return MEDIA_TYPE if body[PREAMBLE_BYTES : PREAMBLE_BYTES + len(MAGIC)] == MAGIC else ""


def why_not_whole(body: bytes) -> str:
    """Why these bytes are not a whole DICOM file; empty if they are."""
    if not body:
        return "the file is empty"
    if not media_type_of(body):
        return "not a DICOM file"
    try:
        # Where the file cannot be looked into, nobody knows: it is waited for until it rests.
        said = _read(body)
        missing = _pixel_bytes(said) - len(said.get("PixelData", b""))
    except CannotShow as error:
        return str(error)
    return f"the DICOM file lacks {missing} bytes of its picture" if missing > 0 else ""


def view_of(body: bytes) -> View:
    """The picture as a PNG, and the Patient ID, which DICONDE calls Component ID."""
    said = _read(body)
    _check(said)
    raw = said.PixelData[: _pixel_bytes(said)]
    is_grey = _number(said, "SamplesPerPixel", 1) == 1
    pixels = _grey(said, raw) if is_grey else _rgb(said, raw)
    is_encoded, png = cv2.imencode(".png", pixels)
    if not is_encoded:
        raise CannotShow("no PNG can be made of the DICOM picture")
    return View(png.tobytes(), str(said.get("PatientID", "") or ""))


def _syntax_of(body: bytes) -> str:
    """The transfer syntax, read before anything that it could inflate."""
    file = BytesIO(body)
    file.seek(PREAMBLE_BYTES + len(MAGIC))
    elements = data_element_generator(
        file, is_implicit_VR=False, is_little_endian=True, stop_when=_is_past_meta
    )
    try:
        for element in elements:
            if int(element.tag) == _SYNTAX_TAG:
                return bytes(element.value or b"").decode("ascii").rstrip("\0 ")
    except _broken() as error:
        raise CannotShow("the DICOM file is damaged or cut short in its head") from error
    raise CannotShow("the DICOM file names no transfer syntax")


def _is_past_meta(tag: Any, _vr: str | None, _length: int) -> bool:
    return bool(tag.group != META_GROUP)


def _read(body: bytes) -> "Dataset":
    syntax = _syntax_of(body)
    if syntax not in _SYNTAXES:
        name = pydicom.uid.UID(syntax).name
        raise CannotShow(f"the DICOM transfer syntax is not supported: {name}")
    try:
        said = pydicom.dcmread(BytesIO(body))
        odd = [name for name in _NUMBERS if not isinstance(said.get(name, 0), int)]
        text = [said.get("PhotometricInterpretation"), said.get("PatientID")]
        raw = said.get("PixelData", b"")
    except _broken() as error:
        raise CannotShow("the DICOM file is damaged or cut short") from error
    if odd or not isinstance(raw, bytes):
        raise CannotShow(f"{', '.join(odd) or 'PixelData'} of the DICOM file cannot be")
    if not all(one is None or isinstance(one, str | PersonName) for one in text):
        raise CannotShow("the DICOM file is damaged")
    return said


_NUMBERS: Final = (
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "SamplesPerPixel",
    "PlanarConfiguration",
    "NumberOfFrames",
)


def _broken() -> tuple[type[Exception], ...]:
    """What pydicom raises for bytes that are none of DICOM's."""
    return (
        InvalidDicomError,
        BytesLengthException,
        EOFError,
        # Where warnings are errors, as in the tests.
        Warning,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        NotImplementedError,
        OverflowError,
        RecursionError,
        OSError,
        struct.error,
    )


def _number(said: "Dataset", name: str, otherwise: int = 0) -> int:
    value = said.get(name)
    return otherwise if value is None else int(value)


def _pixel_bytes(said: "Dataset") -> int:
    """Bytes that its picture must have; at least one, so that a file without is not whole."""
    sides = _number(said, "Rows") * _number(said, "Columns")
    samples = _number(said, "SamplesPerPixel", 1) * max(1, _number(said, "NumberOfFrames", 1))
    return max(1, sides * samples * max(1, _number(said, "BitsAllocated") // 8))


def _check(said: "Dataset") -> None:
    """Raise `CannotShow` for what this module does not read."""
    kind = str(said.get("PhotometricInterpretation", ""))
    allocated, stored = _number(said, "BitsAllocated"), _number(said, "BitsStored")
    is_grey = kind in _GREY and _number(said, "SamplesPerPixel", 1) == 1
    is_rgb = kind == "RGB" and _number(said, "SamplesPerPixel") == 3  # noqa: PLR2004 - red, green, blue
    facts = {
        "it has several frames": _number(said, "NumberOfFrames", 1) > 1,
        f"its pixels are {kind or 'of no kind'}": not (is_grey or is_rgb),
        f"{allocated} bits are allocated": allocated not in ((8, 16) if is_grey else (8,)),
        f"{stored} bits are stored": not 1 <= stored <= allocated,
        "its bits do not start at the lowest": _number(said, "HighBit", stored - 1) != stored - 1,
        "it has too many pixels, or none": not _has_good_sides(said),
    }
    wrong = [reason for reason, is_so in facts.items() if is_so]
    if wrong:
        raise CannotShow(f"the DICOM picture is not supported: {wrong[0]}")


def _has_good_sides(said: "Dataset") -> bool:
    return all(1 <= _number(said, name) <= SIDE_PX_MAX for name in ("Rows", "Columns"))


def _grey(said: "Dataset", raw: bytes) -> NDArray[Any]:
    allocated, stored = said.BitsAllocated, said.BitsStored
    values = np.frombuffer(raw, dtype="<u2" if allocated > 8 else "u1")  # noqa: PLR2004 - a byte
    most = (1 << stored) - 1
    values = values & values.dtype.type(most)
    if _number(said, "PixelRepresentation"):
        values = values ^ values.dtype.type(1 << (stored - 1))
    if said.PhotometricInterpretation == "MONOCHROME1":
        values = values.dtype.type(most) - values
    values = values << values.dtype.type(allocated - stored)
    grey: NDArray[Any] = values.reshape(said.Rows, said.Columns)
    return grey


def _rgb(said: "Dataset", raw: bytes) -> NDArray[Any]:
    values = np.frombuffer(raw, dtype="u1")
    if _number(said, "PlanarConfiguration"):
        planes = values.reshape(3, said.Rows, said.Columns).transpose(1, 2, 0)
    else:
        planes = values.reshape(said.Rows, said.Columns, 3)
    return np.ascontiguousarray(planes[..., ::-1])

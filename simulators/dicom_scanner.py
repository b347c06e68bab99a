"""A simulated DICOM scanner: files as machines for parts and parcels write them (DICONDE)."""

from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

DIGITAL_XRAY: Final = UID("1.2.840.10008.5.1.4.1.1.1.1")
INSTANCE: Final = UID("1.2.826.0.1.3680043.8.498.1")


def dicom_of(
    pixels: NDArray[Any],
    *,
    kind: str = "MONOCHROME2",
    stored: int | None = None,
    syntax: str = ExplicitVRLittleEndian,
    component: str = "",
    **more: Any,
) -> bytes:
    """The file of one picture: grey (rows, columns) or RGB (rows, columns, 3) of its own type."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DIGITAL_XRAY
    meta.MediaStorageSOPInstanceUID = INSTANCE
    meta.TransferSyntaxUID = UID(syntax)
    file = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    bits = pixels.dtype.itemsize * 8
    file.SOPClassUID, file.SOPInstanceUID = DIGITAL_XRAY, INSTANCE
    file.Modality = "DX"
    file.PatientID = component
    file.Rows, file.Columns = pixels.shape[:2]
    file.SamplesPerPixel = pixels.shape[2] if pixels.ndim == 3 else 1  # noqa: PLR2004 - rows, columns, samples
    file.PhotometricInterpretation = kind
    file.BitsAllocated, file.BitsStored = bits, stored or bits
    file.HighBit = (stored or bits) - 1
    file.PixelRepresentation = int(np.issubdtype(pixels.dtype, np.signedinteger))
    if pixels.ndim == 3:  # noqa: PLR2004 - the same
        file.PlanarConfiguration = 0
    raw = np.ascontiguousarray(pixels).tobytes()
    file.PixelData = raw + b"\0" * (len(raw) % 2)
    file["PixelData"].VR = "OB" if bits == 8 else "OW"  # noqa: PLR2004 - bits of a byte
    for name, value in more.items():
        setattr(file, name, value)
    body = BytesIO()
    file.save_as(body)
    return body.getvalue()

"""From a file's bytes to the network's input, and boxes back: one way for training and edge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detection import PictureError
from models.picture_size import size_of

BYTES_MAX = 64 * 1024 * 1024
SIDE_PX_MAX = 16_384
PIXELS_MAX = 64 * 1024 * 1024
SIDE_PX_MIN = 8
WHITE = 255  # an empty belt

JPEG = b"\xff\xd8\xff"
SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    JPEG: "JPEG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}
"""How the files begin that we read. Nothing else reaches the decoder: it reads many formats, and
what a scanner never writes is only a way in."""

CHANNELS_RGB, CHANNELS_RGBA = 3, 4
AREAS_SCALE = 0.5  # from here on every pixel is among the four neighbours of one that is kept
FLOATS_MAX = 4_000_000
"""Bytes of a picture up to which it is averaged as floats: 16 MB of them."""

JPEG_AT = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2 | cv2.IMREAD_COLOR_RGB,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4 | cv2.IMREAD_COLOR_RGB,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_COLOR_RGB,
}
"""How a JPEG is decoded at one part in so many of its width and height. The smaller ones are named
after the grey ones, which have no bit for colour: the other would turn RGB round."""


@dataclass(frozen=True)
class Letterbox:
    """How a picture was fitted into a square: times `scale`, then `left` and `top` px of white."""

    scale: float
    left: int
    top: int
    width: int
    height: int
    """Of the original, px."""

    def of(self, width: int, height: int) -> Letterbox:
        """Return the same fit, of an original of which only a reduced copy was decoded."""
        if (width, height) == (self.width, self.height):
            return self
        return replace(self, scale=self.scale * self.width / width, width=width, height=height)

    def inside(self, square: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture without the white around it, of a letterbox (1, side, side, 3)."""
        h, w = (max(1, round(edge * self.scale)) for edge in (self.height, self.width))
        return square[0, self.top : self.top + h, self.left : self.left + w]

    def original(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return boxes (n, 4) of the square in pixels of the original, cut to its edges."""
        shift = np.asarray([self.left, self.top, self.left, self.top], dtype=np.float32)
        limit = np.asarray([self.width, self.height] * 2, dtype=np.float32)
        return np.asarray(np.clip((boxes - shift) / self.scale, 0.0, limit), dtype=np.float32)


def read(path: Path) -> bytes:
    """Return the bytes of a picture file; raises `PictureError` if there is none to be had."""
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)  # `decode` refuses what is longer
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror or error}") from error
    return data


def decode(data: bytes) -> NDArray[np.uint8]:
    """Return the picture in a PNG, JPEG or TIFF file as (height, width, 3) uint8 RGB.

    Sixteen-bit pictures are scaled to eight; grey ones get three equal channels. Raises
    `PictureError` for anything that cannot be read whole.
    """
    if not any(data.startswith(signature) for signature in SIGNATURES):
        message = "not a picture: neither PNG, JPEG nor TIFF" if data else "the file is empty"
        raise PictureError(message)
    if len(data) > BYTES_MAX:
        message = f"the file has {len(data)} bytes, more than {BYTES_MAX}"
        raise PictureError(message)
    size = size_of(data)
    if size is None:
        message = "the picture is damaged or cut short"
        raise PictureError(message)
    _check_size(*size)  # before anything is allocated for it: a few bytes can claim gigabytes
    try:
        raw = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        message = f"the picture cannot be decoded: {error}"
        raise PictureError(message) from error
    if raw is None:
        message = "the picture is damaged or cut short"
        raise PictureError(message)
    return _as_rgb8(np.asarray(raw))


def _as_rgb8(raw: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return what the decoder gave (grey, BGR or BGRA of some depth) as RGB of eight bits."""
    height, width = raw.shape[:2]
    _check_size(width, height)
    if raw.dtype == np.uint16:
        # The high byte: rounding to nearest would make 65,535 overflow.
        raw = (raw >> 8).astype(np.uint8)  # type: ignore[operator]
    if raw.dtype != np.uint8:
        message = f"the picture has pixels of type {raw.dtype}; 8 and 16 bits are read"
        raise PictureError(message)
    eight = np.asarray(raw, dtype=np.uint8)
    channels = eight.shape[2] if eight.ndim == 3 else 1  # noqa: PLR2004 - height, width, channels
    if channels == 1:
        rgb = cv2.cvtColor(eight, cv2.COLOR_GRAY2RGB)
    elif channels == CHANNELS_RGB:
        rgb = cv2.cvtColor(eight, cv2.COLOR_BGR2RGB)
    elif channels == CHANNELS_RGBA:
        rgb = cv2.cvtColor(eight, cv2.COLOR_BGRA2RGB)
    else:
        message = f"the picture has {channels} channels; 1, 3 and 4 are read"
        raise PictureError(message)
    return np.asarray(rgb, dtype=np.uint8)


def decode_for(data: bytes, side: int) -> tuple[NDArray[np.uint8], int, int]:
    """Return a picture as large as a network of `side` px needs, and its true width and height.

    A JPEG is decoded at a half, quarter or eighth where that is still as large as the network's
    input: its own transform averages as the letterbox would, at a fraction of the time. Raises
    `PictureError` as `decode` does.
    """
    size = size_of(data) if data.startswith(JPEG) else None
    if size is None or len(data) > BYTES_MAX:
        whole = decode(data)
        return whole, whole.shape[1], whole.shape[0]
    _check_size(*size)
    factor = max((f for f in JPEG_AT if max(size) // f >= side), default=1)
    how = JPEG_AT[factor] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        rgb = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), how)
    except cv2.error as error:
        raise PictureError(f"the picture cannot be decoded: {error}") from error
    if rgb is None:
        raise PictureError("the picture is damaged or cut short")
    if abs(rgb.shape[1] * factor - size[0]) >= factor:
        raise PictureError("the picture is not as wide as its header says")
    return np.asarray(rgb, dtype=np.uint8), *size


def _check_size(width: int, height: int) -> None:
    if min(height, width) < SIDE_PX_MIN:
        message = f"the picture has {width} by {height} px, under {SIDE_PX_MIN} a side"
        raise PictureError(message)
    if max(height, width) > SIDE_PX_MAX or height * width > PIXELS_MAX:
        message = f"the picture has {width} by {height} px, more than we take"
        raise PictureError(message)


def letterbox(rgb: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], Letterbox]:
    """Return the network's input (1, side, side, 3), white around it, and how it was fitted."""
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    # Averaging areas keeps thin wires when shrinking much; it would make blocks when growing.
    is_much = scale < AREAS_SCALE
    how = cv2.INTER_AREA if is_much else cv2.INTER_LINEAR
    left, top = (side - w) // 2, (side - h) // 2
    square = np.full((1, side, side, CHANNELS_RGB), WHITE, dtype=np.uint8)
    view = square[0, top : top + h, left : left + w]
    if is_much and rgb.size <= FLOATS_MAX:
        # OpenCV averages areas of floats faster than of bytes, where there is memory for them.
        view[...] = np.rint(cv2.resize(rgb.astype(np.float32), (w, h), interpolation=how))
    else:
        cv2.resize(rgb, (w, h), dst=view, interpolation=how)
    return square, Letterbox(scale, left, top, width, height)

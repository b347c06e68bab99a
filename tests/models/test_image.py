"""Pictures from outside: read whole, or refused in a sentence."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.detection import PictureError
from models.image import decode, letterbox, read

RED = np.zeros((20, 30, 3), dtype=np.uint8)
RED[..., 0] = 200


def encoded(rgb: NDArray[np.generic], kind: str) -> bytes:
    """The file of an RGB or grey picture."""
    bgr = rgb[..., ::-1] if rgb.ndim == 3 else rgb
    return cv2.imencode(kind, np.ascontiguousarray(bgr))[1].tobytes()


@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_lossless_formats_come_back_as_they_were(kind: str) -> None:
    """RGB, in that order."""
    assert np.array_equal(decode(encoded(RED, kind)), RED)


def test_jpeg_is_read() -> None:
    """Within what JPEG loses."""
    assert np.abs(decode(encoded(RED, ".jpg")).astype(int) - RED).max() < 8


@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_sixteen_bits_are_scaled_to_eight(kind: str) -> None:
    """Full scale stays full scale, and grey gets three equal channels."""
    ramp = np.linspace(0, 65_535, 30 * 20).astype(np.uint16).reshape(20, 30)
    rgb = decode(encoded(ramp, kind))
    assert rgb.shape == (20, 30, 3)
    assert rgb.dtype == np.uint8
    assert np.array_equal(rgb[..., 1], (ramp >> 8).astype(np.uint8))
    assert rgb.max() == 255


def test_colour_tiff_of_sixteen_bits_is_read() -> None:
    """As some scanners write it."""
    assert np.array_equal(decode(encoded(RED.astype(np.uint16) * 257, ".tiff")), RED)


def test_transparency_is_dropped() -> None:
    """A fourth channel says nothing about a bag."""
    rgba = np.dstack([RED, np.full((20, 30), 128, dtype=np.uint8)])
    bgra = cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA)
    assert np.array_equal(decode(cv2.imencode(".png", bgra)[1].tobytes()), RED)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"GIF89a" + bytes(50),
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"\xff\xd8\xff\xe0" + bytes(50),
        b"II*\x00" + b"\xff" * 50,
        encoded(RED, ".png")[:60],
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """With an error of our own, whatever the decoder would have said."""
    with pytest.raises(PictureError):
        decode(data)


def test_tiny_picture_is_refused() -> None:
    """Nothing can be seen in it."""
    with pytest.raises(PictureError, match="px"):
        decode(encoded(RED[:2, :2], ".png"))


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """Like any other picture that cannot be had."""
    with pytest.raises(PictureError, match="cannot read"):
        read(tmp_path / "none.png")


@pytest.mark.parametrize("size", [(100, 300), (300, 100), (416, 416), (1000, 700)])
def test_letterbox_can_be_undone(size: tuple[int, int]) -> None:
    """A box in the square comes back to its place in the original, within a pixel's rounding."""
    height, width = size
    rgb = np.full((height, width, 3), 255, dtype=np.uint8)
    x1, y1, x2, y2 = width // 4, height // 4, width // 2, height // 2
    rgb[y1:y2, x1:x2] = 0
    planes, fitted = letterbox(rgb, 416)
    assert planes.shape == (1, 3, 416, 416)
    rows, columns = np.nonzero(planes[0, 0] < 128)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    back = fitted.original(np.asarray([seen], dtype=np.float32))[0]
    assert back == pytest.approx([x1, y1, x2, y2], abs=1.5 / min(fitted.scale, 1.0))

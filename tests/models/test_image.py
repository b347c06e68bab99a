"""Pictures from outside: read whole, or refused in a sentence."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.detection import PictureError
from models.image import decode, decode_for, letterbox, read
from models.xray.bag import render

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
    square, fitted = letterbox(rgb, 416)
    assert square.shape == (1, 416, 416, 3)
    rows, columns = np.nonzero(square[0, ..., 0] < 128)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    back = fitted.original(np.asarray([seen], dtype=np.float32))[0]
    assert back == pytest.approx([x1, y1, x2, y2], abs=1.5 / min(fitted.scale, 1.0))


def smooth(width: int, height: int) -> NDArray[np.uint8]:
    """A picture as a scanner makes it, in JPEG's good graces."""
    pixels = render(21, size=(width, height)).pixels
    return np.ascontiguousarray(pixels)


@pytest.mark.parametrize(("width", "height", "factor"), [(1280, 720, 2), (700, 500, 1)])
def test_jpeg_is_decoded_no_larger_than_it_is_needed(width: int, height: int, factor: int) -> None:
    """And says its true size."""
    data = encoded(smooth(width, height), ".jpg")
    rgb, w, h = decode_for(data, 416)
    assert (w, h) == (width, height)
    assert rgb.shape == (height // factor, width // factor, 3)


def test_reduced_jpeg_gives_the_network_the_same_picture() -> None:
    """Within two grey levels on average of 255, and boxes come back to the same places."""
    data = encoded(smooth(1280, 720), ".jpg")
    rgb, width, height = decode_for(data, 416)
    reduced, fitted = letterbox(rgb, 416)
    whole, plain = letterbox(decode(data), 416)
    assert np.abs(reduced.astype(float) - whole.astype(float)).mean() < 2.0
    inside, outside = fitted.inside(reduced), np.delete(reduced[0], slice(91, 325), axis=0)
    assert inside.shape == (234, 416, 3)
    assert np.shares_memory(inside, reduced)
    assert (outside == 255).all()
    boxes = np.asarray([[30, 120, 200, 300]], dtype=np.float32)
    back = fitted.of(width, height).original(boxes)
    assert back == pytest.approx(plain.original(boxes), abs=1.0)


@pytest.mark.parametrize("scale", [0.55, 0.65, 0.9])
def test_shrinking_a_little_keeps_thin_wires(scale: float) -> None:
    """A line of one pixel is as dark on average as in the original, wherever it lies."""
    for offset in range(8):
        rgb = np.full((400, 400, 3), 255, dtype=np.uint8)
        rgb[:, offset::8] = 0
        square, _ = letterbox(rgb, round(400 * scale))
        assert square.mean() == pytest.approx(rgb.mean(), abs=3)
        assert (square[0, 50, :, 0].reshape(-1)[: 8 * 20] < 200).sum() >= 10


def test_what_is_no_jpeg_is_decoded_whole() -> None:
    """PNG has no half."""
    rgb, width, height = decode_for(encoded(RED, ".png"), 8)
    assert rgb.shape == (20, 30, 3)
    assert (width, height) == (30, 20)


def test_jpeg_cut_short_after_its_header_is_refused_or_read_whole() -> None:
    """The reduced way is no way around the checks."""
    data = encoded(smooth(1280, 720), ".jpg")
    with pytest.raises(PictureError):
        decode_for(data[:700], 416)
    with pytest.raises(PictureError):
        decode_for(b"\xff\xd8\xff\xe0" + bytes(50), 416)

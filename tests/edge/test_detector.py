"""The edge's detector: off the loop, refusing what it must, small."""

import asyncio
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.detector import Detector, DetectorConfig, PassportError, PictureError
from models.passport import WILDLIFE_MODEL, path_for
from models.xray.bag import render

RSS_MB_MAX = 200
pytestmark = pytest.mark.anyio


def scan_png(seed: int, threat: str | None, size: tuple[int, int] = (640, 480)) -> bytes:
    """The file a scanner would drop."""
    pixels = render(seed, threat=threat, size=size).pixels
    return cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))[1].tobytes()


async def test_picture_is_looked_at_and_measured() -> None:
    """Size of the original, the model's id, the time it took."""
    async with Detector() as detector:
        scan = await detector.detect(scan_png(3, "elephant_tusk"))
        assert (scan.width, scan.height) == (640, 480)
        assert scan.model == detector.passport.id
        assert scan.milliseconds > 0


async def test_path_and_bytes_say_the_same(tmp_path: Path) -> None:
    """A folder or a socket, the same eyes."""
    data = scan_png(4, "turtle_shell")
    path = tmp_path / "scan.png"
    path.write_bytes(data)
    async with Detector() as detector:
        one, two = await detector.detect(data), await detector.detect(path)
    assert one.detections == two.detections


async def test_sixteen_bit_tiff_is_looked_at() -> None:
    """As some scanners write it."""
    pixels = render(5, threat="bird").pixels.astype(np.uint16) * 257
    data = cv2.imencode(".tiff", np.ascontiguousarray(pixels[..., ::-1]))[1].tobytes()
    async with Detector() as detector:
        assert (await detector.detect(data)).width == 416


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n broken", scan_png(1, None)[:999]])
async def test_corrupt_picture_is_an_error_of_its_own(data: bytes) -> None:
    """And the next picture is looked at as if nothing had been."""
    async with Detector() as detector:
        with pytest.raises(PictureError):
            await detector.detect(data)
        assert (await detector.detect(scan_png(1, None))).width == 640


async def test_loop_runs_on_while_a_picture_is_looked_at() -> None:
    """Readings do not wait for pictures: other tasks get their turns."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with Detector() as detector, asyncio.TaskGroup() as group:
        task = group.create_task(other(), name="other")
        await detector.detect(scan_png(6, None))
        task.cancel()
    assert turns > 10


async def test_workers_look_side_by_side() -> None:
    """Two workers, eight pictures, the same answers as one after the other."""
    pictures = [scan_png(seed, "elephant_tusk") for seed in range(8)]
    async with Detector(DetectorConfig(workers=2)) as detector:
        together = await asyncio.gather(*map(detector.detect, pictures))
        alone = [await detector.detect(picture) for picture in pictures]
    assert [scan.detections for scan in together] == [scan.detections for scan in alone]


async def test_changed_model_is_refused_on_entering(tmp_path: Path) -> None:
    """Before the first picture, not at it."""
    path = tmp_path / "wildlife.onnx"
    path.write_bytes(WILDLIFE_MODEL.read_bytes() + b"\0")
    path_for(path).write_bytes(path_for(WILDLIFE_MODEL).read_bytes())
    with pytest.raises(PassportError):
        async with Detector(DetectorConfig(model=path)):
            pass


async def test_model_without_a_twin_runs_as_it_is_and_never_as_another(tmp_path: Path) -> None:
    """Asked for 8 bits that are not there, the detector refuses; left the choice, it runs."""
    path = tmp_path / "wildlife.onnx"
    path.write_bytes(WILDLIFE_MODEL.read_bytes())
    path_for(path).write_bytes(path_for(WILDLIFE_MODEL).read_bytes())
    async with Detector(DetectorConfig(model=path)) as detector:
        assert detector.passport.precision == "float32"
    with pytest.raises(PassportError):
        async with Detector(DetectorConfig(model=path, precision="int8")):
            pass


async def test_large_jpeg_is_said_in_its_own_pixels() -> None:
    """Though it is decoded at a half or less."""
    pixels = render(8, threat="turtle_shell", size=(1280, 960)).pixels
    data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]))[1].tobytes()
    async with Detector() as detector:
        scan = await detector.detect(data)
    assert (scan.width, scan.height) == (1280, 960)


async def test_closed_detector_says_so() -> None:
    """A mistake of ours, in words."""
    with pytest.raises(RuntimeError, match="async with"):
        await Detector().detect(b"")


def test_mad_worker_counts_are_refused() -> None:
    """Before they take a box down."""
    with pytest.raises(ValueError, match="workers"):
        DetectorConfig(workers=1000)


def test_detector_stays_small_and_without_torch(tmp_path: Path) -> None:
    """Under 200 MB resident with the model loaded and pictures looked at; no PyTorch."""
    program = """
import asyncio, sys
from pathlib import Path
from edge.detector import Detector
async def main():
    async with Detector() as detector:
        for _ in range(5):
            await detector.detect(Path(sys.argv[1]))
asyncio.run(main())
assert 'torch' not in sys.modules
import psutil
print(psutil.Process().memory_info().rss // 1_000_000)
"""
    path = tmp_path / "scan.png"
    path.write_bytes(scan_png(2, None, (1280, 960)))
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < RSS_MB_MAX

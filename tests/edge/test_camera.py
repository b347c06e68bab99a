"""A camera: frames are scanned when something changed, not too often, and never on the loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from contract.clock import SystemClock
from edge.driver import DeviceLost, Observed
from edge.drivers.camera import Camera, CameraSettings
from edge.drivers.camera_watch import changed_share, small_of
from simulators.camera import CameraServer, scene

PATIENCE_S = 30
SCENES = [scene(count) for count in range(4)]


class Lane:
    """What the camera sees: so many vehicles."""

    vehicles = 0

    def frame(self) -> bytes:
        """The picture of it."""
        return SCENES[self.vehicles]


@asynccontextmanager
async def watching(server: CameraServer, **more: Any) -> AsyncIterator[AsyncIterator[Observed]]:
    """What the driver observes of a camera that is there."""
    async with server.serving() as port:
        told = {"device": "lane-1", "source": f"http://127.0.0.1:{port}/", "look_s": 0.05}
        settings = msgspec.convert({"every_s": 0.1, **told, **more}, CameraSettings)
        async with asyncio.timeout(PATIENCE_S), Camera(settings, SystemClock()).open() as device:
            yield device


@pytest.mark.anyio
async def test_only_what_changes_is_scanned() -> None:
    """A still lane is none; each vehicle that comes is one picture, whole and readable."""
    lane = Lane()
    async with watching(CameraServer(lane.frame)) as device:
        still = [(await anext(device)).picture for _ in range(10)]
        pictures = []
        for lane.vehicles in (1, 2, 3):
            pictures.append(await next_picture(device))
            still += [(await anext(device)).picture for _ in range(5)]
    assert not any(still)
    assert [decoded(picture).shape for picture in pictures] == [(240, 320, 3)] * 3
    assert len(set(pictures)) == 3


def decoded(jpeg: bytes) -> NDArray[np.uint8]:
    """The pixels."""
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


async def next_picture(device: AsyncIterator[Observed]) -> bytes:
    """Wait for a picture."""
    async for observed in device:
        if observed.picture:
            await observed.picture.settle("")
            return observed.picture.body
    raise AssertionError("the camera ended")


@pytest.mark.anyio
async def test_a_busy_lane_is_scanned_at_most_every_so_often() -> None:
    """However much moves: the detector has other devices to look at."""
    turns = iter(range(1 << 30))
    server = CameraServer(lambda: SCENES[next(turns) % 4])
    async with watching(server, every_s=0.5) as device:
        seen: list[datetime] = []
        while len(seen) < 4:
            observed = await anext(device)
            if observed.picture:
                seen.append(observed.at)
    # From first to last, and with room: the first may have been late on its way to the loop.
    assert (seen[-1] - seen[0]).total_seconds() >= 0.7
    assert all(a < b for a, b in pairwise(seen))


@pytest.mark.anyio
async def test_a_camera_that_freezes_is_lost() -> None:
    """An open connection proves nothing."""
    server = CameraServer(Lane().frame)
    with pytest.raises(DeviceLost, match=r"127\.0\.0\.1.*: no "):
        await freeze(server)


async def freeze(server: CameraServer) -> None:
    """Let the camera stop to say anything once it was found."""
    async with watching(server, silence_s=0.5) as device:
        async for _observed in device:
            server.is_frozen = True


@pytest.mark.anyio
async def test_a_video_file_is_played_and_ends_as_a_lost_camera(tmp_path: Path) -> None:
    """Recordings can be looked at as if they happened now."""
    path = tmp_path / "lane.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (320, 240))
    for vehicles in (0, 2):
        for _ in range(25):
            video.write(decoded(SCENES[vehicles]))
    video.release()
    settings = CameraSettings(device="lane-1", source=str(path), look_s=0.05, every_s=0.1)
    seen: list[Observed] = []
    with pytest.raises(DeviceLost, match="no more frames"):
        await play(settings, seen)
    assert len([one for one in seen if one.picture]) == 1


async def play(settings: CameraSettings, seen: list[Observed]) -> None:
    """Watch to the end."""
    async with asyncio.timeout(PATIENCE_S), Camera(settings, SystemClock()).open() as device:
        async for observed in device:
            seen.append(observed)  # noqa: PERF401 - what was seen before it raised counts


@pytest.mark.parametrize(
    "source", ["rtsp://admin:secret@192.0.2.1/", "ftp://192.0.2.1/", "video0", "concat:/etc/a", ""]
)
def test_a_source_that_is_none_or_holds_a_password_is_refused(source: str) -> None:
    """A password in the configuration would end up in logs and on screens."""
    with pytest.raises(msgspec.ValidationError, match="password_file"):
        msgspec.convert({"family": "camera", "device": "lane-1", "source": source}, CameraSettings)


@pytest.mark.anyio
async def test_a_reason_holds_no_password(tmp_path: Path) -> None:
    """It goes to the log and to the screen."""
    (tmp_path / "password").write_text("sekret\n")
    settings = CameraSettings(
        device="lane-1",
        source="rtsp://127.0.0.1:9/stream",
        username="officer",
        password_file=str(tmp_path / "password"),
        silence_s=0.5,
    )
    with pytest.raises(DeviceLost) as lost:
        await play(settings, [])
    assert "sekret" not in str(lost.value)


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_change_of_light_is_no_change(before: int, after: int) -> None:
    """A cloud is not a lorry."""
    pictures = [np.full((48, 64, 3), light, dtype=np.uint8) for light in (before, after)]
    assert changed_share(small_of(pictures[0]), small_of(pictures[1]), 5) == 0


@given(st.integers(0, 54), st.integers(50, 255))
def test_the_share_is_that_of_the_picture(rows: int, step: int) -> None:
    """Half a picture that differs by more than the limit is half or all of it, never less."""
    before = np.zeros((54, 96), dtype=np.float32)
    now = before.copy()
    now[:rows] += step
    assert changed_share(before, now, 50) == pytest.approx(rows / 54)

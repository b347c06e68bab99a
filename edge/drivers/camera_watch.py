"""A camera on a thread of its own: takes every frame, and keeps those in which something changed.

Whoever waits for a look gets the newest frame: there is no queue that could grow or grow old. All
calls into OpenCV are made by this one thread, which also closes the camera.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

SMALL_PX: Final = (96, 54)
"""Changes are looked for in a picture so small: noise averages out, a person at 20 m remains."""
RELEASE_S_MAX: Final = 5.0
"""So long is waited for the thread at the end; a camera that hangs keeps it longer."""
FILE_FRAMES_PER_S: Final = 25.0
"""Of a file that does not say."""
NETWORK: Final = ("rtsp://", "rtsps://", "http://", "https://")


class CameraGone(Exception):
    """There is no (further) frame; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """When a frame is worth a scan."""

    changed_share: float
    """Part of the picture that has to differ from the frame scanned last, 0 to 1."""
    changed_levels: int
    """Levels (of 256) from which on a point differs, after the light of both is made equal."""
    every_s: float
    """Seconds between two scans at least."""
    look_s: float
    """Seconds between two looks for changes."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the newest frame; ``jpeg`` if enough of it has changed."""

    jpeg: bytes = b""


def small_of(frame: Pixels) -> NDArray[np.float32]:
    """The frame as changes are looked for in it: small, grey, its mean light taken away."""
    small = cv2.resize(frame, SMALL_PX, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) if small.ndim > 2 else small  # noqa: PLR2004 - height, width, channels
    light = grey.astype(np.float32)
    return np.asarray(light - light.mean(), dtype=np.float32)


def changed_share(before: NDArray[np.float32], now: NDArray[np.float32], levels: int) -> float:
    """The part of the picture that differs by at least so many levels."""
    return float(np.mean(np.abs(before - now) >= levels))


class CameraWatch:
    """One camera, from `start` to `stop`; ``source`` may hold a password and is never printed."""

    def __init__(
        self,
        source: str,
        gate: Gate,
        *,
        quality: int,
        timeout_s: float,
        monotonic_ns: Callable[[], int],
    ) -> None:
        self._source: Final = source
        self._gate: Final = gate
        self._quality: Final = quality
        self._timeout_ms: Final = int(timeout_s * 1_000)
        self._monotonic_ns: Final = monotonic_ns
        self._is_ending: Final = threading.Event()
        self._waiting: asyncio.Future[Look] | None = None
        self._end: CameraGone | None = None
        self._loop = asyncio.get_running_loop()
        self._scanned: NDArray[np.float32] | None = None
        self._scanned_ns = 0
        # A daemon: a camera that hangs in its driver must not keep the agent from ending.
        self._thread: Final = threading.Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        """Begin to open the camera; `look` says what came of it."""
        self._thread.start()

    async def stop(self) -> None:
        """Close the camera; returns after `RELEASE_S_MAX` at the latest."""
        self._is_ending.set()
        await asyncio.to_thread(self._thread.join, RELEASE_S_MAX)

    async def look(self) -> Look:
        """The next look, at a frame newer than this call; raises `CameraGone`."""
        if self._end is not None:
            raise self._end
        self._waiting = self._loop.create_future()
        try:
            return await self._waiting
        finally:
            self._waiting = None

    def _tell(self, look: Look | CameraGone) -> None:
        """On the event loop."""
        if isinstance(look, CameraGone):
            self._end = look
        if self._waiting is None or self._waiting.done():
            return
        if isinstance(look, CameraGone):
            self._waiting.set_exception(look)
        else:
            self._waiting.set_result(look)

    def _say(self, look: Look | CameraGone) -> None:
        if not self._is_ending.is_set():
            self._loop.call_soon_threadsafe(self._tell, look)

    def _run(self) -> None:
        """The thread."""
        camera = cv2.VideoCapture()
        try:
            if not self._open(camera):
                self._say(CameraGone("it cannot be opened"))
                return
            self._watch(camera)
        except cv2.error as error:
            self._say(CameraGone(f"it cannot be read: {error.err or error}"))
        finally:
            camera.release()

    def _open(self, camera: cv2.VideoCapture) -> bool:
        if self._source.startswith("/dev/"):
            return camera.open(self._source, cv2.CAP_V4L2)
        timeouts = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            self._timeout_ms,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            self._timeout_ms,
        ]
        return camera.open(self._source, cv2.CAP_FFMPEG, timeouts)

    def _watch(self, camera: cv2.VideoCapture) -> None:
        pause_s = self._pause_s(camera)
        look_ns = self._monotonic_ns()
        while not self._is_ending.wait(pause_s):
            # Frames in between are taken as well: a decoder that is not emptied shows the past.
            if not camera.grab():
                self._say(CameraGone("no more frames come from it"))
                return
            if self._waiting is None or self._monotonic_ns() < look_ns:
                continue
            look_ns = self._monotonic_ns() + int(self._gate.look_s * 1e9)
            is_read, frame = camera.retrieve()
            if is_read:
                self._say(self._look_at(np.asarray(frame, dtype=np.uint8)))

    def _pause_s(self, camera: cv2.VideoCapture) -> float:
        """A file would be over at once: it is played at its own pace. Cameras set theirs."""
        if self._source.startswith(("/dev/", *NETWORK)):
            return 0.0
        frames_per_s = camera.get(cv2.CAP_PROP_FPS)
        return 1.0 / (frames_per_s if 1.0 <= frames_per_s <= 1_000.0 else FILE_FRAMES_PER_S)  # noqa: PLR2004 - else it is no rate

    def _look_at(self, frame: Pixels) -> Look:
        now = self._monotonic_ns()
        small = small_of(frame)
        if self._scanned is None:
            # What stands there when the camera comes is where changes are counted from.
            self._scanned, self._scanned_ns = small, now - int(self._gate.every_s * 1e9)
            return Look()
        is_early = now - self._scanned_ns < self._gate.every_s * 1e9
        share = changed_share(self._scanned, small, self._gate.changed_levels)
        if is_early or share < self._gate.changed_share:
            return Look()
        self._scanned, self._scanned_ns = small, now
        is_encoded, jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        return Look(jpeg.tobytes() if is_encoded else b"")

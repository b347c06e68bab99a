"""A simulated network camera: a tiny MJPEG-over-HTTP server with a scene that can change."""

import asyncio
from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from simulators.listening import Listening

CLIENTS_MAX: Final = 4
FRAMES_PER_S: Final = 20.0
SIZE_PX: Final = (320, 240)
BOUNDARY: Final = b"greenlane-frame"


def scene(vehicles: int) -> bytes:
    """A JPEG of a lane with so many vehicles on it; the noise of a real sensor on top."""
    width, height = SIZE_PX
    rng = np.random.default_rng(vehicles)
    picture = np.full((height, width, 3), (96, 104, 100), dtype=np.uint8)
    cv2.rectangle(picture, (0, 170), (width, height), (60, 60, 60), -1)
    for index in range(vehicles):
        left = 20 + 95 * (index % 3)
        cv2.rectangle(picture, (left, 90), (left + 75, 190), (40, 60, 190), -1)
        cv2.rectangle(picture, (left + 8, 100), (left + 67, 130), (210, 200, 190), -1)
    noisy = picture + rng.normal(0, 4, picture.shape)
    is_encoded, jpeg = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8))
    if not is_encoded:
        raise ValueError("no JPEG can be made")
    return jpeg.tobytes()


class CameraServer(Listening):
    """One camera; ``frame`` gives the JPEG that it shows now."""

    def __init__(self, frame: Callable[[], bytes], *, frames_per_s: float = FRAMES_PER_S) -> None:
        super().__init__()
        self._frame: Final = frame
        self._frames_per_s: Final = frames_per_s
        self.is_frozen = False
        """A camera that keeps the connection and says nothing."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Show what there is to see, to as many as it can."""
        await reader.readuntil(b"\r\n\r\n")
        if len(self._calls) <= CLIENTS_MAX:
            await self._show(writer)

    async def _show(self, writer: asyncio.StreamWriter) -> None:
        kind = b"multipart/x-mixed-replace; boundary=" + BOUNDARY
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: " + kind + b"\r\n\r\n")
        while not writer.is_closing() and not self._is_closing.is_set():
            if not self.is_frozen:
                jpeg = self._frame()
                head = b"--%b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
                writer.write(head % (BOUNDARY, len(jpeg)) + jpeg + b"\r\n")
                await writer.drain()
            await self._pause(1 / self._frames_per_s)

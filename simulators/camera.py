"""A simulated network camera: a tiny MJPEG-over-HTTP server with a scene that can change."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import cv2
import numpy as np

CLIENTS_MAX: Final = 4
FRAMES_PER_S: Final = 20.0
REQUEST_BYTES_MAX: Final = 8_192
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


class CameraServer:
    """One camera; ``frame`` gives the JPEG that it shows now."""

    def __init__(self, frame: Callable[[], bytes], *, frames_per_s: float = FRAMES_PER_S) -> None:
        self._frame: Final = frame
        self._frames_per_s: Final = frames_per_s
        self._talks: set[asyncio.Task[None] | None] = set()
        self._is_closing: Final = asyncio.Event()
        self.is_frozen = False
        """A camera that keeps the connection and says nothing."""

    @asynccontextmanager
    async def serving(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
        """Serve; yields the port (a free one for 0). Ends all connections when it ends."""
        self._is_closing.clear()
        server = await asyncio.start_server(self._serve, host, port, limit=REQUEST_BYTES_MAX)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            self._is_closing.set()
            if talks := [talk for talk in self._talks if talk]:
                await asyncio.wait(talks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.add(talk := asyncio.current_task())
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await reader.readuntil(b"\r\n\r\n")
                if len(self._talks) <= CLIENTS_MAX:
                    await self._show(writer)
        finally:
            self._talks.discard(talk)
            writer.close()

    async def _show(self, writer: asyncio.StreamWriter) -> None:
        kind = b"multipart/x-mixed-replace; boundary=" + BOUNDARY
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: " + kind + b"\r\n\r\n")
        while not writer.is_closing() and not self._is_closing.is_set():
            if not self.is_frozen:
                jpeg = self._frame()
                head = b"--%b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
                writer.write(head % (BOUNDARY, len(jpeg)) + jpeg + b"\r\n")
                await writer.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(1 / self._frames_per_s):
                    await self._is_closing.wait()

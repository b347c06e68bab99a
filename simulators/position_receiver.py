"""A simulated position receiver: says RMC and GGA on a TCP port or a serial line."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from edge.drivers.nmea_sentences import Fix, gga_of, rmc_of

OTHER: Final = b"$GPGSV,1,1,00*79\r\n"
"""A sentence that no driver of ours wants: satellites in view, none."""


class PositionReceiver:
    """One receiver; ``fix`` is what it measures now."""

    def __init__(self, fix: Callable[[], Fix], *, every_s: float = 1.0) -> None:
        self._fix: Final = fix
        self._every_s: Final = every_s
        self._talks: set[asyncio.Task[None] | None] = set()
        self._is_closing: Final = asyncio.Event()

    @asynccontextmanager
    async def serving(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
        """Serve over TCP; yields the port (a free one for 0)."""
        self._is_closing.clear()
        server = await asyncio.start_server(self._serve, host, port)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            self._is_closing.set()
            if talks := [talk for talk in self._talks if talk]:
                await asyncio.wait(talks)

    @asynccontextmanager
    async def talking(self, path: Path) -> AsyncIterator[None]:
        """Talk on a serial line."""
        self._is_closing.clear()
        port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._talk_on(port), name="position receiver")
                try:
                    yield
                finally:
                    self._is_closing.set()
        finally:
            os.close(port)

    async def _serve(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.add(talk := asyncio.current_task())
        try:
            with suppress(OSError):
                while not writer.is_closing() and not self._is_closing.is_set():
                    writer.write(self._said())
                    await writer.drain()
                    await self._pause()
        finally:
            self._talks.discard(talk)
            writer.close()

    async def _talk_on(self, port: int) -> None:
        while not self._is_closing.is_set():
            with suppress(BlockingIOError):
                os.write(port, self._said())
            await self._pause()

    def _said(self) -> bytes:
        fix = self._fix()
        return OTHER + rmc_of(fix) + gga_of(fix)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._every_s):
                await self._is_closing.wait()

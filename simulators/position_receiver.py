"""A simulated position receiver: says RMC and GGA on a TCP port or a serial line."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from edge.drivers.nmea_sentences import Fix, gga_of, rmc_of
from simulators.listening import Listening

OTHER: Final = b"$GPGSV,1,1,00*79\r\n"
"""A sentence that no driver of ours wants: satellites in view, none."""


class PositionReceiver(Listening):
    """One receiver; ``fix`` is what it measures now."""

    def __init__(self, fix: Callable[[], Fix], *, every_s: float = 1.0) -> None:
        super().__init__()
        self._fix: Final = fix
        self._every_s: Final = every_s

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

    async def answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say where it is, again and again."""
        while not writer.is_closing() and not self._is_closing.is_set():
            writer.write(self._said())
            await writer.drain()
            await self._pause(self._every_s)

    async def _talk_on(self, port: int) -> None:
        while not self._is_closing.is_set():
            with suppress(BlockingIOError):
                os.write(port, self._said())
            await self._pause(self._every_s)

    def _said(self) -> bytes:
        fix = self._fix()
        return OTHER + rmc_of(fix) + gga_of(fix)

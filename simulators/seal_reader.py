"""A simulated seal reader: a TCP server that speaks `edge.drivers.seal_lines`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from edge.drivers.seal_lines import Beat, Hello, SealLine, line_of

CLIENTS_MAX: Final = 8
ROUND_S: Final = 5.0
"""Seconds between two interrogations of all seals in reach."""
BEAT_S: Final = 1.0


class SealReaderServer:
    """One reader; ``seals`` is what it finds in its field when it asks."""

    def __init__(
        self,
        seals: Callable[[], Sequence[SealLine]],
        *,
        reader: str = "simulated",
        round_s: float = ROUND_S,
        beat_s: float = BEAT_S,
    ) -> None:
        self._seals: Final = seals
        self._reader: Final = reader
        self._round_s: Final = round_s
        self._beat_s: Final = beat_s
        self._writers: set[asyncio.StreamWriter] = set()
        self._talks: set[asyncio.Task[None] | None] = set()
        self._is_closing = asyncio.Event()

    @asynccontextmanager
    async def serving(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
        """Serve; yields the port (a free one for 0). Ends all connections when it ends."""
        self._is_closing.clear()
        server = await asyncio.start_server(self._serve, host, port)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            self._is_closing.set()
            if talks := [talk for talk in self._talks if talk]:
                await asyncio.wait(talks)

    def say(self, raw: bytes) -> None:
        """Send these bytes to everyone at once: what a faulty reader does."""
        for writer in self._writers:
            writer.write(raw)

    def hang_up(self) -> None:
        """End all connections."""
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= CLIENTS_MAX:
            writer.close()
            return
        self._writers.add(writer)
        self._talks.add(talk := asyncio.current_task())
        try:
            writer.write(line_of(Hello(reader=self._reader)))
            with suppress(OSError):
                await self._talk(writer)
        finally:
            self._writers.discard(writer)
            self._talks.discard(talk)
            writer.close()

    async def _talk(self, writer: asyncio.StreamWriter) -> None:
        """Rounds of interrogation, and beats between them."""
        until_round_s = 0.0
        while not writer.is_closing() and not self._is_closing.is_set():
            if until_round_s <= 0:
                writer.writelines(line_of(seal) for seal in self._seals())
                until_round_s = self._round_s
            writer.write(line_of(Beat()))
            await writer.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._beat_s):
                    await self._is_closing.wait()
            until_round_s -= self._beat_s

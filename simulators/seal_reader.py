"""A simulated seal reader: a TCP server that speaks `edge.drivers.seal_lines`."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from edge.drivers.seal_lines import Beat, Hello, SealLine, line_of
from simulators.listening import Listening

CLIENTS_MAX: Final = 8
ROUND_S: Final = 5.0
"""Seconds between two interrogations of all seals in reach."""
BEAT_S: Final = 1.0


class SealReaderServer(Listening):
    """One reader; ``seals`` is what it finds in its field when it asks."""

    def __init__(
        self,
        seals: Callable[[], Sequence[SealLine]],
        *,
        reader: str = "simulated",
        round_s: float = ROUND_S,
        beat_s: float = BEAT_S,
    ) -> None:
        super().__init__()
        self._seals: Final = seals
        self._reader: Final = reader
        self._round_s: Final = round_s
        self._beat_s: Final = beat_s
        self._writers: set[asyncio.StreamWriter] = set()

    def say(self, raw: bytes) -> None:
        """Send these bytes to everyone at once: what a faulty reader does."""
        for writer in self._writers:
            writer.write(raw)

    async def answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say hello, and what is in reach."""
        if len(self._writers) >= CLIENTS_MAX:
            return
        self._writers.add(writer)
        try:
            writer.write(line_of(Hello(reader=self._reader)))
            await self._talk(writer)
        finally:
            self._writers.discard(writer)

    async def _talk(self, writer: asyncio.StreamWriter) -> None:
        """Rounds of interrogation, and beats between them."""
        until_round_s = 0.0
        while not writer.is_closing() and not self._is_closing.is_set():
            if until_round_s <= 0:
                writer.writelines(line_of(seal) for seal in self._seals())
                until_round_s = self._round_s
            writer.write(line_of(Beat()))
            await writer.drain()
            await self._pause(self._beat_s)
            until_round_s -= self._beat_s

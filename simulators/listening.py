"""A simulated device that listens on TCP: who calls is answered until it closes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

from contract.link import Unavailable

REQUEST_BYTES_MAX: Final = 8_192


@contextmanager
def taking(host: str, port: int) -> Iterator[None]:
    """While a port is taken; raises `Unavailable`, with a sentence, where it cannot be."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # pymodbus raises the latter, without saying why
        raise Unavailable(f"cannot listen on {host}:{port}: is the port in use?") from error


class Listening:
    """What simulated devices with a port have in common; each has its own `answer`."""

    def __init__(self) -> None:
        self._calls: set[asyncio.Task[None] | None] = set()
        self._is_closing: Final = asyncio.Event()

    @asynccontextmanager
    async def serving(self, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
        """Serve; yields the port (a free one for 0). Ends all connections when it ends."""
        self._is_closing.clear()
        with taking(host, port):
            server = await asyncio.start_server(self._take, host, port, limit=REQUEST_BYTES_MAX)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            self._is_closing.set()
            if calls := [call for call in self._calls if call]:
                await asyncio.wait(calls)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one caller, until `_is_closing` at the latest."""
        raise NotImplementedError

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._calls.add(call := asyncio.current_task())
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await self.answer(reader, writer)
        finally:
            self._calls.discard(call)
            writer.close()

    async def _pause(self, seconds: float) -> None:
        """Wait, unless it closes meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._is_closing.wait()

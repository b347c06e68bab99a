"""A serial line as a stream of bytes: opened exclusively, read on the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from edge.driver import DeviceLost

try:
    import serial
except ImportError:  # the extra `serial` is not installed
    serial = None  # type: ignore[assignment]

NEEDS_SERIAL = "serial lines need pyserial: pip install 'greenlane[serial]'"


def need_serial() -> None:
    """Raise `DeviceLost` if pyserial is not installed, saying how it gets here."""
    if serial is None:
        raise DeviceLost(NEEDS_SERIAL)


@asynccontextmanager
async def reading_serial(
    path: str, *, baudrate: int, limit: int
) -> AsyncIterator[asyncio.StreamReader]:
    """Read the port at ``path`` (8N1), with at most twice ``limit`` bytes waiting.

    Entering raises `DeviceLost`; reading raises OSError, or ends, once the line is unplugged.
    """
    need_serial()
    try:
        port = await asyncio.to_thread(_opened, path, baudrate)
    except (OSError, ValueError) as error:
        raise DeviceLost(f"no serial line at {path}: {_why(error)}") from error
    reader = asyncio.StreamReader(limit=limit)
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), port
        )
    except BaseException:
        port.close()
        raise
    try:
        yield reader
    finally:
        transport.close()


def _opened(path: str, baudrate: int) -> Any:
    # Exclusive: two programs that read one line get half of the bytes each.
    return serial.Serial(path, baudrate=baudrate, timeout=0, exclusive=True)


def _why(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text)

"""A null-modem cable: two serial ports whose bytes come out at each other (pseudo-terminals)."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

PIECE_BYTES: Final = 4_096


@asynccontextmanager
async def serial_wire(near: Path, far: Path) -> AsyncIterator[None]:
    """Plug the cable: both paths are serial ports until the end, as far as Linux is concerned.

    Bytes that nobody reads are lost once the port is full, as on a real line.
    """
    ports = [os.openpty(), os.openpty()]
    loop = asyncio.get_running_loop()
    links = (near, far)
    (a, _), (b, _) = ports
    try:
        for link, (master, slave) in zip(links, ports, strict=True):
            tty.setraw(slave)
            os.set_blocking(master, False)
            await asyncio.to_thread(link.symlink_to, os.ttyname(slave))
        loop.add_reader(a, _forward, a, b)
        loop.add_reader(b, _forward, b, a)
        yield
    finally:
        for master, slave in ports:
            loop.remove_reader(master)
            os.close(master)
            os.close(slave)
        for link in links:
            await asyncio.to_thread(link.unlink, missing_ok=True)


def _forward(source: int, target: int) -> None:
    try:
        os.write(target, os.read(source, PIECE_BYTES))
    except BlockingIOError:
        return

"""The idea of a bench: a driver's settings, and its device at the other end to plug and unplug."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from edge.driver import Driver, Observed, Settings

PATIENCE_S: Final = 30.0
"""So long may a device take to say what it was made to say."""


class Bench(Protocol):
    """One driver's device, simulated or real."""

    @property
    def settings(self) -> Settings:
        """Those of the driver; an attribute will do."""

    async def plug(self) -> None:
        """The device is there."""

    async def unplug(self) -> None:
        """The device is gone."""

    def is_expected(self, observed: Observed) -> bool:
        """Whether this is what the device was made to say."""


BenchOf = Callable[[Path], Bench]
"""Makes a bench; it may use the folder."""


class CheckFailed(AssertionError):
    """The driver does not what drivers do; the message says what, for whoever writes it."""


def free_port() -> int:
    """A TCP port of this box that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def plugged(bench: Bench) -> AsyncIterator[Bench]:
    """The device is there until the end."""
    await bench.plug()
    try:
        yield bench
    finally:
        await bench.unplug()


async def first_expected(bench: Bench, driver: Driver) -> Observed:
    """Open the driver and wait for what its device was made to say; pictures are not settled."""
    seen = 0
    try:
        async with asyncio.timeout(PATIENCE_S), driver.open() as device:
            async for observed in device:
                if bench.is_expected(observed):
                    return observed
                seen += 1
    except TimeoutError as error:
        reason = f"{seen} observations in {PATIENCE_S:g} s, and none of them is the expected one"
        raise CheckFailed(reason) from error
    raise CheckFailed("the iterator ended: a driver that has no more to say raises DeviceLost")

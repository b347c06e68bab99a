"""Benches: a driver, and the simulated device at the other end of its wire, to plug and unplug."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from contract.clock import SystemClock
from contract.identifiers import SealId
from edge.driver import Driver, Observed, Settings
from edge.drivers import driver_of
from edge.drivers.modbus import ModbusSettings
from edge.drivers.modbus_registers import MAPS
from edge.drivers.scan_folder import ScanFolderSettings
from edge.drivers.seal_lines import SealLine
from edge.drivers.seal_reader import SealReaderSettings
from simulators import modbus_sensor
from simulators.seal_reader import SealReaderServer


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def picture(shade: int = 128, suffix: str = ".png", dtype: type = np.uint8) -> bytes:
    """A small picture of one shade, with some noise so that it has a size."""
    noise = np.random.default_rng(shade).integers(0, 40, (64, 64, 3))
    is_encoded, encoded = cv2.imencode(suffix, np.asarray(noise + shade, dtype=dtype))
    assert is_encoded
    return encoded.tobytes()


class Bench(Protocol):
    """One driver and its device."""

    settings: Settings

    async def plug(self) -> None:
        """The device is there."""

    async def unplug(self) -> None:
        """The device is gone."""

    def is_expected(self, observed: Observed) -> bool:
        """Whether this is what the device was made to say."""


class ModbusBench:
    """A climate sensor at 4.5 °C."""

    def __init__(self, _folder: Path) -> None:
        self.settings: Settings = ModbusSettings(
            device="cold-store", host="127.0.0.1", port=free_port(), map="climate", poll_s=0.05
        )
        self.polled: Callable[[], None] = lambda: None
        self._stack = AsyncExitStack()

    def _values(self) -> dict[str, float]:
        self.polled()
        return {"temperature": 4.5, "humidity": 61.0}

    async def plug(self) -> None:
        """Start the server."""
        assert isinstance(self.settings, ModbusSettings)
        unit = modbus_sensor.Unit(1, MAPS["climate"], self._values)
        serving = modbus_sensor.serving([unit], port=self.settings.port)
        await self._stack.enter_async_context(serving)

    async def unplug(self) -> None:
        """Stop the server."""
        await self._stack.aclose()

    def is_expected(self, observed: Observed) -> bool:
        """Both values."""
        values = {r.metric: (r.value, r.unit) for r in observed.readings}
        return values == {"temperature": (4.5, "Cel"), "humidity": (61.0, "%RH")}


class SealBench:
    """A reader with one opened seal in reach."""

    def __init__(self, _folder: Path) -> None:
        self.settings: Settings = SealReaderSettings(
            device="gate-reader", host="127.0.0.1", port=free_port(), silence_s=10
        )
        seal = SealLine(seal=SealId("HLX417"), state="opened", container="HLXU4172205")
        self.server = SealReaderServer(lambda: [seal], round_s=0.1, beat_s=0.05)
        self._stack = AsyncExitStack()

    async def plug(self) -> None:
        """Start the reader."""
        assert isinstance(self.settings, SealReaderSettings)
        await self._stack.enter_async_context(self.server.serving(port=self.settings.port))

    async def unplug(self) -> None:
        """Stop the reader."""
        await self._stack.aclose()

    def is_expected(self, observed: Observed) -> bool:
        """The seal."""
        seal = observed.seal
        return seal is not None and (seal.seal, seal.state) == ("HLX417", "opened")


class FolderBench:
    """A scanner's folder with one picture."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "scans"
        self.settings: Settings = ScanFolderSettings(
            device="scanner", folder=str(self.folder), poll_s=0.05, broken_s=0.5
        )

    async def plug(self) -> None:
        """Mount the share."""
        self.folder.mkdir()
        (self.folder / "0125443871.png").write_bytes(picture())

    async def unplug(self) -> None:
        """Lose the share."""
        shutil.rmtree(self.folder)

    def is_expected(self, observed: Observed) -> bool:
        """The picture, with the bag tag of its name."""
        found = observed.picture
        return found is not None and (found.body, found.subject) == (picture(), "0125443871")


BENCHES: dict[str, Callable[[Path], Bench]] = {
    "modbus": ModbusBench,
    "seal_reader": SealBench,
    "scan_folder": FolderBench,
}
"""Family → bench: the same names as in `edge.drivers.DRIVERS`."""


def driver_on(bench: Bench) -> Driver:
    """The bench's driver on the real clock."""
    return driver_of(bench.settings, SystemClock())


@asynccontextmanager
async def plugged(bench: Bench) -> AsyncIterator[Bench]:
    """The device is there until the end."""
    await bench.plug()
    try:
        yield bench
    finally:
        await bench.unplug()


async def first_expected(bench: Bench, driver: Driver) -> Observed:
    """Open the driver and wait for what its device was made to say."""
    opened: AbstractAsyncContextManager[AsyncIterator[Observed]] = driver.open()
    async with asyncio.timeout(20), opened as device:
        async for observed in device:
            if bench.is_expected(observed):
                return observed
    raise AssertionError("the driver ended without a word")

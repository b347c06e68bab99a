"""Benches: a driver, and the simulated device at the other end of its wire, to plug and unplug."""

import itertools
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from contract.clock import SystemClock
from contract.identifiers import SealId
from edge.driver import Driver, Observed, Settings
from edge.drivers import driver_of
from edge.drivers.camera import CameraSettings
from edge.drivers.dicom import DicomSettings
from edge.drivers.file import FileSettings
from edge.drivers.modbus import ModbusSettings
from edge.drivers.modbus_registers import MAPS
from edge.drivers.modbus_rtu import ModbusRtuSettings
from edge.drivers.nmea import NmeaSettings
from edge.drivers.nmea_sentences import Fix
from edge.drivers.scan_folder import ScanFolderSettings
from edge.drivers.seal_lines import SealLine
from edge.drivers.seal_reader import SealReaderSettings
from edge.kit import template
from edge.kit.bench import Bench, BenchOf, first_expected, free_port, plugged
from simulators import modbus_line, modbus_sensor
from simulators.camera import CameraServer, scene
from simulators.dicom_scanner import dicom_of
from simulators.position_receiver import PositionReceiver
from simulators.seal_reader import SealReaderServer
from simulators.serial_wire import serial_wire

__all__ = [
    "BENCHES",
    "Bench",
    "CameraBench",
    "DicomBench",
    "FileBench",
    "FolderBench",
    "ModbusBench",
    "ModbusRtuBench",
    "NmeaBench",
    "SealBench",
    "driver_on",
    "first_expected",
    "free_port",
    "picture",
    "plugged",
]


def picture(
    shade: int = 128, suffix: str = ".png", dtype: type = np.uint8, side: int = 64
) -> bytes:
    """A small picture of one shade, with some noise so that it has a size."""
    noise = np.random.default_rng(shade).integers(0, 40, (side, side, 3))
    is_encoded, encoded = cv2.imencode(suffix, np.asarray(noise + shade, dtype=dtype))
    assert is_encoded
    return encoded.tobytes()


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


class ModbusRtuBench(ModbusBench):
    """The same sensor on a serial line."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.near, self.far = folder / "ttyRS485", folder / "far"
        self.settings: Settings = ModbusRtuSettings(
            device="cold-store", serial=str(self.near), map="climate", poll_s=0.05, timeout_s=1.0
        )

    async def plug(self) -> None:
        """Cable, then sensor."""
        unit = modbus_sensor.Unit(1, MAPS["climate"], self._values)
        await self._stack.enter_async_context(serial_wire(self.near, self.far))
        await self._stack.enter_async_context(modbus_line.answering([unit], self.far))


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


class DicomBench(FolderBench):
    """A DICOM scanner's folder with one file."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder / "dicom"
        self.settings: Settings = DicomSettings(
            device="parcels", folder=str(self.folder), poll_s=0.05, broken_s=0.5
        )
        self._body = dicom_of(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64), stored=12)

    async def plug(self) -> None:
        """Mount the share."""
        self.folder.mkdir()
        (self.folder / "0125443871.dcm").write_bytes(self._body)

    def is_expected(self, observed: Observed) -> bool:
        """The original, and a view of it."""
        found = observed.picture
        return found is not None and found.body == self._body and found.view[:4] == b"\x89PNG"


class NmeaBench:
    """A receiver on a serial line, somewhere at the equator."""

    def __init__(self, folder: Path) -> None:
        self.near, self._far = folder / "ttyGPS", folder / "far"
        self.settings: Settings = NmeaSettings(device="truck", serial=str(self.near))
        seconds = itertools.count()
        place = Fix(time_s=0.0, latitude=0.5, longitude=34.25)
        self._receiver = PositionReceiver(
            lambda: replace(place, time_s=float(next(seconds))), every_s=0.05
        )
        self._stack = AsyncExitStack()

    async def plug(self) -> None:
        """Cable, then receiver."""
        await self._stack.enter_async_context(serial_wire(self.near, self._far))
        await self._stack.enter_async_context(self._receiver.talking(self._far))

    async def unplug(self) -> None:
        """Pull the cable."""
        await self._stack.aclose()

    def is_expected(self, observed: Observed) -> bool:
        """The place."""
        values = {r.metric: (r.value, r.unit) for r in observed.readings}
        place = (values.get("latitude"), values.get("longitude"))
        return place == ((0.5, "lat"), (34.25, "lon"))


class CameraBench:
    """A network camera at a lane on which vehicles come and go."""

    def __init__(self, _folder: Path) -> None:
        port = free_port()
        self.settings: Settings = CameraSettings(
            device="lane", source=f"http://127.0.0.1:{port}/", every_s=0.1, silence_s=5
        )
        scenes = itertools.cycle([scene(0)] * 10 + [scene(2)] * 10)
        self._port = port
        self._server = CameraServer(lambda: next(scenes))
        self._stack = AsyncExitStack()

    async def plug(self) -> None:
        """Switch it on."""
        await self._stack.enter_async_context(self._server.serving(port=self._port))

    async def unplug(self) -> None:
        """Switch it off."""
        await self._stack.aclose()

    def is_expected(self, observed: Observed) -> bool:
        """A picture."""
        return observed.picture is not None and observed.picture.media_type == "image/jpeg"


class FileBench:
    """The template's scale, with its driver loaded from its file."""

    def __init__(self, folder: Path) -> None:
        self._scale = template.Bench(folder)
        told = self._scale.settings
        self.settings: Settings = FileSettings(
            device="scale",
            path=template.__file__,
            options={"host": told.host, "port": told.port},
        )

    async def plug(self) -> None:
        """Switch it on."""
        await self._scale.plug()

    async def unplug(self) -> None:
        """Switch it off."""
        await self._scale.unplug()

    def is_expected(self, observed: Observed) -> bool:
        """Its weight."""
        return self._scale.is_expected(observed)


BENCHES: dict[str, BenchOf] = {
    "camera": CameraBench,
    "dicom": DicomBench,
    "file": FileBench,
    "modbus": ModbusBench,
    "modbus_rtu": ModbusRtuBench,
    "nmea": NmeaBench,
    "seal_reader": SealBench,
    "scan_folder": FolderBench,
}
"""Family → bench: the same names as in `edge.drivers.DRIVERS`."""


def driver_on(bench: Bench) -> Driver:
    """The bench's driver on the real clock."""
    return driver_of(bench.settings, SystemClock())

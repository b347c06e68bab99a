"""The drivers: this table is the list of what an agent can speak to."""

from typing import TYPE_CHECKING, Any, Final, Union

from contract.clock import Clock
from edge.driver import Driver, Settings
from edge.drivers.camera import Camera
from edge.drivers.dicom import Dicom
from edge.drivers.file import File
from edge.drivers.modbus import Modbus
from edge.drivers.modbus_rtu import ModbusRtu
from edge.drivers.nmea import Nmea
from edge.drivers.scan_folder import ScanFolder
from edge.drivers.seal_reader import SealReader

DRIVERS: Final[dict[str, Any]] = {
    "camera": Camera,
    "dicom": Dicom,
    "file": File,
    "modbus": Modbus,
    "modbus_rtu": ModbusRtu,
    "nmea": Nmea,
    "scan_folder": ScanFolder,
    "seal_reader": SealReader,
}
"""Family → driver. A new family is one file and one line here."""

if TYPE_CHECKING:
    AnySettings = Settings
else:
    AnySettings = Union[tuple(driver.settings for driver in DRIVERS.values())]  # noqa: UP007 - made from the table


def driver_of(settings: Settings, clock: Clock) -> Driver:
    """The driver that these settings ask for."""
    family = str(settings.__struct_config__.tag)
    driver: Driver = DRIVERS[family](settings, clock)
    return driver

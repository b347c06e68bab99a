"""Modbus RTU: polls the registers of a sensor on a serial line (RS-485, RS-232).

The protocol: Modbus over Serial Line V1.02. Many sensors may hang on one line: devices of one
``serial`` path share it, and their requests take turns. A unit that does not answer is lost alone;
a line that is unplugged loses all of its devices.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from contract.clock import Clock
from contract.messages import Device
from edge.driver import Observed, Settings
from edge.drivers.modbus_bus import Framing, on_bus
from edge.drivers.modbus_poll import PolledSettings, Poller, Wire


class ModbusRtuSettings(
    PolledSettings, frozen=True, kw_only=True, tag_field="family", tag="modbus_rtu"
):
    """Where the line is and how it talks; see `PolledSettings` for what the registers mean."""

    serial: Annotated[str, Meta(pattern=r"^/")]
    """Path of the port; one under ``/dev/serial/by-id/`` stays the same after a re-plug."""
    baudrate: Annotated[int, Meta(ge=300, le=921_600)] = 9_600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1


class ModbusRtu:
    """A sensor on a serial line."""

    settings: ClassVar[type[Settings]] = ModbusRtuSettings

    def __init__(self, settings: ModbusRtuSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._poller: Final = Poller(settings, clock)

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="modbus_rtu", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`."""
        s = self._settings
        framing = Framing(s.baudrate, s.parity, s.stop_bits, s.timeout_s)
        async with on_bus(s.serial, framing) as (client, is_closed):
            yield self._poller.poll(Wire(client, is_closed, s.unit_id))

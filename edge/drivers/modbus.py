"""Modbus TCP: polls the registers of a sensor and yields readings.

The protocol: Modbus Application Protocol V1.1b3 and Messaging on TCP/IP V1.0b. Addresses are the
ones on the wire (from 0): a manual's "holding register 40001" is ``kind = "holding"``, address 0.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, ClassVar, Final

from msgspec import Meta
from pymodbus.client import AsyncModbusTcpClient

from contract.clock import Clock
from contract.messages import Device
from edge.driver import DeviceLost, Observed, Settings
from edge.drivers.modbus_poll import RETRIES, PolledSettings, Poller, Wire


class ModbusSettings(PolledSettings, frozen=True, kw_only=True, tag_field="family", tag="modbus"):
    """Where the sensor is; see `PolledSettings` for what its registers mean."""

    host: str
    port: Annotated[int, Meta(ge=1, le=65_535)] = 502


class Modbus:
    """A sensor behind Modbus TCP."""

    settings: ClassVar[type[Settings]] = ModbusSettings

    def __init__(self, settings: ModbusSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._poller: Final = Poller(settings, clock)

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="modbus", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`."""
        s = self._settings
        is_closed = asyncio.Event()
        client = AsyncModbusTcpClient(
            s.host,
            port=s.port,
            timeout=s.timeout_s,
            retries=RETRIES,
            reconnect_delay=0,
            trace_connect=lambda is_up: None if is_up else is_closed.set(),
        )
        try:
            if not await client.connect():
                raise DeviceLost(f"no Modbus server at {s.host}:{s.port}")
            yield self._poller.poll(Wire(client, is_closed, s.unit_id))
        finally:
            client.close()

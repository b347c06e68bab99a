"""A serial line with Modbus units on it: opened once for all of its devices, closed by the last."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from pymodbus.client import AsyncModbusSerialClient

from edge.driver import DeviceLost
from edge.drivers.modbus_poll import RETRIES
from edge.drivers.serial_line import need_serial

UNANSWERED_MAX: Final = 1_000_000_000
"""Requests in a row without an answer after which pymodbus hangs up: one dead unit must not."""


class Framing(NamedTuple):
    """How a line talks."""

    baudrate: int
    parity: str
    stop_bits: int
    timeout_s: float


class _Bus:
    """One open line; requests of its devices take turns inside the client."""

    def __init__(self, path: str, framing: Framing) -> None:
        self.framing: Final = framing
        self.is_closed: Final = asyncio.Event()
        self.users = 0
        self._is_connecting: Final = asyncio.Lock()
        self.client: Final = AsyncModbusSerialClient(
            path,
            baudrate=framing.baudrate,
            parity=framing.parity,
            stopbits=framing.stop_bits,
            timeout=framing.timeout_s,
            retries=RETRIES,
            reconnect_delay=0,
            trace_connect=lambda is_up: None if is_up else self.is_closed.set(),
        )
        self.client.set_max_no_responses(UNANSWERED_MAX)

    async def connect(self) -> bool:
        """Open the line unless it is open."""
        async with self._is_connecting:
            return self.client.connected or await self.client.connect()


_buses: Final[dict[str, _Bus]] = {}
"""The lines that are open now, by path. A line is one thing of this box, however many use it."""


@asynccontextmanager
async def on_bus(
    path: str, framing: Framing
) -> AsyncIterator[tuple[AsyncModbusSerialClient, asyncio.Event]]:
    """The client of the line, and when it was closed; raises `DeviceLost`."""
    need_serial()
    bus = _buses.get(path)
    if bus is not None and bus.framing != framing and not bus.is_closed.is_set():
        raise DeviceLost(f"{path}: another device of this line has other settings for it")
    if bus is None or bus.is_closed.is_set():
        bus = _buses[path] = _Bus(path, framing)
    bus.users += 1
    try:
        if not await bus.connect():
            bus.is_closed.set()
            raise DeviceLost(f"no serial line at {path}")
        yield bus.client, bus.is_closed
    finally:
        bus.users -= 1
        if not bus.users:
            bus.client.close()
            bus.is_closed.set()
            if _buses.get(path) is bus:
                del _buses[path]

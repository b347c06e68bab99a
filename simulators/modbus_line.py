"""Simulated Modbus RTU devices: a real server on a serial line, as many units as hang on it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from pymodbus.exceptions import NoSuchIdException
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from simulators.modbus_sensor import Unit, device_of

ADDRESSES: Final = 1_000
"""Registers that may be asked of a unit that is not there, all the same."""


@asynccontextmanager
async def answering(
    units: Sequence[Unit], path: Path, *, baudrate: int = 9_600
) -> AsyncIterator[None]:
    """These units answer on the line; asked for another one, it stays silent, as lines do."""
    server = ModbusSerialServer(
        [*map(device_of, units), _nobody()],
        port=str(path),
        baudrate=baudrate,
        ignore_missing_devices=True,
        reconnect_delay=0,
    )
    await server.serve_forever(background=True)
    try:
        yield
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus left this one out


def _nobody() -> SimDevice:
    """Whoever else is asked for (pymodbus calls it 0): answers nothing, and no error either."""

    async def refuse(*_asked: object) -> None:
        raise NoSuchIdException("no such unit on this line")

    words = SimData(0, count=ADDRESSES, datatype=DataType.REGISTERS)
    return SimDevice(0, simdata=[words], action=refuse)

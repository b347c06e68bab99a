"""Simulated Modbus TCP devices: a real server whose registers hold what a script says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.drivers.modbus_registers import Kind, Register, registers_for
from simulators.listening import taking

KIND_OF: Final[dict[int, Kind]] = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
"""Function code → what it reads."""
BITS: Final = 16
"""Coils and discrete inputs that a unit has; the server keeps them in one register."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One device behind the server: its registers, and their values by metric when asked."""

    unit_id: int
    registers: tuple[Register, ...]
    values: Callable[[], Mapping[str, float]]


@asynccontextmanager
async def serving(
    units: Sequence[Unit], *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[int]:
    """Serve these units; yields the port (a free one for 0)."""
    server = ModbusTcpServer([device_of(unit) for unit in units], address=(host, port))
    with taking(host, port):
        await server.serve_forever(background=True)
    try:
        yield _port_of(server)
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus left this one out


def _port_of(server: ModbusTcpServer) -> int:
    # What pymodbus calls the transport of a listener is asyncio's server.
    listener = server.transport
    if not isinstance(listener, asyncio.Server):
        raise TypeError("the Modbus server does not listen")
    return int(listener.sockets[0].getsockname()[1])


def device_of(unit: Unit) -> SimDevice:
    """The unit as pymodbus simulates it, on whichever wire."""
    end = max([1, *(register.address + register.width for register in unit.registers)])
    words = SimData(0, count=end, datatype=DataType.REGISTERS)
    bits = SimData(0, values=[False] * BITS, datatype=DataType.BITS)

    async def refresh(
        function_code: int,
        start: int,
        _address: int,
        _count: int,
        registers: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Bring the registers up to date just before they are read."""
        if written is not None:
            return ExcCodes.ILLEGAL_FUNCTION
        values = unit.values()
        for register in unit.registers:
            if register.kind != KIND_OF[function_code] or register.metric not in values:
                continue
            raw = registers_for(register, values[register.metric])
            if register.type == "bit":
                bit = 1 << register.address
                registers[0] = (registers[0] & ~bit) | (bit if raw[0] else 0)
            else:
                at = register.address - start
                registers[at : at + len(raw)] = raw
        return None

    # Each kind of register in a table of its own, as most devices have it.
    return SimDevice(unit.unit_id, simdata=([bits], [bits], [words], [words]), action=refresh)

"""Modbus RTU: many sensors on one serial line, and one that is dead among them."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from contract.clock import SystemClock
from edge.driver import DeviceLost, Driver
from edge.drivers.modbus_registers import MAPS
from edge.drivers.modbus_rtu import ModbusRtu, ModbusRtuSettings
from simulators.modbus_line import answering
from simulators.modbus_sensor import Unit
from simulators.serial_wire import serial_wire

PATIENCE_S = 30


def sensor(unit_id: int) -> Unit:
    """A climate sensor that is as warm as its number."""
    return Unit(unit_id, MAPS["climate"], lambda: {"temperature": float(unit_id), "humidity": 50.0})


def driver(path: Path, unit_id: int, **more: object) -> ModbusRtu:
    """A driver for that unit."""
    told = {"device": f"unit-{unit_id}", "serial": str(path), "unit_id": unit_id, **more}
    told |= {"map": "climate", "poll_s": 0.05, "timeout_s": 0.2}
    return ModbusRtu(msgspec.convert(told, ModbusRtuSettings), SystemClock())


async def temperatures(of: Driver, count: int) -> set[float]:
    """So many values of one sensor."""
    values = []
    async with asyncio.timeout(PATIENCE_S), of.open() as device:
        async for observed in device:
            values += [r.value for r in observed.readings if r.metric == "temperature"]
            if len(values) >= count:
                return set(values)
    raise AssertionError("the driver ended")


@pytest.mark.anyio
async def test_sensors_on_one_line_take_turns(tmp_path: Path) -> None:
    """Each is heard, none is heard for another; the line is opened once and closed by the last."""
    near, far = tmp_path / "ttyRS485", tmp_path / "far"
    async with AsyncExitStack() as line:
        await line.enter_async_context(serial_wire(near, far))
        await line.enter_async_context(answering([sensor(n) for n in (1, 2, 3)], far))
        heard = await asyncio.gather(*(temperatures(driver(near, n), 10) for n in (1, 2, 3)))
        again = await temperatures(driver(near, 2), 1)
    assert heard == [{1.0}, {2.0}, {3.0}]
    assert again == {2.0}


@pytest.mark.anyio
async def test_a_dead_unit_is_lost_alone(tmp_path: Path) -> None:
    """Its silence delays the others on the line, and no more."""
    near, far = tmp_path / "ttyRS485", tmp_path / "far"
    async with serial_wire(near, far), answering([sensor(1)], far), asyncio.TaskGroup() as tasks:
        alive = tasks.create_task(temperatures(driver(near, 1), 30), name="alive")
        for _ in range(3):
            with pytest.raises(DeviceLost, match="no answer"):
                await temperatures(driver(near, 9), 1)
    assert alive.result() == {1.0}


@pytest.mark.anyio
async def test_devices_of_one_line_agree_on_how_it_talks(tmp_path: Path) -> None:
    """A contradiction is named; it does not garble the line for the first."""
    near, far = tmp_path / "ttyRS485", tmp_path / "far"
    async with (
        serial_wire(near, far),
        answering([sensor(1)], far),
        driver(near, 1).open() as device,
    ):
        await anext(device)
        with pytest.raises(DeviceLost, match="other settings"):
            await temperatures(driver(near, 2, parity="E"), 1)
        await anext(device)

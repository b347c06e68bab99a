"""Whatever a Modbus device answers: readings, or a device that is lost, soon."""

import asyncio
import contextlib
import os
import random
from pathlib import Path
from typing import Final

import pytest
from pymodbus.framer.rtu import FramerRTU

from contract.clock import SystemClock
from edge.driver import DeviceLost, Driver
from edge.drivers import driver_of
from edge.drivers.modbus import ModbusSettings
from edge.drivers.modbus_rtu import ModbusRtuSettings
from simulators.serial_wire import serial_wire

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(110)]
SEEDS: Final = 12
SERIAL_SEEDS: Final = 6
ENOUGH: Final = 20
ANSWER_S_MAX: Final = 60.0


def answer(rng: random.Random, asked: bytes) -> bytes:
    """A frame that is wrong in one way or another."""
    transaction, unit = asked[:2], asked[6:7]
    pdu = rng.choice(
        (
            b"\x03\x00",
            b"\x03\x02\x00\x01",
            b"\x03\xff" + rng.randbytes(250),
            b"\x04\x08" + rng.randbytes(8),
            b"\x83\x02",
            b"\x83",
            b"\xff\xff\xff",
            rng.randbytes(rng.randrange(1, 40)),
        )
    )
    length = rng.choice((len(pdu) + 1, 0, 0xFFFF, len(pdu) + 100))
    head = rng.choice((transaction, rng.randbytes(2))) + rng.choice((b"\0\0", b"\xff\xff"))
    return rng.choice(
        (
            head + length.to_bytes(2) + unit + pdu,
            rng.randbytes(300),
            b"\0" * 5_000,
            b"",
        )
    )


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_device_that_answers_anything_is_lost_and_no_more(seed: int) -> None:
    """The driver ends with `DeviceLost` or yields readings: it neither hangs nor breaks."""
    rng = random.Random(seed)  # noqa: S311 - a story

    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            while asked := await reader.read(300):
                writer.write(answer(rng, asked))
                await writer.drain()
                if rng.random() < 0.2:
                    break
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = ModbusSettings(
        device="cold-store", host="127.0.0.1", port=port, map="climate", poll_s=0.05, timeout_s=0.3
    )
    driver = driver_of(settings, SystemClock())
    async with server, asyncio.timeout(ANSWER_S_MAX):
        with pytest.raises(DeviceLost):
            await observed(driver)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def frame(rng: random.Random) -> bytes:
    """An answer on a serial line: with the right check sum or not, of the right unit or not."""
    pdu = rng.choice(
        (
            b"\x03\x00",
            b"\x03\xff" + rng.randbytes(250),
            b"\x04\x08" + rng.randbytes(8),
            b"\x83\x02",
            b"\x83",
            rng.randbytes(rng.randrange(1, 40)),
        )
    )
    said = bytes((rng.choice((1, 1, 0, 247)),)) + pdu
    check = FramerRTU.compute_CRC(said).to_bytes(2)
    return rng.choice((said + check, said + check, said, check, rng.randbytes(300), b""))


@pytest.mark.parametrize("seed", range(SERIAL_SEEDS))
async def test_a_serial_line_may_say_anything(seed: int, tmp_path: Path) -> None:
    """Whole frames, halves, noise, silence: as above."""
    rng = random.Random(seed)  # noqa: S311 - a story
    near, far = tmp_path / "near", tmp_path / "far"
    settings = ModbusRtuSettings(
        device="cold-store", serial=str(near), map="climate", poll_s=0.05, timeout_s=0.2
    )
    loop = asyncio.get_running_loop()
    async with serial_wire(near, far):
        port = os.open(far, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

        def answer_it() -> None:
            with contextlib.suppress(BlockingIOError):
                os.read(port, 300)
                os.write(port, frame(rng))

        loop.add_reader(port, answer_it)
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                with pytest.raises(DeviceLost):
                    await observed(driver_of(settings, SystemClock()))
        finally:
            loop.remove_reader(port)
            os.close(port)


async def observed(driver: Driver) -> None:
    """Watch until it is lost, or has answered often enough by chance."""
    count = 0
    async with driver.open() as observing:
        async for _ in observing:
            count += 1
            if count > ENOUGH:
                raise DeviceLost("it answered as it should, by chance")

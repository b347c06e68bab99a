"""The simulated post: what an agent's drivers see of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from pymodbus.client import AsyncModbusTcpClient

from contract.clock import SystemClock
from contract.config import load
from contract.link import Unavailable
from edge.config import AgentConfig
from edge.driver import Observed, Settings
from edge.drivers import driver_of
from edge.drivers.modbus_registers import MAPS
from gateway.judge.settings import JudgeSettings
from greenlane.commands.simulate import MODBUS_PORT, SEAL_PORT
from simulators import post
from simulators.modbus_sensor import Unit, serving
from tests.edge.benches import free_port
from tests.support.waiting import until
from tests.system.servers import answers

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Settings, ...]]:
    """A post that runs until the end."""
    config = post.PostConfig(folder=str(folder), modbus_port=free_port(), seal_port=free_port())
    running = asyncio.ensure_future(post.run(config, clock=SystemClock()))
    try:
        await until(lambda: answers(config.modbus_port) and answers(config.seal_port))
        yield post.devices(config)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def first_word(settings: Settings) -> Observed:
    """The first observation of a device that holds something."""
    async with asyncio.timeout(40), driver_of(settings, SystemClock()).open() as device:
        async for observed in device:
            if observed.readings or observed.seal or observed.picture:
                return observed
    raise AssertionError("the device ended")


async def test_every_device_of_the_post_speaks_to_its_driver(tmp_path: Path) -> None:
    """Modbus, seals and pictures over the real wires."""
    async with opened(tmp_path / "scans") as devices:
        words = await asyncio.gather(*(first_word(settings) for settings in devices))
    metrics = {reading.metric for word in words for reading in word.readings}
    assert metrics == {"temperature", "humidity", "door", "shock"}
    assert sum(word.seal is not None for word in words) == 1
    (picture,) = [word.picture for word in words if word.picture]
    assert picture.why_not == ""
    assert len(picture.subject) == 10


async def test_the_agent_in_our_documents_stands_at_this_post() -> None:
    """`simulators/agent.toml` is for the devices of ``greenlane simulate --folder scans``."""
    told = load(Path(post.__file__).with_name("agent.toml"), AgentConfig)
    config = post.PostConfig(folder="scans", modbus_port=MODBUS_PORT, seal_port=SEAL_PORT)
    made = post.agent_config(config, post="KEMBA", name="lane-1", state_dir=Path("agent"))
    assert told == made


async def test_a_port_in_use_is_told_in_a_sentence(tmp_path: Path) -> None:
    """Whichever of the two it is."""
    free = free_port()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        for modbus, seal in ((taken, free), (free, taken)):
            config = post.PostConfig(folder=str(tmp_path), modbus_port=modbus, seal_port=seal)
            with pytest.raises(Unavailable, match=rf"cannot listen on 127\.0\.0\.1:{taken}"):
                await post.run(config, clock=SystemClock())


async def test_everything_simulated_says_so(tmp_path: Path) -> None:
    """Nobody takes the demonstration for a border."""
    async with opened(tmp_path / "scans") as devices:
        assert all("simulated" in settings.title for settings in devices)


def test_the_limits_name_devices_and_metrics_of_the_post(tmp_path: Path) -> None:
    """They can be given to the gateway as they are."""
    config = post.PostConfig(folder=str(tmp_path), modbus_port=1, seal_port=2)
    settings = JudgeSettings(readings=post.LIMITS)
    names = {one.device for one in post.devices(config)}
    assert {limit.device for limit in settings.readings} <= names


async def test_registers_of_a_simulated_device_cannot_be_written() -> None:
    """A sensor is read; whoever writes is told that it cannot be done."""
    unit = Unit(1, MAPS["shock"], lambda: {"shock": 1.5})
    async with serving([unit]) as port, AsyncModbusTcpClient("127.0.0.1", port=port) as client:
        answer = await client.write_register(0, 7, device_id=1)
        assert answer.isError()

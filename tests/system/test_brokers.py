"""Both brokers carry all that a packet has: the embedded one and mosquitto as we configure it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import psutil
import pytest

from contract.link import Dial, Link, Packet, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from contract.links.packets import PACKET_BYTES_MAX
from greenlane import broker
from tests.system.servers import mosquitto

pytestmark = [pytest.mark.system, pytest.mark.anyio]

Brokers = Callable[[Path], AbstractAsyncContextManager[Dial]]
TOPIC = "greenlane/1/KEMBA/lane-1/events"


def the_child() -> psutil.Process:
    """The process that is the embedded broker."""
    children = psutil.Process().children()
    (child,) = [one for one in children if "greenlane.broker" in one.cmdline()]
    return child


@asynccontextmanager
async def embedded(directory: Path) -> AsyncIterator[Dial]:
    async with broker.running(directory) as port:
        yield dialler(BrokerConfig(port=port))


@asynccontextmanager
async def real(directory: Path) -> AsyncIterator[Dial]:
    with mosquitto(directory) as server:
        yield dialler(BrokerConfig(port=server.port))


async def next_packets(link: Link, count: int) -> list[Packet]:
    packets: list[Packet] = []
    async with asyncio.timeout(30):
        async for batch in link.receive():
            packets += batch
            if len(packets) >= count:
                break
    return packets


@pytest.mark.parametrize("brokers", [embedded, real])
@pytest.mark.parametrize("size_bytes", [0, 20_481, 256 * 1024, PACKET_BYTES_MAX - 4_096])
async def test_a_packet_arrives_with_all_its_properties(
    tmp_path: Path, brokers: Brokers, size_bytes: int
) -> None:
    """Key id, signature, content type, response topic, correlation and almost 8 MiB get through."""
    packet = Packet(
        topic=TOPIC,
        body=os.urandom(size_bytes),
        content_type="application/vnd.greenlane.blob-part",
        keyid="0f" * 16,
        sig=os.urandom(64),
        reply_to="greenlane/1/KEMBA/lane-1/told/1",
        correlation=b"\x00\x01",
    )
    async with brokers(tmp_path) as dial, dial("hears") as hears, dial("says") as says:
        await hears.subscribe("greenlane/1/+/+/events")
        await says.publish([packet])
        assert await next_packets(hears, 1) == [packet]


@pytest.mark.parametrize("brokers", [embedded, real])
async def test_a_batch_arrives_whole_and_in_order(tmp_path: Path, brokers: Brokers) -> None:
    """A window of 500 messages at once is neither thinned out nor reordered."""
    packets = [Packet(topic=TOPIC, body=b"%d" % number) for number in range(500)]
    async with brokers(tmp_path) as dial, dial("hears") as hears, dial("says") as says:
        await hears.subscribe("greenlane/1/+/+/events")
        await says.publish(packets)
        assert await next_packets(hears, 500) == packets


@pytest.mark.parametrize("brokers", [embedded, real])
async def test_the_will_of_a_client_that_vanished_is_told(tmp_path: Path, brokers: Brokers) -> None:
    """A second connection of the same client id ends the first, and its will is published."""
    will = Packet(topic="greenlane/1/KEMBA/lane-1/gone", body=b"00112233aabbccdd")
    async with brokers(tmp_path) as dial, dial("hears") as hears:
        await hears.subscribe("greenlane/1/+/+/gone")
        async with dial("lane-1", will=will), dial("lane-1"):
            (told,) = await next_packets(hears, 1)
    assert (told.topic, told.body) == (will.topic, will.body)


async def test_an_embedded_broker_that_dies_is_started_again(tmp_path: Path) -> None:
    """Killing the child breaks the links, and a moment later the same port answers again."""
    async with broker.running(tmp_path) as port:
        dial = dialler(BrokerConfig(port=port))
        child = the_child()
        async with dial("hears") as hears:
            child.kill()
            with pytest.raises(Unavailable):
                await next_packets(hears, 1)
        async with asyncio.timeout(30):
            while not await answers(dial):
                await asyncio.sleep(0.1)


async def test_a_cancellation_is_heard_whenever_it_comes(tmp_path: Path) -> None:
    """Connecting, subscribing and publishing can be cancelled at any moment, and then end."""
    async with broker.running(tmp_path) as port:
        dial = dialler(BrokerConfig(port=port))
        for tenths_ms in range(100):
            talking = asyncio.ensure_future(talk(dial, f"talks-{tenths_ms}"))
            await asyncio.sleep(tenths_ms / 10_000)
            talking.cancel()
            await asyncio.wait({talking}, timeout=20)
            assert talking.cancelled()


async def test_a_task_whose_child_failed_connects_again(tmp_path: Path) -> None:
    """A link that broke inside a task group is dialled again by the same task."""
    async with broker.running(tmp_path) as port:
        dial = dialler(BrokerConfig(port=port))
        with pytest.raises(ExceptionGroup):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())
        async with dial("again") as link:
            await link.subscribe(TOPIC)


async def fail() -> None:
    await asyncio.sleep(0)
    raise Unavailable("the link broke")


async def talk(dial: Dial, client_id: str) -> None:
    async with dial(client_id) as link:
        await link.subscribe(TOPIC)
        await link.publish([Packet(topic=TOPIC, body=b"x")])
        await asyncio.Event().wait()


async def answers(dial: Dial) -> bool:
    try:
        async with dial("again"):
            return True
    except Unavailable:
        return False


async def test_no_embedded_broker_is_left_behind(tmp_path: Path) -> None:
    """Leaving the context ends the child."""
    async with broker.running(tmp_path):
        child = the_child()
    assert not child.is_running()

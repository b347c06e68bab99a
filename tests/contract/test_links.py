"""One suite over every link: in memory, and over MQTT 5 to a real mosquitto."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from contract.link import BATCH_MAX, Dial, Link, Packet, Unavailable
from contract.links.memory import Hub, matches
from contract.links.mqtt import BrokerConfig, dialler
from tests.system.servers import Server, mosquitto

pytestmark = [pytest.mark.anyio]

EVENTS = "greenlane/1/KEMBA/gate-2/events"
FULL = Packet(
    topic=EVENTS,
    body=b"\x00\xff body",
    content_type="application/vnd.greenlane.blob-part",
    keyid="0f" * 16,
    sig=bytes(range(64)),
    reply_to="greenlane/1/KEMBA/gate-2/told/1",
    correlation=b"\x00\x01",
)


class Broker:
    """A broker that can be stopped and started."""

    def __init__(self, dial: Dial, inner: Hub | Server) -> None:
        self.dial = dial
        self.inner = inner

    def stop(self) -> None:
        """As a power cut does."""
        if isinstance(self.inner, Hub):
            self.inner.stop()
        else:
            self.inner.kill()

    async def start(self) -> None:
        """Nothing is remembered."""
        if isinstance(self.inner, Hub):
            self.inner.start()
        else:
            await asyncio.to_thread(self.inner.start)


@asynccontextmanager
async def memory(_: Path) -> AsyncIterator[Broker]:
    """The hub."""
    hub = Hub()
    yield Broker(hub.dial, hub)


@asynccontextmanager
async def mqtt(path: Path) -> AsyncIterator[Broker]:
    """mosquitto, configured as we deliver it."""
    with mosquitto(path) as server:
        yield Broker(dialler(BrokerConfig(port=server.port)), server)


@pytest.fixture(params=[memory, pytest.param(mqtt, marks=pytest.mark.system)])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    """Each of them in turn."""
    async with request.param(tmp_path) as running:
        yield running


async def heard(link: Link, count: int) -> list[Packet]:
    """The next packets."""
    packets: list[Packet] = []
    async with asyncio.timeout(20):
        async for batch in link.receive():
            assert 1 <= len(batch) <= BATCH_MAX
            packets += batch
            if len(packets) >= count:
                break
    return packets


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_packet_arrives_as_it_was_sent(broker: Broker, qos: Literal[0, 1]) -> None:
    """Body, content type, key id, signature, response topic, correlation and QoS."""
    packet = msgspec.structs.replace(FULL, qos=qos)
    async with broker.dial("hears") as hears, broker.dial("says") as says:
        await hears.subscribe("greenlane/1/+/+/events")
        await says.publish([packet])
        assert await heard(hears, 1) == [packet]


async def test_a_batch_keeps_its_order(broker: Broker) -> None:
    """More than fit into one batch of the receiver."""
    packets = [Packet(topic=EVENTS, body=b"%d" % n) for n in range(2 * BATCH_MAX + 1)]
    async with broker.dial("hears") as hears, broker.dial("says") as says:
        await hears.subscribe(EVENTS)
        await says.publish(packets)
        assert await heard(hears, len(packets)) == packets


async def test_a_link_hears_only_what_it_subscribed_to(broker: Broker) -> None:
    """And no more once it has unsubscribed."""
    other = Packet(topic="greenlane/1/KEMBA/gate-2/readings", body=b"x")
    async with broker.dial("hears") as hears, broker.dial("says") as says:
        await hears.subscribe(EVENTS, other.topic)
        await says.publish([other])
        assert await heard(hears, 1) == [other]
        await hears.unsubscribe(other.topic)
        await says.publish([other, FULL])
        assert await heard(hears, 1) == [FULL]


async def test_a_link_that_breaks_says_so_and_a_new_one_works(broker: Broker) -> None:
    """Receiving, publishing and dialling raise `Unavailable` while the broker is away."""
    async with broker.dial("says") as says:
        broker.stop()
        with pytest.raises(Unavailable):
            await heard(says, 1)
        with pytest.raises(Unavailable):
            await says.publish([FULL])
    with pytest.raises(Unavailable):
        async with broker.dial("says"):
            pass
    await broker.start()
    async with broker.dial("hears") as hears, broker.dial("says") as says:
        await hears.subscribe(EVENTS)
        await says.publish([FULL])
        assert await heard(hears, 1) == [FULL]


async def test_a_second_link_of_one_client_ends_the_first_and_its_will_is_said(
    broker: Broker,
) -> None:
    """MQTT 5, section 3.1.4: this is how a box that was cut off comes back."""
    will = Packet(topic="greenlane/1/KEMBA/gate-2/gone", body=b"0123456789abcdef")
    async with broker.dial("hears") as hears:
        await hears.subscribe(will.topic)
        async with broker.dial("box", will=will) as first, broker.dial("box"):
            with pytest.raises(Unavailable):
                await heard(first, 1)
            (told,) = await heard(hears, 1)
            assert (told.topic, told.body) == (will.topic, will.body)


async def test_a_session_is_clean(broker: Broker) -> None:
    """Nothing rests in the broker for a client that was away."""
    async with broker.dial("hears") as hears:
        await hears.subscribe(EVENTS)
    async with broker.dial("says") as says:
        await says.publish([FULL])
        second = Packet(topic=EVENTS, body=b"second")
        async with broker.dial("hears") as hears:
            await hears.subscribe(EVENTS)
            await says.publish([second])
            assert await heard(hears, 1) == [second]


@pytest.mark.parametrize(
    ("filter_", "topic", "is_match"),
    [
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/b/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/b", "a/b/c", False),
        ("+", "a/b", False),
    ],
)
def test_filters_match_as_mqtt_says(filter_: str, topic: str, is_match: bool) -> None:  # noqa: FBT001 - pytest passes by name
    assert matches(filter_, topic) is is_match

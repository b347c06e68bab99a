"""What a link says and hears in MQTT 5, as bytes."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.link import Packet, Unavailable
from contract.links import packets
from contract.links.mqtt import BrokerConfig, dialler
from contract.links.packets import Answered, Heard, Incoming, Welcomed, Will
from contract.links.subscriber import Ended, Framer, Garbled

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PACKETS = st.builds(
    Packet,
    topic=TEXT,
    body=st.binary(max_size=300),
    content_type=TEXT,
    keyid=st.text("0123456789abcdef", min_size=1, max_size=32),
    sig=st.binary(max_size=64),
    reply_to=TEXT,
    correlation=st.binary(max_size=40),
    qos=st.sampled_from((0, 1)),
)


def framer() -> Framer[Incoming]:
    """As a link has one."""
    return Framer(packets.incoming, packets.PACKET_BYTES_MAX)


@given(st.lists(PACKETS, max_size=4), st.integers(1, 50))
def test_what_is_published_is_heard_as_it_was(said: list[Packet], cut: int) -> None:
    """Every property, in any pieces, under its packet id where it has one."""
    stream = b"".join(packets.publish(one, number) for number, one in enumerate(said, 1))
    reader, heard = framer(), list[Incoming]()
    for at in range(0, len(stream), cut):
        heard += reader.feed(stream[at : at + cut])
    assert heard == [Heard(one, number * one.qos) for number, one in enumerate(said, 1)]


@given(st.binary(max_size=300))
def test_garbage_is_garbled_or_nothing(data: bytes) -> None:
    """Bytes that are no MQTT never break the link in another way."""
    with contextlib.suppress(Garbled):
        framer().feed(data)


@given(PACKETS, st.data())
def test_a_damaged_publish_is_garbled_or_another(packet: Packet, data: st.DataObject) -> None:
    """Any byte of a real PUBLISH turned into any other."""
    said = bytearray(packets.publish(packet, 7))
    said[data.draw(st.integers(0, len(said) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Garbled):
        framer().feed(bytes(said))


def test_what_it_says_is_as_the_standard_shows() -> None:
    """CONNECT with a will byte by byte, and the answers of a broker."""
    will = Will("a/gone", b"x")
    hello = packets.connect("c", keepalive_s=20, username="", password=None, will=will)
    assert hello[:12] == b"\x10\x22\x00\x04MQTT\x05\x0e\x00\x14"
    assert hello.endswith(b"\x00\x01c\x00\x00\x06a/gone\x00\x01x")
    assert packets.unsubscribe(1, "a") == b"\xa2\x06\x00\x01\x00\x00\x01a"
    assert framer().feed(b"\x20\x06\x00\x00\x03\x21\x07\xd0") == [Welcomed(0, 2_000)]
    assert framer().feed(b"\x20\x03\x00\x87\x00") == [Welcomed(0x87, 65_535)]
    assert framer().feed(b"\x40\x02\x00\x05\x40\x04\x00\x06\x87\x00") == [
        Answered(5, 0),
        Answered(6, 0x87),
    ]
    assert framer().feed(b"\x90\x04\x00\x01\x00\x80\xe0\x00\xd0\x00") == [
        Answered(1, 0x80),
        Ended(0),
    ]


@pytest.mark.anyio
async def test_a_broker_that_answers_nothing_is_away() -> None:
    """It accepts the connection, and says no word."""
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    dial = dialler(BrokerConfig(port=port, timeout_s=0.05))
    with pytest.raises(Unavailable, match="does not answer"):
        async with dial("box"):
            pass
    server.close()


class Scarce(asyncio.Protocol):
    """A broker that takes two packets at a time, and answers when both are there."""

    def __init__(self) -> None:
        self.most = 0
        self._waiting: list[int] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """CONNACK with a Receive Maximum of 2."""
        self._transport = transport
        transport.write(b"\x20\x06\x00\x00\x03\x21\x00\x02")  # type: ignore[attr-defined]  # it is

    def data_received(self, data: bytes) -> None:
        """PUBLISH packets of seven bytes follow the greeting and a PING."""
        self._waiting += [data[at + 5] for at in range(len(data)) if data[at : at + 3] == PIECE]
        self.most = max(self.most, len(self._waiting))
        if len(self._waiting) == 2:
            for number in self._waiting:
                self._transport.write(b"\x40\x02\x00" + bytes((number,)))  # type: ignore[attr-defined]
            self._waiting = []


PIECE = packets.publish(Packet(topic="", body=b"", content_type=""), 1)[:3]


@pytest.mark.anyio
async def test_no_more_is_in_flight_than_the_broker_takes() -> None:
    """MQTT 5, section 4.9: who sends more than the Receive Maximum is thrown out."""
    scarce = Scarce()
    server = await asyncio.get_running_loop().create_server(lambda: scarce, "127.0.0.1", 0)
    dial = dialler(BrokerConfig(port=server.sockets[0].getsockname()[1]))
    async with asyncio.timeout(20), dial("box") as link:
        await link.publish([Packet(topic="", body=b"", content_type="") for _ in range(10)])
    assert scarce.most == 2
    server.close()


class Silent(asyncio.Protocol):
    """A broker that welcomes, and then says nothing more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """CONNACK."""
        transport.write(b"\x20\x03\x00\x00\x00")  # type: ignore[attr-defined]  # it is


@pytest.mark.anyio
async def test_what_is_said_again_or_asked_for_waits_for_no_answer() -> None:
    """At QoS 0 a broker gives none; at QoS 1 one that gives none is away."""
    server = await asyncio.get_running_loop().create_server(Silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(20), dialler(BrokerConfig(port=port, timeout_s=0.05))("box") as link:
        await link.publish([Packet(topic="a", body=b"", qos=0) for _ in range(3)])
        with pytest.raises(Unavailable, match="does not answer"):
            await link.publish([Packet(topic="a", body=b"")])
    server.close()

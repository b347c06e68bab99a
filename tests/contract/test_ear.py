"""The listening end of MQTT 5: whole packets from any pieces, on both event loops."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from contract.link import Rejected, Unavailable
from contract.links.ear import _Ear, listener
from contract.links.mqtt import BrokerConfig
from contract.links.subscriber import (
    Connected,
    Garbled,
    Parser,
    Said,
    Subscribed,
    acknowledge,
    connect,
    subscribe,
)
from tests.support.virtual import run_virtually
from tests.system.servers import Server, free_port, mosquitto


def length(value: int) -> bytes:
    """A variable byte integer."""
    out = bytearray()
    while True:
        value, byte = value >> 7, value & 0x7F
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def publish(said: Said) -> bytes:
    """As a broker writes it (MQTT 5, section 3.3)."""
    first = 0x30 | (2 if said.packet_id else 0) | said.is_retained
    body = len(said.topic).to_bytes(2) + said.topic
    body += said.packet_id.to_bytes(2) if said.packet_id else b""
    properties = b"\x0b" + length(said.subscription) if said.subscription else b""
    body += length(len(properties)) + properties + said.payload
    return bytes((first,)) + length(len(body)) + body


ONE = Said(b"bench/dev-0001/telemetry", b"x" * 100, 0, is_retained=False)
saids = st.lists(
    st.builds(
        Said,
        st.binary(min_size=1, max_size=20),
        st.binary(max_size=300) | st.just(b"x" * 20_000),  # lengths of one to three bytes
        st.integers(0, 65_535),
        st.booleans(),
        st.integers(0, 268_435_455),
    ),
    max_size=8,
)


@given(saids, st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_packets_come_whole_from_any_pieces(said: list[Said], cuts: list[int]) -> None:
    """However TCP cuts the stream."""
    stream = b"".join(map(publish, said))
    parser, found, at, turn = Parser(), [], 0, 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        found += parser.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert found == said


@given(st.binary(max_size=200))
def test_garbage_is_garbled_or_nothing(data: bytes) -> None:
    """Bytes that are no MQTT never break it in another way."""
    with contextlib.suppress(Garbled):
        assert all(packet is not None for packet in Parser().feed(data))


def test_what_it_says_is_as_the_standard_shows() -> None:
    """CONNECT, SUBSCRIBE and PUBACK byte by byte; CONNACK and SUBACK read."""
    hello = connect("c", keepalive_s=20, username="", password=None)
    assert hello[:12] == b"\x10\x1b\x00\x04MQTT\x05\x00\x00\x14"
    assert subscribe(1, "a/#") == b"\x82\x09\x00\x01\x00\x00\x03a/#\x01"
    assert subscribe(1, "a/#", 200)[4:8] == b"\x03\x0b\xc8\x01"
    assert acknowledge([1, 515]) == b"\x40\x02\x00\x01\x40\x02\x02\x03"
    assert Parser().feed(b"\x20\x03\x00\x87\x00") == [Connected(0x87)]
    assert Parser().feed(b"\x90\x04\x00\x01\x00\x80") == [Subscribed(1, 0x80)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Server]:
    """A mosquitto with the limits that we deliver."""
    with mosquitto(tmp_path / "broker") as server:
        yield server


@pytest.mark.system
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_it_hears_a_real_broker_on_both_loops(broker: Server, loop: object) -> None:
    """The gateway runs on uvloop, whose transports are others than asyncio's."""

    async def hear() -> None:
        heard: list[Said] = []
        listen = listener(BrokerConfig(port=broker.port))
        async with (
            listen("ear", {"a/+": 0}, lambda _, said: heard.extend(said)) as ear,
            aiomqtt.Client("127.0.0.1", broker.port) as client,
        ):
            await client.publish("a/b", b"one", qos=1)
            await client.publish("a/b", b"x" * 100_000, qos=0)
            async with asyncio.timeout(20):
                while len(heard) < 2:
                    await asyncio.sleep(0.01)
            ear.settle([heard[0].packet_id])
        assert [(one.topic, len(one.payload), bool(one.packet_id)) for one in heard] == [
            (b"a/b", 3, True),
            (b"a/b", 100_000, False),
        ]

    with asyncio.Runner(loop_factory=loop) as runner:  # type: ignore[arg-type]  # both are
        runner.run(hear())


@pytest.mark.system
@pytest.mark.anyio
async def test_a_broker_that_goes_is_noticed(broker: Server) -> None:
    """Listening ends as `Unavailable`; so does connecting to nobody."""
    listen = listener(BrokerConfig(port=broker.port))
    async with listen("ear", {"a": 0}, lambda *_: None) as ear:
        broker.stop()
        with pytest.raises(Unavailable):
            await ear.listen()
    nobody = listener(BrokerConfig(port=free_port()))("ear", {"a": 0}, lambda *_: None)
    with pytest.raises(Unavailable, match="no broker"):
        await nobody.__aenter__()


@pytest.mark.anyio
async def test_what_is_said_message_by_message_is_read_many_at_once() -> None:
    """In their order, and none is left lying: after each piece the socket is left alone a while."""
    said = [Said(b"a", b"%d" % number, 0, is_retained=False) for number in range(100)]
    pieces: list[list[Said]] = []

    async def broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x20\x03\x00\x00\x00")
        await reader.readuntil(b"a" + b"\x01")  # the end of SUBSCRIBE
        writer.write(b"\x90\x04\x00\x01\x00\x01")
        for one in said:
            writer.write(publish(one))
            await asyncio.sleep(0)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(broker, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        listen = listener(BrokerConfig(port=port))
        async with (
            listen("ear", {"a": 0}, lambda _, piece: pieces.append(piece)),
            asyncio.timeout(20),
        ):
            while sum(map(len, pieces)) < len(said):
                await asyncio.sleep(0.01)
    assert [one for piece in pieces for one in piece] == said
    assert len(pieces) < len(said) // 2


class Socket(asyncio.Transport):
    """Notes how long it was left alone."""

    def __init__(self) -> None:
        super().__init__()
        self.alone_ms: list[float] = []
        self._since = 0.0

    def pause_reading(self) -> None:
        """See `asyncio.ReadTransport`."""
        self._since = asyncio.get_running_loop().time()

    def resume_reading(self) -> None:
        """See `asyncio.ReadTransport`."""
        self.alone_ms.append(round((asyncio.get_running_loop().time() - self._since) * 1_000, 3))


@pytest.mark.parametrize(
    ("data", "alone_ms"),
    [
        (publish(ONE), [2]),
        (publish(ONE) * 5, [10]),
        (publish(ONE) * 12, [24]),
        (publish(ONE) * 13, [25]),
        (publish(ONE) * 1_000, [25]),
        (publish(ONE)[:-1], []),
        (b"\xd0\x00", []),
        (publish(ONE) * (128 * 1024 // len(publish(ONE))), [25]),
        (publish(ONE) * (128 * 1024 // len(publish(ONE)) + 1), []),
    ],
    ids=["one", "five", "twelve", "thirteen", "a thousand", "a piece", "a pong", "128 KiB", "more"],
)
def test_the_socket_is_left_alone_in_measure(data: bytes, alone_ms: list[float]) -> None:
    """2 ms a message, 25 at most, and not at all where 128 KiB came at once.

    Longer, and every alert comes later; shorter, and a broker's every write wakes us; and a socket
    that is full is one for which the broker drops what was said at QoS 0.
    """

    async def hear() -> list[float]:
        ear, socket = _Ear(lambda *_: None, "here", keepalive_s=60, timeout_s=5), Socket()
        ear.connection_made(socket)
        ear.data_received(data)
        await asyncio.sleep(1)
        return socket.alone_ms

    assert run_virtually(hear()) == alone_ms


@pytest.mark.anyio
async def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before anything is sent."""
    config = BrokerConfig(password_file=str(tmp_path / "nothing"))
    with pytest.raises(Rejected, match="secret"):
        await listener(config)("ear", {}, lambda *_: None).__aenter__()

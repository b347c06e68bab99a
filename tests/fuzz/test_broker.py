"""Whatever a broker says to a link: it is heard, or the link breaks; nobody waits for ever."""

import asyncio
import contextlib
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from contract.link import Packet, Rejected, Unavailable
from contract.links import packets
from contract.links.session import MqttLink
from contract.topics import topic
from tests.support.virtual import run_virtually

TIMEOUT_S: Final = 5.0
WELCOME: Final = b"\x20\x03\x00\x00\x00"
PACKET: Final = Packet(topic=topic("/KEMBA/gate-2", "events"), body=b"{}", keyid="k", sig=b"s")


@st.composite
def framed(draw: st.DrawFn) -> bytes:
    """A packet of any type, of the length that it says, with anything in it."""
    body = draw(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from(
                (
                    *(b"\x00\x01", b"\x00\x01\x87", b"\x00\x01\x00\x00", b"\x00\x01\x00\x03"),
                    packets.publish(PACKET, 1)[2:],
                )
            ),
        )
    )
    return bytes((draw(st.integers(0, 255)), len(body) % 128)) + body[:127]


@settings(max_examples=300)
@given(
    st.lists(st.one_of(framed(), st.just(WELCOME), st.binary(max_size=20)), max_size=8),
    st.integers(1, 30),
    st.booleans(),
)
def test_a_broker_may_say_anything(
    said: list[bytes],
    cut: int,
    is_welcomed: bool,  # noqa: FBT001 - drawn
) -> None:
    """Before it lets us in and after: answers to nothing, twice, of no kind, in any pieces."""
    stream = b"".join(said)

    async def main() -> None:
        link = MqttLink("a broker", keepalive_s=20, timeout_s=TIMEOUT_S)
        if is_welcomed:
            link.data_received(WELCOME)
        speaking = asyncio.ensure_future(speak(link))
        await asyncio.sleep(0)
        for at in range(0, len(stream), cut):
            link.data_received(stream[at : at + cut])
            await asyncio.sleep(0)
        link.connection_lost(None)
        async with asyncio.timeout(10 * TIMEOUT_S):
            with contextlib.suppress(Unavailable, Rejected):
                await speaking
            with contextlib.suppress(Unavailable):
                async for batch in link.receive():
                    assert all(isinstance(one, Packet) for one in batch)

    run_virtually(main())


async def speak(link: MqttLink) -> None:
    """What every client of ours does."""
    await link.greet(b"hello")
    await link.subscribe("a/#")
    await link.publish([PACKET, PACKET])

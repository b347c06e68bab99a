"""firmware_configs/mosquitto as delivered: mutual TLS, and everybody only as themselves."""

import asyncio
import contextlib
import sys
from datetime import UTC, datetime

import msgspec
import pytest

from contract.delivery.certificate import Papers
from contract.link import Packet, Rejected, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from contract.topics import BROKER, BROKER_TOLD
from gateway.trust.authority import Authority
from tests.system.secured import (
    LANE_1,
    LANE_2,
    ROOT,
    Secured,
    first,
    hear_without_end,
    heard,
)

pytestmark = [pytest.mark.system, pytest.mark.anyio]


async def test_an_agent_speaks_as_itself(secured: Secured) -> None:
    """What lane-1 says as lane-1 reaches the gateway, and the gateway's receipt reaches lane-1."""
    async with secured.dial("gateway")("g") as gateway, secured.dial("lane-1")("l") as agent:
        await gateway.subscribe("greenlane/1/+/+/events")
        await agent.subscribe(f"{LANE_1}/receipts")
        await agent.publish([Packet(topic=f"{LANE_1}/events", body=b"mine")])
        assert await first(gateway) == b"mine"
        await gateway.publish([Packet(topic=f"{LANE_1}/receipts", body=b"kept")])
        assert await first(agent) == b"kept"


async def test_an_agent_cannot_speak_as_another(secured: Secured) -> None:
    """A message in another's name is dropped by the broker; the next in its own arrives."""
    async with secured.dial("gateway")("g") as gateway, secured.dial("lane-1")("l") as agent:
        await gateway.subscribe("greenlane/1/+/+/events")
        with contextlib.suppress(Rejected, Unavailable):
            await agent.publish([Packet(topic=f"{LANE_2}/events", body=b"forged")])
        async with secured.dial("lane-1")("l2") as again:
            await again.publish([Packet(topic=f"{LANE_1}/events", body=b"mine")])
            assert await first(gateway) == b"mine"


async def test_an_agent_leaves_its_own_will_and_no_other(secured: Secured) -> None:
    """Of two boxes that end without a word, the one in another's name leaves no last word."""
    async with secured.dial("gateway")("g") as gateway:
        await gateway.subscribe("greenlane/1/+/+/gone")
        for will, word in ((LANE_2, "forged"), (LANE_1, "own")):
            await ends_without_a_word(secured, will=f"{will}/gone", word=word)
        assert await first(gateway) == b"own"


DIES = """
import asyncio, os, sys
from contract.link import Packet
from contract.links.mqtt import BrokerConfig, dialler
port, ca_file, cert_file, will, word = sys.argv[1:]

async def main():
    dial = dialler(BrokerConfig(port=int(port), ca_file=ca_file, cert_file=cert_file))
    async with dial("dies", will=Packet(topic=will, body=word.encode())) as link:
        await link.subscribe(will.replace("gone", "receipts"))
        os._exit(0)

asyncio.run(main())
"""


async def ends_without_a_word(secured: Secured, *, will: str, word: str) -> None:
    """A process with the papers of lane-1 and this will is there, and gone."""
    papers = Papers(secured.directory / "lane-1")
    given = (str(secured.config.port), str(papers.authority), str(papers.own), will, word)
    command = (sys.executable, "-c", DIES, *given)
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0 or word == "forged"


async def test_only_the_gateway_has_others_thrown_out(secured: Secured) -> None:
    """The broker's plugin for access does nothing for a box, nor for who has no papers."""
    wishes = [{"command": verb, "username": "gateway"} for verb in ("createClient", "deleteClient")]
    request = Packet(topic=BROKER, body=msgspec.json.encode({"commands": wishes}))
    async with secured.dial("gateway")("g") as gateway:
        await gateway.subscribe("greenlane/1/+/+/events", BROKER_TOLD)
        for dial in (secured.dial("lane-1"), dialler(secured.config.door())):
            async with dial("asks") as link:
                with contextlib.suppress(Rejected, Unavailable):
                    await link.publish([request])
        async with secured.dial("lane-1")("l") as agent:
            await agent.publish([Packet(topic=f"{LANE_1}/events", body=b"mine")])
        assert await first(gateway) == b"mine"


@pytest.mark.parametrize("papers", ["none", "forged", "expired"])
async def test_nobody_connects_without_a_certificate_that_counts(
    secured: Secured, papers: str
) -> None:
    """None, one of another authority, one whose time is over: none of them hears anything."""
    dial = secured.dial(papers)
    if papers == "none":
        ca_file = str(Papers(secured.directory / "lane-1").authority)
        dial = dialler(BrokerConfig(port=secured.config.port, ca_file=ca_file, timeout_s=2))
    with pytest.raises((Rejected, Unavailable)):
        await hear_without_end(dial)


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_an_agent_does_not_speak_to_a_broker_of_another_authority(secured: Secured) -> None:
    """The box checks who the broker is before it says anything."""
    with pytest.raises((Rejected, Unavailable), match="certificate"):
        await hear_without_end(secured.dial("elsewhere"))


async def test_the_door_is_for_enrolment_alone(secured: Secured) -> None:
    """Who comes without a certificate can ask to be enrolled, and hears and says nothing else."""
    async with (
        secured.dial("gateway")("g") as gateway,
        dialler(secured.config.door())("d") as stranger,
    ):
        await gateway.subscribe("greenlane/1/+/+/events", "greenlane/1/+/+/enrol")
        await stranger.subscribe(f"{LANE_1}/receipts", f"{LANE_1}/enrol-told")
        with contextlib.suppress(Rejected, Unavailable):
            await stranger.publish([Packet(topic=f"{LANE_1}/events", body=b"forged")])
        async with dialler(secured.config.door())("d2") as again:
            await again.publish([Packet(topic=f"{LANE_1}/enrol", body=b"please")])
            assert await first(gateway) == b"please"
        for leaf in ("receipts", "enrol-told"):
            await gateway.publish([Packet(topic=f"{LANE_1}/{leaf}", body=leaf.encode())])
        assert await first(stranger) == b"enrol-told"


CLIENT_FILES = {"ca": "ca.crt", "cert": "checkpoint-reader.crt", "key": "checkpoint-reader.key"}


async def test_who_keeps_checkpoints_hears_them_and_nothing_else(secured: Secured) -> None:
    """By the name of its certificate; it says nothing, and no box hears them."""
    authority = Authority.load(secured.gateway_state / "authority")
    assert authority is not None
    authority.issue_client("checkpoint-reader", datetime.now(UTC))
    files = {f"{name}_file": str(authority.folder / file) for name, file in CLIENT_FILES.items()}
    reader_dial = dialler(msgspec.structs.replace(secured.config, **files))
    checkpoint = f"{ROOT}/gateway/checkpoint"
    async with (
        secured.dial("gateway")("g") as gateway,
        reader_dial("reader") as reader,
        secured.dial("lane-1")("l") as agent,
    ):
        await gateway.subscribe("greenlane/1/+/+/checkpoint")
        await agent.subscribe(checkpoint, f"{LANE_1}/receipts")
        await reader.subscribe(checkpoint, f"{LANE_1}/receipts", "greenlane/1/+/alerts/+")
        for topic in (f"{LANE_1}/receipts", f"{ROOT}/alerts/seal_opened", checkpoint):
            await gateway.publish([Packet(topic=topic, body=topic.encode())])
        assert await first(reader) == checkpoint.encode()
        assert await first(agent) == f"{LANE_1}/receipts".encode()
        with contextlib.suppress(Rejected, Unavailable):
            await reader.publish([Packet(topic=checkpoint, body=b"forged")])
        await gateway.publish([Packet(topic=checkpoint, body=b"the next")])
        assert await heard(gateway, upto=b"the next") == [checkpoint.encode(), b"the next"]
    with pytest.raises(Rejected, match="one of our own"):
        authority.issue_client("command-center", datetime.now(UTC))

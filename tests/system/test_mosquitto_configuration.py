"""firmware_configs/mosquitto as delivered: mutual TLS, and everybody only as themselves."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from tests.system.servers import CONFIG, Server, free_port, program

pytestmark = [pytest.mark.system, pytest.mark.anyio]

LANE_1 = "greenlane/1/KEMBA/lane-1"
LANE_2 = "greenlane/1/KEMBA/lane-2"


@dataclass(frozen=True)
class Secured:
    """A running broker and the certificates that it believes."""

    directory: Path
    port: int

    def dial(self, name: str) -> Dial:
        """Connect with the certificate of this common name."""
        return dialler(
            BrokerConfig(
                port=self.port,
                ca_file=str(self.directory / "ca.crt"),
                cert_file=str(self.directory / f"{name}.crt"),
                key_file=str(self.directory / f"{name}.key"),
                timeout_s=5,
            )
        )


def openssl(directory: Path, *arguments: str) -> None:
    command = [program("openssl", "openssl"), *arguments]
    subprocess.run(command, cwd=directory, check=True, capture_output=True, timeout=30)


def certify(directory: Path, file: str, common_name: str) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    out = ["-keyout", f"{file}.key", "-out", f"{file}.crt", "-days", "2"]
    names = ["-subj", f"/CN={common_name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    signed = [] if file == "ca" else ["-CA", "ca.crt", "-CAkey", "ca.key"]
    basic = [] if file == "ca" else ["-addext", "basicConstraints=critical,CA:FALSE"]
    openssl(directory, "req", "-x509", *key, *out, *names, *signed, *basic)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The delivered configuration and access list, with the paths of this test."""
    directory = tmp_path_factory.mktemp("secured")
    certify(directory, "ca", "a post's own authority")
    for name in ("broker", "gateway", "command-center", "alert-subscriber", "lane-1"):
        certify(directory, name, name)
    port = free_port()
    acl = CONFIG.with_suffix(".acl").read_text()
    (directory / "greenlane.acl").write_text(acl)
    text = CONFIG.read_text().replace("/etc/mosquitto/greenlane", str(directory))
    # mosquitto gives up root's rights, and has to read its key all the same.
    text = text.replace("listener 8883", f"user root\nlistener {port} 127.0.0.1")
    (directory / "greenlane.conf").write_text(text)
    command = [program("mosquitto", "mosquitto"), "-c", str(directory / "greenlane.conf")]
    with Server(command, port, directory / "mosquitto.log"):
        yield Secured(directory, port)


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


async def test_an_alert_subscriber_hears_alerts_and_nothing_else_and_says_nothing(
    secured: Secured,
) -> None:
    """Alerts come through; the gateway's changes do not; a forged alert is dropped."""
    where = "greenlane/1/KEMBA/alerts/seal_opened"
    async with (
        secured.dial("command-center")("c") as center,
        secured.dial("alert-subscriber")("s") as subscriber,
        secured.dial("gateway")("g") as gateway,
    ):
        await center.subscribe("greenlane/1/+/alerts/+")
        await subscriber.subscribe("greenlane/1/#")
        await gateway.publish([Packet(topic="greenlane/1/KEMBA/gateway/changes", body=b"secret")])
        with contextlib.suppress(Rejected, Unavailable):
            await subscriber.publish([Packet(topic=where, body=b"forged")])
        await center.publish([Packet(topic=where, body=b"true")])
        assert await first(center) == b"true"
        assert await first(subscriber) == b"true"


async def test_nobody_connects_without_a_certificate(secured: Secured) -> None:
    """The authority's certificate alone lets nobody in."""
    ca_file = str(secured.directory / "ca.crt")
    config = BrokerConfig(port=secured.port, ca_file=ca_file, timeout_s=1)
    with pytest.raises((Rejected, Unavailable)):
        await hear_without_end(dialler(config))


async def hear_without_end(dial: Dial) -> None:
    async with dial("nobody") as link:
        await link.subscribe("greenlane/1/+/+/events")
        await first(link)


async def first(link: Link) -> bytes:
    """The first body that arrives."""
    async with asyncio.timeout(20):
        async for batch in link.receive():
            return batch[0].body
    pytest.fail("the link ended")

"""Alerts over a real mosquitto to a plain MQTT client, through kills of the command center."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import jsonschema
import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract.clock import SystemClock
from contract.messages import AlertChanged
from tests.command_center.scripted import Gateway, alert
from tests.command_center.test_alert_topics import SCHEMA
from tests.support.scripted_gateway import EPOCH
from tests.system.center import Broker, center
from tests.system.servers import Server, mosquitto

pytestmark = [pytest.mark.system, pytest.mark.anyio, pytest.mark.timeout(180)]

WAIT_S = 90
LIVES = 4
"""Times that the command center is started; but for the last it is killed."""
EACH = 12
"""Changes in each life, and as many while it is dead."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A mosquitto of our own, with the limits that we deliver."""
    with mosquitto(tmp_path / "mosquitto") as server:
        yield server


@asynccontextmanager
async def subscriber(server: Server) -> AsyncIterator[aiomqtt.Client]:
    """A client of somebody else: nothing of ours, a session that outlives its link."""
    lasting = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types here
    lasting.SessionExpiryInterval = 3_600
    async with aiomqtt.Client(
        "127.0.0.1",
        server.port,
        identifier="customs",
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=False,
        properties=lasting,
        timeout=30,
    ) as client:
        await client.subscribe("greenlane/1/KEMBA/alerts/#", qos=1)
        yield client


class Heard:
    """What the subscriber heard: once each, however often it came."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.times = 0
        self.faults: list[str] = []

    def take(self, message: aiomqtt.Message) -> None:
        """One message."""
        assert isinstance(message.payload, bytes)
        document = json.loads(message.payload)
        self.times += 1
        if message.topic.value != "greenlane/1/KEMBA/alerts/seal_opened" or message.retain:
            self.faults.append(message.topic.value)
        if message.properties.ContentType != "application/cloudevents+json":  # type: ignore[union-attr]  # MQTT 5 has them
            self.faults.append("no content type")
        self.documents[document["id"]] = document


async def hear(client: aiomqtt.Client, heard: Heard, upto: int) -> None:
    """Hear until so many different changes came."""
    async with asyncio.timeout(WAIT_S):
        async for message in client.messages:
            heard.take(message)
            if len(heard.documents) >= upto:
                return


async def test_every_change_reaches_a_plain_client_though_the_center_is_killed(
    tmp_path: Path, server: Server
) -> None:
    """Kill -9 in the middle, four lives: each change comes, in order, as a valid CloudEvent."""
    gateway = Gateway(Broker(server), SystemClock())  # type: ignore[arg-type]  # anything that can be dialled
    program = center(tmp_path, server, gateway, "[alert_topics]\nenabled = true\n")
    heard, said = Heard(), 0
    async with gateway.running(), subscriber(server) as client:
        # The topics begin with what comes after the first start.
        program.start()
        await asyncio.to_thread(program.said, "The dashboard:")
        for life in range(LIVES):
            for _ in range(EACH):
                said += 1
                await gateway.tell(AlertChanged(alert=alert(f"a{said}")))
            if life == LIVES - 1:
                break
            # Some have been said, some are on their way: now.
            await hear(client, heard, said - EACH // 2)
            await asyncio.to_thread(program.kill)
            for _ in range(EACH):
                said += 1
                await gateway.tell(AlertChanged(alert=alert(f"a{said}")))
            await asyncio.to_thread(program.start)
        await hear(client, heard, said)
        await asyncio.to_thread(program.stop)
    numbers = [int(one["sequence"]) for one in heard.documents.values()]
    assert numbers == list(range(1, said + 1))
    assert heard.faults == []
    schema = json.loads(SCHEMA.read_text())
    for number, document in zip(numbers, heard.documents.values(), strict=True):
        jsonschema.validate(document, schema)
        event = JSONFormat().read(None, json.dumps(document))
        assert event.get_extension("cursor") == f"{EPOCH}:{number}"
        message = msgspec.convert(document["data"], AlertChanged)
        assert message.alert == alert(f"a{number}")

"""A link over MQTT 5, with aiomqtt: the only place that knows an MQTT library."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Final

import aiomqtt
import msgspec
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from contract.link import (
    BATCH_MAX,
    UNREAD_PACKETS_MAX,
    Dial,
    Link,
    Packet,
    Rejected,
    Unavailable,
)
from contract.wire import JSON

QOS: Final = 1
RECEIVE_MAX: Final = 2_000
"""QoS 1 messages that the broker may have in flight to us (MQTT 5 Receive Maximum)."""
NOT_AUTHORISED: Final = {0x86, 0x87, 0x8C}
"""Reason codes of MQTT 5 by which a broker refuses who we are."""


class BrokerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the broker is and how to prove who we are."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password_file: str = ""
    """A file that holds the password: secrets do not belong in a configuration."""
    ca_file: str = ""
    """Certificate of the authority that signed the broker's; with it the link is TLS."""
    cert_file: str = ""
    key_file: str = ""
    enrol_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    """Where who has no certificate may enrol, and gets one; 0: certificates are the files above."""
    keepalive_s: int = 20
    timeout_s: float = 10.0

    def door(self) -> "BrokerConfig":
        """The way in for who has no certificate: nothing but an enrolment goes through it."""
        if not self.enrol_port:
            return self
        return BrokerConfig(host=self.host, port=self.enrol_port, timeout_s=self.timeout_s)

    def certified(self, *, ca_file: str, cert_file: str) -> "BrokerConfig":
        """With the certificate that came from the enrolment, where none is named."""
        if not self.enrol_port or self.cert_file:
            return self
        return msgspec.structs.replace(self, ca_file=ca_file, cert_file=cert_file)


def dialler(config: BrokerConfig) -> Dial:
    """How to reach the broker of this configuration."""

    @asynccontextmanager
    async def dial(client_id: str, *, will: Packet | None = None) -> AsyncIterator[Link]:
        client = _client(config, client_id, will)
        before = _cancellations()
        try:
            await client.__aenter__()
        except aiomqtt.MqttError as error:
            raise _translated(error, config) from error
        except OSError as error:
            raise Unavailable(f"no broker at {config.host}:{config.port}: {error}") from error
        try:
            _heed(before)
            yield MqttLink(client)
        finally:
            # A link that is already broken has nothing left to say goodbye to.
            with suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)

    return dial


class MqttLink:
    """One connection to a broker."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client: Final = client

    async def publish(self, packets: Sequence[Packet]) -> None:
        """See `contract.link.Link`: in order, without waiting for one before the next is sent."""
        sending = [asyncio.ensure_future(self._publish(packet)) for packet in packets]
        try:
            await asyncio.gather(*sending)
        except aiomqtt.MqttError as error:
            raise Unavailable(f"publish: {error}") from error
        finally:
            for one in sending:
                one.cancel()

    async def subscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        options = SubscribeOptions(qos=QOS)
        before = _cancellations()
        try:
            for filter_ in filters:
                await self._client.subscribe(filter_, options=options)
            _heed(before)
        except aiomqtt.MqttError as error:
            raise Unavailable(f"subscribe: {error}") from error

    async def unsubscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        before = _cancellations()
        try:
            for filter_ in filters:
                await self._client.unsubscribe(filter_)
            _heed(before)
        except aiomqtt.MqttError as error:
            raise Unavailable(f"unsubscribe: {error}") from error

    async def receive(self) -> AsyncIterator[list[Packet]]:
        """See `contract.link.Link`."""
        messages = self._client.messages
        try:
            async for first in messages:
                batch = [_packet(first)]
                while len(messages) and len(batch) < BATCH_MAX:
                    batch.append(_packet(await anext(messages)))
                yield batch
        except aiomqtt.MqttError as error:
            raise Unavailable(f"receive: {error}") from error

    async def _publish(self, packet: Packet) -> None:
        await self._client.publish(
            packet.topic, packet.body, qos=QOS, properties=_properties(packet)
        )


def _cancellations() -> int:
    """How often this task was asked to be cancelled."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _heed(before: int) -> None:
    """Be cancelled if we were asked to be since ``before``.

    Until Python 3.12, `asyncio.wait_for` (in aiomqtt) drops a cancellation that comes in the moment
    in which its future is done: one in fifty of those that meet a connect. Only a count that has
    grown says so: a `TaskGroup` of 3.11 leaves it above zero after a child failed.
    """
    if _cancellations() > before:
        raise asyncio.CancelledError


def _client(config: BrokerConfig, client_id: str, will: Packet | None) -> aiomqtt.Client:
    connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has no types here
    connect.ReceiveMaximum = RECEIVE_MAX
    connect.MaximumPacketSize = PACKET_BYTES_MAX
    password, tls = credentials(config)
    return aiomqtt.Client(
        config.host,
        config.port,
        identifier=client_id,
        username=config.username or None,
        password=password,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(will.topic, will.body, QOS) if will else None,
        clean_start=True,
        properties=connect,
        keepalive=config.keepalive_s,
        timeout=config.timeout_s,
        tls_context=tls,
        max_queued_incoming_messages=UNREAD_PACKETS_MAX,
        max_inflight_messages=RECEIVE_MAX,
        max_concurrent_outgoing_calls=RECEIVE_MAX * 2,
    )


PACKET_BYTES_MAX: Final = 8 * 1024 * 1024
"""A page of changes is the largest packet."""


def credentials(config: BrokerConfig) -> tuple[str | None, ssl.SSLContext | None]:
    """The password and the certificates that a configuration names; raise `Rejected`."""
    try:
        password = Path(config.password_file).read_text().strip() if config.password_file else None
        return password, _tls(config)
    except (OSError, ssl.SSLError) as error:
        raise Rejected(f"cannot read a secret of the link: {error}") from error


def _tls(config: BrokerConfig) -> ssl.SSLContext | None:
    if not config.ca_file:
        return None
    context = ssl.create_default_context(cafile=config.ca_file)
    if config.cert_file:
        context.load_cert_chain(config.cert_file, config.key_file or None)
    return context


def _properties(packet: Packet) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho has no types here
    properties.ContentType = packet.content_type
    if packet.keyid:
        properties.UserProperty = [("keyid", packet.keyid), ("sig", packet.sig.hex())]
    if packet.reply_to:
        properties.ResponseTopic = packet.reply_to
    if packet.correlation:
        properties.CorrelationData = packet.correlation
    return properties


def _packet(message: aiomqtt.Message) -> Packet:
    properties = message.properties
    user = dict(getattr(properties, "UserProperty", ()))
    try:
        sig = bytes.fromhex(user.get("sig", ""))
    except ValueError:
        sig = b""
    return Packet(
        topic=str(message.topic),
        body=bytes(message.payload) if isinstance(message.payload, bytes | bytearray) else b"",
        content_type=getattr(properties, "ContentType", JSON),
        keyid=user.get("keyid", ""),
        sig=sig,
        reply_to=getattr(properties, "ResponseTopic", ""),
        correlation=getattr(properties, "CorrelationData", b""),
    )


def _translated(error: aiomqtt.MqttError, config: BrokerConfig) -> Unavailable | Rejected:
    code = getattr(getattr(error, "rc", None), "value", getattr(error, "rc", None))
    where = f"{config.host}:{config.port}"
    if code in NOT_AUTHORISED:
        return Rejected(f"the broker at {where} refuses us: {error}")
    return Unavailable(f"no broker at {where}: {error}")

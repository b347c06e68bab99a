"""How to reach a broker: its configuration, our secrets, and the way to a link over MQTT 5."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec

from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.links import packets
from contract.links.packets import Will
from contract.links.session import REFUSED, MqttLink

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
        password, context = credentials(config)
        greeting = packets.connect(
            client_id,
            keepalive_s=config.keepalive_s,
            username=config.username,
            password=password,
            will=Will(will.topic, will.body) if will else None,
        )
        link = await _connected(config, context)
        try:
            reason = await link.greet(greeting)
            where = f"{config.host}:{config.port}"
            if reason in NOT_AUTHORISED:
                raise Rejected(f"the broker at {where} refuses us (reason {reason:#x})")
            if reason >= REFUSED:
                raise Unavailable(f"the broker at {where} takes nobody (reason {reason:#x})")
            yield link
        finally:
            await link.leave()

    return dial


async def _connected(config: BrokerConfig, context: ssl.SSLContext | None) -> MqttLink:
    where = f"{config.host}:{config.port}"
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(config.timeout_s):
            _, link = await loop.create_connection(
                lambda: MqttLink(where, keepalive_s=config.keepalive_s, timeout_s=config.timeout_s),
                config.host,
                config.port,
                ssl=context,
            )
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"no broker at {where}: {error}") from error
    return link


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

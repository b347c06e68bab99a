"""How to reach a broker: its configuration, our secrets, and the way to a link over MQTT 5."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.links import packets
from contract.links.packets import Will
from contract.links.session import MqttLink
from contract.lookup import Address, Lookups

C = TypeVar("C", bound=asyncio.Protocol)


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

    @property
    def where(self) -> str:
        """Its address, for sentences."""
        return f"{self.host}:{self.port}"

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


def dialler(config: BrokerConfig, lookups: Lookups | None = None) -> Dial:
    """How to reach the broker of this configuration."""
    lookups = lookups or Lookups()

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
        link = await connected(
            config,
            context,
            lambda: MqttLink(
                config.where, keepalive_s=config.keepalive_s, timeout_s=config.timeout_s
            ),
            lookups,
        )
        try:
            await link.greet(greeting)
            yield link
        finally:
            await link.leave()

    return dial


async def connected(
    config: BrokerConfig,
    context: ssl.SSLContext | None,
    make: Callable[[], C],
    lookups: Lookups,
) -> C:
    """A protocol on a connection to the broker that stands; raise `Unavailable`."""
    try:
        found = await lookups.addresses(config.host)
        return await _first(found, config, context, make)
    except OSError as error:
        raise Unavailable(f"no broker at {config.where}: {_why(error, config)}") from error


async def _first(
    found: Sequence[Address],
    config: BrokerConfig,
    context: ssl.SSLContext | None,
    make: Callable[[], C],
) -> C:
    """At the first address that answers; each has its share of the time."""
    loop, failed = asyncio.get_running_loop(), OSError()
    for address in found:
        try:
            async with asyncio.timeout(config.timeout_s / len(found)):
                _, protocol = await loop.create_connection(
                    make,
                    str(address),
                    config.port,
                    ssl=context,
                    server_hostname=config.host if context else None,
                )
                return protocol
        except OSError as error:
            failed = error
    raise failed


def _why(error: OSError, config: BrokerConfig) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return str(error) or f"no answer within {config.timeout_s:g} s"


def credentials(config: BrokerConfig) -> tuple[str | None, ssl.SSLContext | None]:
    """The password and the certificates that a configuration names; raise `Rejected`."""
    try:
        password = Path(config.password_file).read_text().strip() if config.password_file else None
    except (OSError, ValueError) as error:
        raise Rejected(f"password_file {config.password_file} cannot be read: {error}") from error
    return password, _tls(config)


def _tls(config: BrokerConfig) -> ssl.SSLContext | None:
    if not config.ca_file:
        return None
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
    except (OSError, ValueError) as error:
        raise Rejected(f"ca_file {config.ca_file} holds no certificate (PEM): {error}") from error
    if config.cert_file:
        try:
            # Without a pass phrase, OpenSSL would ask for one on the terminal.
            context.load_cert_chain(config.cert_file, config.key_file or None, password="")
        except (OSError, ValueError) as error:
            raise Rejected(
                f"cert_file {config.cert_file} and key_file {config.key_file or 'in it'} are no "
                f"certificate with its own key, in PEM and without a pass phrase: {error}"
            ) from error
    return context

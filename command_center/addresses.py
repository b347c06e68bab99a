"""Where webhooks may go: public addresses, and networks that the configuration names.

A webhook is a request that somebody else has us make: without this it reaches whatever this box
reaches (server-side request forgery). A name is looked up, every address of it is checked, and
the connection goes to the checked address, so that the answer cannot change in between.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from command_center.bounded import Bounded
from contract.connecting import Looked
from contract.link import Rejected
from contract.lookup import Address, Lookups

ANSWER_BYTES_MAX: Final = 64 * 1024
"""Heard of one answer, all of it."""
URL_CHARS_MAX: Final = 2_000
NAT64: Final = ip_network("64:ff9b::/96")

Network = IPv4Network | IPv6Network


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as a configuration names them, like 10.1.0.0/16; raises `Rejected`."""
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise Rejected(f"webhook_networks: {error}") from error


def check_url(url: str, allowed: Sequence[Network]) -> None:
    """Raise `Rejected` unless it is plain http or https, to nobody whom we may not ask."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise Rejected(f"This is no URL: {error}.") from error
    if len(url) > URL_CHARS_MAX or not url.isascii() or not url.isprintable() or " " in url:
        raise Rejected(f"A URL is at most {URL_CHARS_MAX} printable ASCII characters.")
    if parts.scheme not in ("http", "https") or not host:
        raise Rejected("A webhook goes to an http or https URL.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Rejected("Neither a user name nor a password nor a fragment may stand in the URL.")
    try:
        literal = ip_address(host)
    except ValueError:
        return
    if not is_allowed(literal, allowed):
        raise Rejected(refusal(host))


def host_of(url: str) -> str:
    """The host alone: a URL may hold a secret of who receives."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def refusal(host: str) -> str:
    """Why a host is not asked."""
    return (
        f"{host} is at an address that is not public; if it is meant, name its network in "
        "`webhook_networks` of the configuration."
    )


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether a connection may go there."""
    address = _inner(address)
    if any(address.version == network.version and address in network for network in allowed):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address.sixtofour:
            return address.sixtofour
        if address.teredo:
            return address.teredo[1]
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


class Guarded(Looked):
    """Connects to checked addresses only, and hears at most `ANSWER_BYTES_MAX` of an answer."""

    def __init__(self, allowed: Sequence[Network], lookups: Lookups) -> None:
        super().__init__(lookups)
        self._allowed: Final = allowed

    async def connect_tcp(self, *asked: Any, **options: Any) -> httpcore.AsyncNetworkStream:  # noqa: D102 - httpcore's own
        return Bounded(await super().connect_tcp(*asked, **options), ANSWER_BYTES_MAX)

    async def connect_unix_socket(self, *_arguments: Any, **_options: Any) -> Any:  # noqa: D102 - httpcore's own
        raise httpcore.ConnectError("a webhook goes to no socket of this box")

    async def addresses(self, host: str) -> Sequence[Address]:
        """All of a name, if each may be asked; raises `httpcore.ConnectError`."""
        try:
            found = await super().addresses(host)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be found: {error}") from error
        if not all(is_allowed(one, self._allowed) for one in found):
            raise httpcore.ConnectError(refusal(host))
        return found

"""A webhook reaches no address that is not public, by whatever name or spelling."""

import asyncio
from ipaddress import ip_address

import httpcore
import pytest

from command_center.addresses import Guarded, check_url, is_allowed, networks
from contract.link import Rejected
from contract.lookup import Lookups

PRIVATE = [
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1"),
    *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    """IPv4, IPv6, and IPv4 wrapped in IPv6."""
    assert not is_allowed(ip_address(address), ())
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Rejected, match="not public"):
        check_url(f"https://{host}/x", ())


def test_what_is_public_or_named_is_allowed() -> None:
    """The configuration may name networks; nothing else opens them."""
    for address in ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"):
        assert is_allowed(ip_address(address), ())
    named = networks(["10.1.0.0/16", "::1/128"])
    assert is_allowed(ip_address("10.1.2.3"), named)
    assert is_allowed(ip_address("::ffff:10.1.2.3"), named)
    assert is_allowed(ip_address("::1"), named)
    assert not is_allowed(ip_address("10.2.2.3"), named)
    with pytest.raises(Rejected, match="webhook_networks"):
        networks(["10.1.0.0/33"])


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "ftp://a.example/", "file:///etc/passwd", "https://", "https:///x", "//a/b"),
        *("https://user:word@a.example/", "https://user@a.example/", "https://a.example/#x"),
        *("https://a.example:port/", "https://a.example:99999/", "https://a.example/ x"),
        *("https://ä.example/", "https://a.example/\n", "https://[::1", "https://" + "a" * 2_000),
        "gopher://127.0.0.1:6379/_FLUSHALL",
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    """One sentence each."""
    with pytest.raises(Rejected):
        check_url(url, ())


def test_a_name_that_leads_home_is_refused_when_it_is_looked_up() -> None:
    """The check is on the address that is connected to, not on the name."""

    async def main() -> None:
        backend = Guarded((), Lookups())
        for host in ("localhost", "127.1", "2130706433", "no.such.host.invalid"):
            with pytest.raises(httpcore.ConnectError):
                await backend.connect_tcp(host, 80)
        with pytest.raises(httpcore.ConnectError):
            await backend.connect_unix_socket("/run/docker.sock")

    asyncio.run(main())

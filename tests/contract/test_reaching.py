"""How a broker is reached by its name: beside everything else, at whichever address answers."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_address

import pytest

from contract.link import Link, Unavailable
from contract.links.mqtt import BrokerConfig, connected, dialler
from contract.lookup import Lookups
from tests.support.resolver import DeadResolver

AT_ONCE = 40
"""More than the loop's own pool has threads for on any machine of ours."""


def config(port: int, host: str = "broker.example") -> BrokerConfig:
    """A broker with a name."""
    return BrokerConfig(host=host, port=port, timeout_s=30)


@pytest.mark.anyio
async def test_names_that_nobody_knows_of_hold_up_no_other_work() -> None:
    """The loop's own threads are free, and the log would say which broker is not found."""
    with DeadResolver() as dead:
        lookups = Lookups(dead.resolve)
        dials = [dialler(config(1883, f"dead-{n}"), lookups)("box") for n in range(AT_ONCE)]
        tasks = [asyncio.ensure_future(_entered(dial)) for dial in dials]
        while dead.most_at_once < AT_ONCE:
            await asyncio.sleep(0.01)
        assert await asyncio.to_thread(lambda: "done") == "done"
    for task in tasks:
        with pytest.raises(Unavailable, match=r"no broker at dead-\d+:1883: timed out"):
            await task


async def _entered(dial: AbstractAsyncContextManager[Link]) -> None:
    async with dial:
        pass


@pytest.mark.anyio
async def test_every_address_of_a_name_is_tried() -> None:
    """The first that answers is taken; if none does, why the last one did not is said."""
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    heard = await connected(config(port), None, Heard, _at(["127.0.0.2", "127.0.0.1"]))
    assert heard.peer == ("127.0.0.1", port)
    heard.close()
    server.close()
    with pytest.raises(Unavailable, match="nobody listens there"):
        await connected(config(port), None, Heard, _at(["127.0.0.2", "127.0.0.3"]))


def _at(addresses: Sequence[str]) -> Lookups:
    return Lookups(lambda _: [ip_address(one) for one in addresses])


class Heard(asyncio.Protocol):
    """Who is at the other end."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note it."""
        self.peer = transport.get_extra_info("peername")
        self.close = transport.close

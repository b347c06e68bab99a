"""Names are looked up beside everything else, each once at a time, and not for ever."""

import asyncio

import pytest

from contract import lookup
from contract.lookup import LOOKUP_S_MAX, LOOKUPS_MAX, Lookups
from tests.support.resolver import DeadResolver
from tests.support.virtual import run_virtually


def test_who_asks_for_a_name_that_is_looked_up_already_waits_along() -> None:
    """Nobody waits for longer than a lookup may take, and the thread is asked nothing twice."""
    with DeadResolver() as dead:

        async def main() -> None:
            lookups, loop = Lookups(dead.resolve), asyncio.get_running_loop()
            for _ in range(3):
                began = loop.time()
                with pytest.raises(TimeoutError, match="no answer from the resolver in 5 s"):
                    await lookups.addresses("dead.example")
                assert loop.time() - began == pytest.approx(LOOKUP_S_MAX)

        run_virtually(main())
    assert dead.asked == ["dead.example"]


@pytest.mark.anyio
async def test_what_is_an_address_needs_no_resolver() -> None:
    """And a name is found while as many as may be are not."""
    with DeadResolver() as dead:
        lookups = Lookups(dead.resolve)
        asking = [
            asyncio.ensure_future(lookups.addresses(f"dead-{n}")) for n in range(LOOKUPS_MAX - 1)
        ]
        await asyncio.sleep(0)
        assert [str(one) for one in await lookups.addresses("::1")] == ["::1"]
        assert "127.0.0.1" in map(str, await lookups.addresses("localhost"))
        asking.append(asyncio.ensure_future(lookups.addresses("dead-one-more")))
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="200 other names wait"):
            await lookups.addresses("localhost")
    for one in asking:
        with pytest.raises(OSError, match="timed out"):
            await one
    assert await lookups.addresses("localhost")


@pytest.mark.anyio
async def test_what_cannot_be_found_is_said_in_words() -> None:
    """No such name, a name that is none, and one that has no address."""
    for host in ("no.such.host.invalid", "a" * 300, "\udcff.example"):
        with pytest.raises(OSError, match=r"."):
            await Lookups().addresses(host)
    with pytest.raises(OSError, match="no address"):
        await Lookups(lambda _: []).addresses("empty.example")
    assert lookup.resolved("127.0.0.1")

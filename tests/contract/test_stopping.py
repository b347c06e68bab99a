"""A cancellation is never lost, whatever breaks in the same moment."""

import asyncio

import pytest

from contract.delivery import uplink
from contract.delivery.outbox import Outbox
from contract.identifiers import Source
from contract.link import Unavailable
from contract.links.memory import Hub
from contract.signing import Key
from contract.stopping import apart
from tests.support.virtual import VirtualClock, run_virtually


async def _breaks() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_raise())


async def _raise() -> None:
    await asyncio.sleep(1)
    raise Unavailable("it broke")


def test_what_broke_is_raised() -> None:
    """As if it had been awaited; and it leaves no cancellation counted."""

    async def main() -> None:
        with pytest.raises(ExceptionGroup):
            await apart(_breaks(), "breaks")
        task = asyncio.current_task()
        assert task is not None
        assert not task.cancelling()

    run_virtually(main())


@pytest.mark.parametrize("turns", range(6))
def test_a_cancellation_that_meets_the_break_ends_the_task(turns: int) -> None:
    """However many turns of the loop lie between them."""

    async def again() -> None:
        while True:
            try:
                await apart(_breaks(), "breaks")
            except* Unavailable:
                await asyncio.sleep(1)

    async def main() -> None:
        task = asyncio.ensure_future(again())
        await asyncio.sleep(1)
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=10)
        assert done

    run_virtually(main())


@pytest.mark.parametrize("turns", range(6))
def test_an_uplink_ends_although_its_link_breaks(
    turns: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It was seen to dial for ever: a service that was asked to end went on."""

    async def main() -> None:
        hub, key, clock = Hub(), Key.make(), VirtualClock()
        path = tmp_path_factory.mktemp("box") / "outbox"
        async with Outbox.open(path, source=Source("/KEMBA/x"), key=key, clock=clock) as outbox:
            running = asyncio.ensure_future(
                uplink.run(
                    outbox,
                    hub.dial,
                    gateway_key=key.public,
                    facts=lambda: uplink.Facts("1"),
                    alive=tuple,
                    clock=clock,
                )
            )
            await asyncio.sleep(3)
            hub.cut()
            for _ in range(turns):
                await asyncio.sleep(0)
            running.cancel()
            done, _ = await asyncio.wait({running}, timeout=10)
            assert done

    run_virtually(main())

"""Whether everything is here, asked of a whole gateway over its link."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from contract.delivery.source_end import Said
from contract.link import Rejected
from contract.messages import (
    CompletenessAsked,
    CompletenessTold,
    Device,
    DeviceAlive,
    SealRead,
)
from gateway.journal.journal import stats_of
from tests.gateway.gateways import World
from tests.support.virtual import START, run_virtually

READER = Device(device="reader-1", family="seal_reader")


async def asked(
    world: World, first_s: float, last_s: float, device: str = "reader-1", steps: int = 1
) -> CompletenessTold:
    """The gateway's answer about seconds of the virtual clock."""
    told = await world.ask(
        CompletenessAsked(
            source="/KEMBA/gate-2",
            device=device,
            start=START + timedelta(seconds=first_s),
            end=START + timedelta(seconds=last_s),
            steps=steps,
        )
    )
    assert isinstance(told, CompletenessTold)
    return told


def test_a_gateway_answers_for_a_device_and_a_time(tmp_path: Path) -> None:
    """Complete up to where the device promises; cut off, it cannot tell, and later it can again."""

    async def main() -> None:
        world = World(tmp_path)

        def alive() -> tuple[DeviceAlive, ...]:
            said = world.clock.utc_now()
            return (DeviceAlive(device="reader-1", is_found=True, said_up_to=said),)

        async with world.gateway(), world.agent("gate-2", READER, alive=alive) as outbox:
            for number in range(30):
                await outbox.say(
                    Said(SealRead(device="reader-1", seal=f"S{number}", state="intact"))
                )
                await asyncio.sleep(10)
            told = await asked(world, 60, 240)
            assert (told.status, told.reasons) == ("complete", ())
            assert 18 <= told.stretches[0].kept <= 21
            in_three = await asked(world, 60, 240, steps=3)
            assert [one.status for one in in_three.stretches] == ["complete"] * 3
            assert {one.kept for one in in_three.stretches} <= {6, 7, 8}
            in_many = await asked(world, 60, 240, steps=60)
            assert in_many.whole == told.whole == told.stretches[0], "each message counts once"
            assert sum(one.kept for one in in_many.stretches) > told.stretches[0].kept
            ahead = await asked(world, 60, 900, steps=7)
            assert [one.status for one in ahead.stretches][-1] == "cannot tell"
            assert "has said everything only up to" in ahead.reasons[0]
            unknown = await asked(world, 60, 240, device="reader-9")
            assert unknown.reasons == ("gate-2 says nothing of a device reader-9.",)
            of_agent = await asked(world, 60, 240, device="")
            assert of_agent.status == "complete"
            with pytest.raises(Rejected, match="start has to come before"):
                await asked(world, 240, 60)
        assert stats_of(tmp_path / "gateway" / "journal.sqlite").messages >= 30

    run_virtually(main())


def test_an_agent_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    """Rather than called complete for want of holes."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway():
            with pytest.raises(Rejected, match="No agent is called"):
                await asked(world, 0, 60)

    run_virtually(main())

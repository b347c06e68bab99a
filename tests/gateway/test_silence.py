"""Who falls silent is told, and who cannot be heard is not called so."""

import asyncio
from pathlib import Path

from tests.gateway.gateways import World
from tests.gateway.seals import READER, alerts, opened
from tests.support.virtual import run_virtually


def test_a_silent_agent_is_told_and_told_again_when_it_is_back(tmp_path: Path) -> None:
    """Silence is counted by the journal's time, and clears by itself."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway():
            async with world.agent("gate-2", READER):
                await asyncio.sleep(3)
            await asyncio.sleep(60)
            [silent] = alerts(await world.changes())
            assert silent.alert.rule == "agent_silent"
            assert silent.alert.is_active
            async with world.agent("gate-2", READER, is_new=False):
                await asyncio.sleep(5)
                [back] = alerts(await world.changes())
            assert back.alert.id == silent.alert.id
            assert not back.alert.is_active
            assert "heard again" in back.alert.detail

    run_virtually(main())


def test_nobody_is_called_silent_while_the_gateway_is_deaf(tmp_path: Path) -> None:
    """A broker that is away for minutes makes no flood of alerts."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway(), world.agent("gate-2", READER) as outbox:
            await asyncio.sleep(3)
            world.hub.stop()
            await outbox.say(opened())
            await asyncio.sleep(300)
            world.hub.start()
            await asyncio.sleep(60)
            [alert] = alerts(await world.changes())
            assert alert.alert.rule == "seal_opened"

    run_virtually(main())

"""What a command center that starts again shows, and what it asks for."""

import asyncio
import shutil
from pathlib import Path

from command_center.feed import STORE_S
from contract.links.memory import Hub
from contract.messages import (
    AlertChanged,
    ChangesAsked,
)
from contract.signing import Key
from tests.command_center.listening import listening
from tests.command_center.scripted import Gateway, alert
from tests.support.scripted_gateway import EPOCH
from tests.support.virtual import VirtualClock, run_virtually


def test_a_restart_shows_the_board_at_once_and_asks_only_for_what_is_new(tmp_path: Path) -> None:
    """The projection outlives the process; the gateway is asked from there on."""

    async def main() -> None:
        hub = Hub()
        gateway = Gateway(hub, VirtualClock())
        async with gateway.running():
            for id_ in ("a1", "a2", "a3"):
                await gateway.tell(AlertChanged(alert=alert(id_)))
            async with listening(tmp_path, hub, gateway):
                await asyncio.sleep(1)
                await gateway.tell(AlertChanged(alert=alert("a1", state="closed")))
                await asyncio.sleep(1)
            await gateway.tell(AlertChanged(alert=alert("a4")))
            gateway.asked.clear()
            hub.is_up = False
            async with listening(tmp_path, hub, gateway) as again:
                assert [one.id for one in again.board.snapshot().alerts] == ["a1", "a2", "a3"]
                assert again.feed.state.state == "never heard"
                assert again.feed.state.heard_at is not None
                hub.is_up = True
                await asyncio.sleep(5)
                assert again.screens.numbers == [5]
            assert gateway.asked == [ChangesAsked(epoch=EPOCH, after=4)]

    run_virtually(main())


def test_a_death_before_the_disk_has_it_loses_nothing(tmp_path: Path) -> None:
    """Screens do not wait for the disk: what it did not have yet, the gateway tells again."""

    async def main() -> None:
        hub = Hub()
        gateway = Gateway(hub, VirtualClock())
        async with gateway.running():
            await gateway.tell(AlertChanged(alert=alert("a1")))
            async with listening(tmp_path, hub, gateway) as scene:
                await asyncio.sleep(2 * STORE_S)
                await gateway.tell(AlertChanged(alert=alert("a2")))
                await asyncio.sleep(0.1)
                assert scene.screens.numbers == [2]
                dead = tmp_path / "dead"
                shutil.copytree(tmp_path, dead)
            gateway.asked.clear()
            async with listening(dead, hub, gateway) as again:
                assert [one.id for one in again.board.snapshot().alerts] == ["a1"]
                await asyncio.sleep(1)
                assert again.screens.numbers == [2]
            assert gateway.asked == [ChangesAsked(epoch=EPOCH, after=1)]

    run_virtually(main())


def test_another_gateways_projection_is_not_shown(tmp_path: Path) -> None:
    """What does not verify with the gateway's key is no board of ours."""

    async def main() -> None:
        hub = Hub()
        gateway = Gateway(hub, VirtualClock())
        async with gateway.running():
            await gateway.tell(AlertChanged(alert=alert("a1")))
            async with listening(tmp_path, hub, gateway):
                await asyncio.sleep(1)
        gateway.key = Key(b"n" * 32)
        async with listening(tmp_path, hub, gateway) as again:
            assert again.board.snapshot().alerts == ()
            assert again.follower.question() == ChangesAsked()

    run_virtually(main())

"""A whole post over a restore: what a command center and its officers see of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from contract.clock import SystemClock
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.links.memory import Hub
from contract.messages import SealRead
from contract.signing import Key
from gateway import service as gateway
from gateway.config import GatewayConfig
from greenlane.__main__ import main
from tests.command_center.desk import GOOD, Desk, running_with
from tests.command_center.scripted import ME
from tests.support.box import enrolled, speaking, until_heard

pytestmark = pytest.mark.anyio
AGENT = Source("/KEMBA/gate-2")
WAIT_S = 60


@asynccontextmanager
async def gateway_running(path: Path, hub: Hub) -> AsyncIterator[None]:
    """A gateway until the end of the block."""
    config = GatewayConfig(state_dir=str(path / "gateway"), posts=("KEMBA",))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(gateway.run(config, hub.dial, clock=SystemClock()))
        try:
            yield
        finally:
            serving.cancel()


@asynccontextmanager
async def agent_running(path: Path, hub: Hub, key: Key, public: bytes) -> AsyncIterator[Outbox]:
    """An agent until the end of the block."""
    clock = SystemClock()
    async with (
        Outbox.open(path / "outbox", source=AGENT, key=key, clock=clock) as outbox,
        speaking(outbox, hub.dial, public, clock),
    ):
        yield outbox


async def board_with(desk: Desk, seal: str, *, but_epoch: str = "") -> dict[str, Any]:
    """The board, once it has an alert about this seal in another epoch than that one."""
    async with asyncio.timeout(WAIT_S):
        while True:
            board: dict[str, Any] = (await desk.client.get("/api/board")).json()
            alerts = [one for one in board["alerts"] if seal in one["subject"]]
            if alerts and board["epoch"] != but_epoch:
                return board
            await asyncio.sleep(0.1)


def opened(seal: str) -> tuple[Said, Said]:
    """A seal that was whole, and is open."""
    return (
        Said(SealRead(device="reader-1", seal=seal, state="intact")),
        Said(SealRead(device="reader-1", seal=seal, state="opened")),
    )


def configured(path: Path) -> tuple[str, str]:
    """The configuration files of gateway and command center."""
    files = path / "gateway.toml", path / "center.toml"
    files[0].write_text(f'state_dir = "{path / "gateway"}"\nposts = ["KEMBA"]\n')
    files[1].write_text(f'state_dir = "{path / "center"}"\npost = "KEMBA"\n')
    return str(files[0]), str(files[1])


async def test_a_command_center_follows_a_restored_gateway_and_is_restored_itself(
    tmp_path: Path,
) -> None:
    """Backed up while both run; the alert that came after the copy comes again from the agent.

    The command center's own copy keeps officers and passwords.
    """
    of_gateway, of_center = configured(tmp_path)
    hub, key, box = Hub(), Key.load_or_make(tmp_path / "center/key"), Key.make()
    tars = [str(tmp_path / "gateway.tar"), str(tmp_path / "center.tar")]
    async with gateway_running(tmp_path, hub):
        state, clock = tmp_path / "gateway", SystemClock()
        await until_heard(hub, ME)
        public = await enrolled(hub.dial, state, ME, key, clock)
        await enrolled(hub.dial, state, AGENT, box, clock)
        async with (
            agent_running(tmp_path, hub, box, public) as outbox,
            running_with(tmp_path / "center", hub, public) as desk,
        ):
            await desk.sign_in_first()
            await outbox.say(*opened("A1"))
            before = await board_with(desk, "A1")
            assert await asyncio.to_thread(main, ["backup", "--config", of_gateway, tars[0]]) == 0
            assert await asyncio.to_thread(main, ["backup", "--config", of_center, tars[1]]) == 0
            await outbox.say(*opened("B2"))
            await board_with(desk, "B2")
            running = ["restore", "--config", of_gateway, "--force", tars[0]]
            assert await asyncio.to_thread(main, running) == 1
    assert main(["restore", "--config", of_gateway, tars[0]]) == 1
    assert main(["restore", "--config", of_gateway, "--force", tars[0]]) == 0
    assert main(["restore", "--config", of_center, "--force", tars[1]]) == 0
    async with (
        gateway_running(tmp_path, hub),
        agent_running(tmp_path, hub, box, public),
        running_with(tmp_path / "center", hub, public) as desk,
    ):
        assert desk.ready.first_link is None
        signed_in = await desk.post("/api/sign-in", {"name": "admin", "password": GOOD})
        assert signed_in.status_code == 204
        after = await board_with(desk, "B2", but_epoch=before["epoch"])
        subjects = [one["subject"] for one in after["alerts"]]
        assert len([one for one in subjects if "A1" in one]) == 1
        assert len([one for one in subjects if "B2" in one]) == 1

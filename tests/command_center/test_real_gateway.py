"""The command center beside the real gateway, over a link in memory: from a seal to an act."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.links.memory import Hub
from contract.messages import (
    BlobPart,
    Device,
    DeviceAlive,
    DeviceFound,
    OfficeChanged,
    Picture,
    ScanFailed,
    SealRead,
)
from contract.signing import Key
from gateway import service as gateway
from gateway.config import GatewayConfig
from gateway.journal.journal import entries
from tests.command_center.desk import Desk, hear, running_with
from tests.command_center.scripted import ME, sha256
from tests.support.box import enrolled, speaking, until_heard

AGENT = Source("/KEMBA/gate-2")
WAIT_S = 60
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50_000)


@asynccontextmanager
async def post(path: Path) -> AsyncIterator[tuple[Desk, Outbox]]:
    """A gateway, a command center and one agent's outbox."""
    hub, clock = Hub(), SystemClock()
    async with asyncio.TaskGroup() as tasks:
        config = GatewayConfig(state_dir=str(path / "gateway"), posts=("KEMBA",))
        serving = tasks.create_task(gateway.run(config, hub.dial, clock=clock), name="gateway")
        center = path / "center"
        center.mkdir()
        key = Key.load_or_make(center / "key")
        await until_heard(hub, ME)
        public = await enrolled(hub.dial, path / "gateway", ME, key, clock)
        (center / "gateway.pub").write_text(public.hex())
        box = Key.make()
        await enrolled(hub.dial, path / "gateway", AGENT, box, clock)
        reader = Device(device="reader-1", family="seal_reader")
        alive = DeviceAlive(device="reader-1", is_found=True)
        async with (
            Outbox.open(path / "outbox", source=AGENT, key=box, clock=clock) as outbox,
            speaking(outbox, hub.dial, public, clock, devices=(reader,), alive=lambda: (alive,)),
            running_with(center, hub, public) as desk,
        ):
            yield desk, outbox
        serving.cancel()


@pytest.mark.anyio
async def test_an_opened_seal_becomes_an_alert_and_an_act_is_done(tmp_path: Path) -> None:
    """Agent, gateway and command center, each the real one."""
    async with post(tmp_path) as (desk, outbox):
        await desk.sign_in_first()
        async with desk.screen() as screen:
            device = Device(device="reader-1", family="seal_reader")
            await outbox.say(
                Said(DeviceFound(device=device)),
                Said(SealRead(device="reader-1", seal="HLXU417", state="intact")),
                Said(SealRead(device="reader-1", seal="HLXU417", state="opened")),
            )
            id_ = ""
            async with asyncio.timeout(WAIT_S):
                while not id_:
                    for one in (await desk.client.get("/api/board")).json()["alerts"]:
                        if one["device"] == "reader-1":
                            id_ = one["id"]
                    await asyncio.sleep(0.05)
            act = (await desk.post(f"/api/alerts/{id_}/acts", {"verb": "acknowledge"})).json()
            await hear(screen, "act", act=act["act"], state="done")
            again = (await desk.post(f"/api/alerts/{id_}/acts", {"verb": "acknowledge"})).json()
            refused = await hear(screen, "act", act=again["act"], state="refused")
            assert refused["reason"]
            board = (await desk.client.get("/api/board")).json()
            (mine,) = [one for one in board["alerts"] if one["id"] == id_]
            assert mine["state"] == "acknowledged"
            assert mine["acts"][0]["officer"] == "admin"
            assert {one["source"] for one in board["agents"]} >= {AGENT}


@pytest.mark.anyio
async def test_a_picture_travels_from_the_agents_outbox_to_the_browser(tmp_path: Path) -> None:
    """In parts to the gateway, in pieces to the command center, whole by its hash."""
    async with post(tmp_path) as (desk, outbox):
        await desk.sign_in_first()
        name = sha256(PNG)
        picture = Picture(
            sha256=name, size_bytes=len(PNG), media_type="image/png", width_px=1, height_px=1
        )
        part = BlobPart(
            sha256=name,
            size_bytes=len(PNG),
            media_type="image/png",
            offset_bytes=0,
            part_sha256=name,
            part_bytes=len(PNG),
        )
        failed = ScanFailed(device="scan-1", picture=picture, reason="not looked at")
        await outbox.say(Said(failed), Said(part, raw=PNG))
        async with asyncio.timeout(WAIT_S):
            while (answer := await desk.client.get(f"/api/blobs/{name}")).status_code == 404:
                await asyncio.sleep(0.1)
        assert answer.status_code == 200
        assert answer.content == PNG
        assert json.loads((await desk.client.get("/api/board")).content)["scans"]


@pytest.mark.anyio
async def test_what_an_admin_does_is_in_the_journal(tmp_path: Path) -> None:
    """Signed by the command center, under the number that its outbox gave it."""
    async with post(tmp_path) as (desk, _):
        await desk.sign_in_first()
        asked = {"name": "Amina", "role": "viewer", "posts": ["KEMBA"]}
        assert (await desk.post("/api/officers", asked)).status_code == 201
        found: list[OfficeChanged] = []
        async with asyncio.timeout(WAIT_S):
            while not found:
                kept = await asyncio.to_thread(list, entries(tmp_path / "gateway/journal.sqlite"))
                mine = [entry.message for entry in kept if entry.source == ME]
                found = [message for message in mine if isinstance(message, OfficeChanged)]
        assert found[0].officer == "admin"
        assert (found[0].verb, found[0].about, found[0].detail) == ("invite", "Amina", "as viewer")

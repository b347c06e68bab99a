"""The whole command center over a real port: first sign-in, live stream, acts, restarts."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from websockets.exceptions import InvalidStatus

from command_center import live, server
from command_center.config import Config
from command_center.service import run
from contract.clock import SystemClock
from contract.link import Rejected
from contract.links.memory import Hub
from contract.messages import ActRefused, AlertChanged
from contract.signing import Key
from tests.command_center.desk import WAIT_S, closed_with, config, hear, running
from tests.command_center.scripted import Gateway, agent, alert, readings

SOCKETS_BYTES_MAX = 12_000_000
"""What two ends of a connection hold at most, by the kernel's defaults."""


@pytest.mark.anyio
async def test_from_the_first_link_to_the_live_stream(tmp_path: Path, gateway: Gateway) -> None:
    """Link, password, snapshot, and then every change as it comes."""
    async with running(tmp_path, gateway) as desk:
        await desk.sign_in_first()
        async with desk.screen() as screen:
            first = await screen.recv()
            assert first["kind"] == "snapshot"
            assert first["me"] == {
                "name": "admin",
                "role": "admin",
                "posts": ["*"],
                "must_set_password": False,
            }
            if first["number"] == 0:
                first = await hear(screen, "snapshot", number=1)
            assert [one["id"] for one in first["alerts"]] == ["a1"]
            await gateway.tell(AlertChanged(alert=alert("a2", title="</script>\u202e")))
            change = await hear(screen, "change", number=2)
            assert change["type"] == "alert.changed"
            assert change["data"]["alert"]["title"] == "</script>\u202e"
            board = (await desk.client.get("/api/board")).json()
            assert board["gateway"]["state"] == "live"
            assert board["number"] == 2


@pytest.mark.anyio
async def test_an_act_is_sending_until_the_journal_decides(
    tmp_path: Path, gateway: Gateway
) -> None:
    """Through the real outbox and uplink; done by the alert that carries it, or refused."""
    async with running(tmp_path, gateway) as desk:
        await desk.sign_in_first()
        async with desk.screen() as screen:
            while (await desk.client.get("/api/board")).json()["number"] < 1:
                await asyncio.sleep(0.01)
            gateway.on_act = lambda act: AlertChanged(
                alert=alert(act.alert, state="acknowledged"), act=act.act
            )
            told = await desk.post("/api/alerts/a1/acts", {"verb": "acknowledge", "note": "seen"})
            assert told.status_code == 202
            id_ = told.json()["act"]
            assert (await hear(screen, "act", act=id_))["state"] == "sending"
            assert (await hear(screen, "act", act=id_))["state"] == "done"
            assert [(a.officer, a.role, a.note) for a in gateway.acts] == [
                ("admin", "admin", "seen")
            ]
            gateway.on_act = lambda act: ActRefused(
                act=act.act, alert=act.alert, reason="it is acknowledged already"
            )
            id_ = (await desk.post("/api/alerts/a1/acts", {"verb": "acknowledge"})).json()["act"]
            refused = await hear(screen, "act", act=id_, state="refused")
            assert refused["reason"] == "it is acknowledged already"


@pytest.mark.anyio
async def test_an_act_said_while_the_gateway_is_away_arrives_after_a_restart(
    tmp_path: Path,
) -> None:
    """The officer's word is on the disk: no absence loses it, and nobody hears it twice."""
    gateway = Gateway(Hub(), SystemClock())
    async with gateway.running():
        await gateway.tell(AlertChanged(alert=alert("a1")))
        async with running(tmp_path, gateway) as desk:
            await desk.sign_in_first()
            async with desk.screen() as screen:
                while (await desk.client.get("/api/board")).json()["number"] < 1:
                    await asyncio.sleep(0.01)
                gateway.hub.fault = lambda packet, _: () if "/events" in packet.topic else (0.0,)
                id_ = (await desk.post("/api/alerts/a1/acts", {"verb": "start"})).json()["act"]
                await hear(screen, "act", act=id_, state="sending")
            cookies = desk.client.cookies
        gateway.hub.fault = lambda _packet, _: (0.0,)
        gateway.on_act = lambda act: AlertChanged(
            alert=alert(act.alert, state="in progress"), act=act.act
        )
        async with running(tmp_path, gateway) as desk:
            assert desk.ready.first_link is None
            desk.client.cookies = cookies
            async with asyncio.timeout(WAIT_S):
                while True:
                    board = (await desk.client.get("/api/board")).json()
                    states = [(act["act"], act["state"]) for act in board["acts"]]
                    if states == [(id_, "done")]:
                        break
                    await asyncio.sleep(0.05)
    assert [act.act for act in gateway.acts] == [id_]


@pytest.mark.anyio
async def test_watched_readings_reach_only_who_watches(tmp_path: Path, gateway: Gateway) -> None:
    """Signed by the agent, shown at once, with the source."""
    key = Key(b"a" * 32)
    await gateway.tell(agent(key))
    async with running(tmp_path, gateway) as desk:
        await desk.sign_in_first()
        async with desk.screen() as screen, desk.screen() as other:
            await hear(screen, "snapshot")
            await screen.send('{"kind":"watch","device":"scale-1","metric":"mass"}')
            await other.send('{"kind":"watch","device":"scale-1","metric":"other"}')
            await screen.send("nonsense")
            async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
                heard = tasks.create_task(hear(screen, "readings"), name="heard")
                async with gateway.hub.dial("an agent") as link:
                    while not heard.done():
                        await link.publish([readings(key)])
                        await asyncio.sleep(0.05)
            (reading,) = heard.result()["readings"]
            assert (reading["source"], reading["value"]) == ("/KEMBA/gate-2", 12.5)
            await gateway.tell(AlertChanged(alert=alert("end")))
            async with asyncio.timeout(WAIT_S):
                while (message := await other.recv())["kind"] != "change":
                    assert message["kind"] != "readings"


@pytest.mark.anyio
async def test_a_slow_screen_is_sent_away_and_the_others_go_on(
    tmp_path: Path, gateway: Gateway
) -> None:
    """More than sockets and queue hold: the slow one is closed, the good one misses nothing."""
    large = msgspec.structs.replace(alert("a1", title="x" * 2_000), detail="y" * 2_000)
    async with running(tmp_path, gateway) as desk:
        await desk.sign_in_first()
        async with desk.screen() as good, desk.screen(max_queue=1) as slow:
            await hear(slow, "snapshot")
            changes = 3 * live.QUEUE_MESSAGES_MAX + SOCKETS_BYTES_MAX // 4_000
            for number in range(2, changes):
                await gateway.tell(AlertChanged(alert=large))
                if number % 100 == 0:
                    await hear(good, "change", number=number)
            code = await closed_with(slow)
            # Too late for a close code if this box is slow itself: then just closed.
            assert code in (live.TOO_SLOW, None)
            await gateway.tell(AlertChanged(alert=alert("after")))
            await hear(good, "change", number=changes)


@pytest.mark.anyio
async def test_a_strangers_websocket_is_refused(tmp_path: Path, gateway: Gateway) -> None:
    """Another origin, no cookie, or a session that ended."""
    async with running(tmp_path, gateway) as desk:
        with pytest.raises(InvalidStatus, match="401"):
            async with desk.screen():
                pass
        await desk.sign_in_first()
        with pytest.raises(InvalidStatus, match="403"):
            async with desk.screen(origin="http://evil"):
                pass
        async with desk.screen() as screen:
            await hear(screen, "snapshot")
            await desk.post("/api/sign-out", {})
            await screen.send('{"kind":"watch","device":"d","metric":"m"}')
            assert await closed_with(screen) == live.SIGNED_OUT


@pytest.mark.anyio
async def test_a_restart_before_the_link_was_used_makes_another(
    tmp_path: Path, gateway: Gateway
) -> None:
    """The old one opens nothing."""
    async with running(tmp_path, gateway) as desk:
        old = (desk.ready.first_link or "").removeprefix(desk.ready.url)
    async with running(tmp_path, gateway) as desk:
        assert (await desk.client.get(old)).headers["location"] == "/sign-in#used-link"
        new = await desk.client.get(desk.ready.first_link or "")
        assert new.headers["location"] == "/set-password"


@pytest.mark.anyio
async def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path, gateway: Gateway) -> None:
    """And nothing was touched: no state, no link."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Rejected, match=f"port {port} of 127.0.0.1 is in use"):
            await run(
                config(tmp_path, gateway.key.public, port=port),
                gateway.hub.dial,
                clock=SystemClock(),
            )
    assert os.listdir(tmp_path) == ["gateway.pub"]  # noqa: PTH208 - a moment in a test
    with pytest.raises(Rejected, match="no address"):
        server.listen("no.such.host.invalid", 0)


@pytest.mark.anyio
async def test_two_on_one_state_directory_are_one_too_many(
    tmp_path: Path, gateway: Gateway
) -> None:
    """The second says so and ends; the first goes on."""
    async with running(tmp_path, gateway) as desk:
        with pytest.raises(Rejected, match="another command center is running"):
            await run(config(tmp_path, gateway.key.public), gateway.hub.dial, clock=SystemClock())
        assert (await desk.client.get("/healthz")).status_code == 200


@pytest.mark.anyio
async def test_without_an_enrolment_it_says_what_to_do(tmp_path: Path, gateway: Gateway) -> None:
    """One sentence, not a traceback about a file."""
    unknown = Config(state_dir=str(tmp_path / "new"), post="KEMBA", port=0)
    with pytest.raises(Rejected, match="not enrolled"):
        await run(unknown, gateway.hub.dial, clock=SystemClock())


def test_the_command_center_loads_no_numpy() -> None:
    """Pictures are converted in a process of their own; a model never is loaded here."""
    heavy = "numpy", "cv2", "onnxruntime", "gateway", "edge"
    program = f"import sys, command_center.service; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"

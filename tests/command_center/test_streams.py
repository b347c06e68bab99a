"""Alert subscribers over a real port: nothing is missed, whatever restarts."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from contract.messages import AlertChanged, JudgeChanged, read
from tests.command_center.desk import WAIT_S, running
from tests.command_center.scripted import Gateway, alert
from tests.support.scripted_gateway import EPOCH
from tests.system.servers import free_port

RESTARTS = 10


async def subscribe(url: str, headers: dict[str, str], heard: list[str], last_id: str) -> None:
    """A subscriber as anybody writes one with httpx-sse: come back with the last id."""
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        while True:
            try:
                resume = {"Last-Event-ID": last_id}
                async with httpx_sse.aconnect_sse(client, "GET", url, headers=resume) as source:
                    async for event in source.aiter_sse():
                        assert event.event in ("alert.changed", "heartbeat")
                        last_id = event.id
                        if event.event == "alert.changed":
                            heard.append(event.json()["data"]["alert"]["id"])
            except (httpx.TransportError, httpx_sse.SSEError):
                await asyncio.sleep(0.05)


@pytest.mark.anyio
async def test_a_subscriber_survives_ten_restarts_and_misses_nothing(
    tmp_path: Path, gateway: Gateway
) -> None:
    """Alerts while it listens, while the server is down, and between: each one, in order."""
    port, heard = free_port(), list[str]()
    url = f"http://127.0.0.1:{port}/api/alerts/stream"
    async with running(tmp_path, gateway, port=port) as desk:
        await desk.sign_in_first()
        await desk.until(1)
        headers = await desk.token("KEMBA")
    number = 1
    async with asyncio.TaskGroup() as tasks:
        first = f"{EPOCH}:1"
        listening = tasks.create_task(subscribe(url, headers, heard, first), name="subscriber")
        for restart in range(RESTARTS + 1):
            number += 1
            await gateway.tell(AlertChanged(alert=alert(f"a{number}")))
            async with running(tmp_path, gateway, port=port):
                for _ in range(3):
                    number += 1
                    await gateway.tell(AlertChanged(alert=alert(f"a{number}")))
                    await gateway.tell(JudgeChanged(version=str(restart), rules=()))
                async with asyncio.timeout(WAIT_S):
                    while restart % 2 == 0 and (not heard or heard[-1] != f"a{number}"):
                        await asyncio.sleep(0.02)
        async with running(tmp_path, gateway, port=port), asyncio.timeout(WAIT_S):
            while not heard or heard[-1] != f"a{number}":
                await asyncio.sleep(0.02)
        listening.cancel()
    assert heard == [f"a{n}" for n in range(2, number + 1)]


@pytest.mark.anyio
async def test_each_event_is_the_cloudevent_that_the_gateway_signed(
    tmp_path: Path, gateway: Gateway
) -> None:
    """Structured CloudEvents 1.0, byte for byte: whoever has the gateway's key can check it."""
    async with running(tmp_path, gateway) as desk:
        await desk.sign_in_first()
        await desk.until(1)
        headers = {**await desk.token("*"), "Last-Event-ID": f"{EPOCH}:0"}
        async with (
            httpx.AsyncClient(base_url=desk.ready.url, headers=headers) as client,
            httpx_sse.aconnect_sse(client, "GET", "/api/alerts/stream") as source,
            asyncio.timeout(WAIT_S),
        ):
            kinds = []
            async for event in source.aiter_sse():
                kinds.append(event.event)
                if event.event == "alert.changed":
                    break
    assert kinds == ["heartbeat", "alert.changed"]
    assert event.id == f"{EPOCH}:1"
    assert event.data.encode() == gateway.changes[0].body
    assert event.json()["specversion"] == "1.0"
    assert read(event.data.encode()).message() == AlertChanged(alert=alert("a1"))


async def hear(socket_: Any, kind: str) -> dict[str, Any]:
    """The next message of that kind."""
    async with asyncio.timeout(WAIT_S):
        while True:
            message: dict[str, Any] = json.loads(await socket_.recv())
            if message["kind"] == kind:
                return message


@pytest.mark.anyio
async def test_the_websocket_tells_the_same_and_only_of_its_posts(
    tmp_path: Path, gateway: Gateway
) -> None:
    """A program of one post never hears of another; taken back, its token ends the stream."""
    async with running(tmp_path, gateway) as desk:
        await desk.sign_in_first()
        await desk.until(1)
        headers = await desk.token("KEMBA")
        url = desk.ready.url.replace("http", "ws") + "/api/alerts/live"
        async with connect(url, additional_headers=headers) as program:
            assert (await hear(program, "heartbeat"))["cursor"] == f"{EPOCH}:1"
            there = msgspec.structs.replace(alert("far"), post="GBLHR")
            await gateway.tell(AlertChanged(alert=there))
            await gateway.tell(AlertChanged(alert=alert("near")))
            told = json.loads(await program.recv())
            assert (told["kind"], told["cursor"]) == ("alert.changed", f"{EPOCH}:3")
            assert told["data"]["data"]["alert"]["id"] == "near"
            async with connect(f"{url}?after={EPOCH}:1", additional_headers=headers) as late:
                assert (await hear(late, "alert.changed"))["cursor"] == f"{EPOCH}:3"
            async with connect(f"{url}?after={'f' * 16}:1", additional_headers=headers) as lost:
                assert (await hear(lost, "reset"))["data"]["cursor"] == f"{EPOCH}:3"
            async with connect(f"{url}?after=x", additional_headers=headers) as wrong:
                with pytest.raises(ConnectionClosed):
                    await hear(wrong, "heartbeat")
            # No token, and no page of ours: not even the door is opened.
            for bad in ({}, {"Authorization": "Bearer glt_x"}):
                with pytest.raises(InvalidStatus, match="401"):
                    async with connect(url, additional_headers=bad):
                        pass
            live = url.replace("/alerts/live", "/live")
            with pytest.raises(InvalidStatus, match="403"):
                async with connect(live, additional_headers=headers):
                    pass
            (token,) = (await desk.client.get("/api/tokens")).json()["tokens"]
            gone = await desk.client.delete(
                f"/api/tokens/{token['id']}", headers={"X-Greenlane": "1"}
            )
            assert gone.json()["is_revoked"] is True
            await gateway.tell(AlertChanged(alert=alert("after")))
            with pytest.raises(ConnectionClosed):
                await hear(program, "alert.changed")


@pytest.mark.anyio
async def test_a_subscriber_that_takes_nothing_delays_nobody(
    tmp_path: Path, gateway: Gateway
) -> None:
    """Its socket is full; the next one hears everything all the same."""
    large = msgspec.structs.replace(alert("a1", title="x" * 2_000), detail="y" * 2_000)
    async with running(tmp_path, gateway) as desk:
        await desk.sign_in_first()
        await desk.until(1)
        headers = await desk.token("*")
        url = desk.ready.url.replace("http", "ws") + "/api/alerts/live"
        async with (
            connect(url, additional_headers=headers, max_queue=1) as slow,
            connect(url, additional_headers=headers) as good,
        ):
            await hear(slow, "heartbeat")
            for _ in range(2_000):
                await gateway.tell(AlertChanged(alert=large))
            cursor = ""
            while cursor != f"{EPOCH}:2001":
                cursor = (await hear(good, "alert.changed"))["cursor"]

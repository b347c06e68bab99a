"""A command center on a free port, as a browser sees it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from command_center.config import Config
from command_center.service import Ready, run
from contract.clock import SystemClock
from contract.links.memory import Hub
from tests.command_center.scripted import Gateway

GOOD: Final = "four quiet green lanes"
WAIT_S: Final = 60


class Screen:
    """A browser's websocket: what comes in lists, one by one."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket: Final = socket
        self._told: list[dict[str, Any]] = []

    async def recv(self) -> dict[str, Any]:
        """What is told next."""
        while not self._told:
            self._told = json.loads(await self._socket.recv())
        return self._told.pop(0)

    async def send(self, text: str | bytes) -> None:
        """Say something."""
        await self._socket.send(text)


@dataclass
class Desk:
    """A running command center, seen from outside."""

    ready: Ready
    client: httpx.AsyncClient

    async def post(self, path: str, body: Any) -> httpx.Response:
        """As a page of ours."""
        return await self.client.post(path, json=body, headers={"X-Greenlane": "1"})

    async def until(self, number: int) -> None:
        """The board has this change."""
        async with asyncio.timeout(WAIT_S):
            while (await self.client.get("/api/board")).json()["number"] < number:
                await asyncio.sleep(0.02)

    async def token(self, *posts: str) -> dict[str, str]:
        """The header of a program that reads alerts of these posts."""
        made = await self.post("/api/tokens", {"name": "a program", "posts": posts})
        return {"Authorization": f"Bearer {made.json()['secret']}"}

    async def sign_in_first(self) -> None:
        """By the one-time link."""
        await self.client.get(self.ready.first_link or "")
        done = await self.post("/api/password", {"password": GOOD})
        assert done.status_code == 204

    @asynccontextmanager
    async def screen(self, *, origin: str = "", **options: Any) -> AsyncIterator[Screen]:
        """A browser's websocket."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        async with connect(
            self.ready.url.replace("http", "ws") + "/api/live",
            additional_headers={"Cookie": cookie},
            origin=origin or self.ready.url,  # type: ignore[arg-type]  # a plain string will do
            max_size=None,
            **options,
        ) as socket_:
            yield Screen(socket_)


def config(
    path: Path, gateway_key: bytes, *, port: int = 0, networks: tuple[str, ...] = ()
) -> Config:
    """An enrolled command center."""
    path.mkdir(exist_ok=True)
    (path / "gateway.pub").write_text(gateway_key.hex())
    return Config(state_dir=str(path), post="KEMBA", port=port, webhook_networks=networks)


@asynccontextmanager
async def running(
    path: Path, gateway: Gateway, *, port: int = 0, networks: tuple[str, ...] = ()
) -> AsyncIterator[Desk]:
    """A command center on a free port, or on this one."""
    known = config(path, gateway.key.public, port=port, networks=networks)
    async with running_as(known, gateway.hub) as desk:
        yield desk


@asynccontextmanager
async def running_with(path: Path, hub: Hub, gateway_key: bytes) -> AsyncIterator[Desk]:
    """The same, for any gateway of this key."""
    async with running_as(config(path, gateway_key), hub) as desk:
        yield desk


@asynccontextmanager
async def running_as(known: Config, hub: Hub) -> AsyncIterator[Desk]:
    """A command center of this configuration."""
    came: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        service = tasks.create_task(
            run(known, hub.dial, clock=SystemClock(), ready=came.set_result),
            name="command center",
        )
        async with asyncio.timeout(WAIT_S):
            ready = await came
        async with httpx.AsyncClient(base_url=ready.url, timeout=WAIT_S) as client:
            yield Desk(ready, client)
        service.cancel()


async def hear(screen: Screen, kind: str, **wanted: Any) -> dict[str, Any]:
    """The next message of that kind, with these fields."""
    async with asyncio.timeout(WAIT_S):
        while True:
            message = await screen.recv()
            if message["kind"] == kind and wanted.items() <= message.items():
                return message


async def closed_with(screen: Screen) -> int | None:
    """Read until it is closed; the code that the server gave."""
    async with asyncio.timeout(WAIT_S):
        try:
            while True:
                await screen.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

"""Webhooks that are delivered to a receiver over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from command_center.addresses import networks
from command_center.alert_log import AlertLog
from command_center.cursor import Cursor
from command_center.subscribers import Subscriber, Subscribers
from command_center.webhooks import Patience, Webhooks
from contract.clock import SystemClock
from contract.lookup import Lookups
from tests.command_center.desk import WAIT_S
from tests.command_center.logged import change
from tests.support.scripted_gateway import EPOCH

HOME = ("127.0.0.0/8",)


QUICK = Patience(answer_s=5, first_s=0.01, most_s=0.05, limit=timedelta(hours=1))


@dataclass
class Receiver:
    """A program of somebody else, over a real socket; answers what the script says, then 204."""

    script: list[int] = field(default_factory=list)
    """Statuses of the answers to come; 0 never answers."""
    extra: str = ""
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Ids of the deliveries that were answered otherwise."""
    url: str = ""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer until left."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook?x=1"
        try:
            yield
        finally:
            server.close()
            for writer in self.writers:
                writer.transport.abort()
            async with asyncio.timeout(WAIT_S):
                while self.writers:
                    await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                pairs = (line.split(": ", 1) for line in head[1:] if line)
                headers = {name.lower(): value for name, value in pairs}
                body = await reader.readexactly(int(headers["content-length"]))
                assert head[0] == "POST /hook?x=1 HTTP/1.1"
                status = self.script.pop(0) if self.script else 204
                if status == 0:
                    await reader.read()
                    return
                if status == 204:
                    self.taken.append((headers, body))
                else:
                    self.refused.append(headers["webhook-id"])
                end = "\r\n" if status == 204 else "Content-Length: 2\r\n\r\nno"
                writer.write(f"HTTP/1.1 {status} x\r\n{self.extra}{end}".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
            self.writers.remove(writer)


@dataclass
class Scene:
    """A log, subscribers, and their deliveries."""

    log: AlertLog
    subscribers: Subscribers
    webhooks: Webhooks

    async def add(self, url: str, *posts: str) -> tuple[Subscriber, str]:
        """A subscriber from the beginning on."""
        added = await self.subscribers.add(
            name="a", url=url, posts=posts or ("*",), officer="admin", position=0
        )
        self.webhooks.restart(added[0].id)
        return added

    async def say(self, *numbers: int, post: str = "KEMBA") -> None:
        """Changes of alerts."""
        for number in numbers:
            self.log.took(change(number, post=post))
        await self.log.flush()

    async def until(self, id_: str, is_so: Callable[[Subscriber], bool]) -> Subscriber:
        """How it stands once that is so."""
        async with asyncio.timeout(WAIT_S):
            while True:
                one = self.subscribers.get(id_)
                if one is not None and is_so(one):
                    return one
                await asyncio.sleep(0.01)


@asynccontextmanager
async def delivering(
    path: Path,
    *,
    patience: Patience = QUICK,
    allowed: Sequence[str] = HOME,
    kept_max: int = 1_000,
    lookups: Lookups | None = None,
) -> AsyncIterator[Scene]:
    """Deliver until left."""
    clock = SystemClock()
    async with (
        AlertLog.open(path / "alerts.sqlite", head=Cursor(EPOCH, 0), kept_max=kept_max) as log,
        Subscribers.open(path / "subscribers.sqlite", clock=clock) as subscribers,
    ):
        webhooks = Webhooks(
            subscribers=subscribers,
            log=log,
            clock=clock,
            allowed=networks(allowed),
            patience=patience,
            lookups=lookups,
        )
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(webhooks.run(), name="webhooks")
            yield Scene(log, subscribers, webhooks)
            task.cancel()

"""A real mosquitto, a whole gateway beside it, and strangers that publish as their manuals say."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest

from command_center.board import Board, Snapshot
from contract.ask import Asker
from contract.clock import SystemClock
from contract.config import parse
from contract.links.mqtt import dialler
from contract.messages import (
    ChangesAsked,
    ChangesTold,
    HistoryAsked,
    HistoryTold,
    Message,
    SeriesAsked,
    SeriesTold,
    read,
)
from gateway import service
from gateway.config import GatewayConfig
from gateway.entry import Entry
from gateway.journal.journal import entries
from tests.support.waiting import until
from tests.system.servers import Server, free_port

WAIT_S_MAX = 40.0
POST = "KEMBA"
HEARS = ("foreign devices are heard", "the gateway hears")


@dataclass
class Post:
    """A broker with a gateway that is told of strangers."""

    folder: Path
    broker: Server
    caplog: pytest.LogCaptureFixture
    toml: str = ""
    metrics_port: int = field(default_factory=free_port)
    asked: Asker | None = field(default=None, init=False)

    @property
    def config(self) -> GatewayConfig:
        """Of the gateway; the store of time series is the embedded one."""
        head = f'state_dir = "{self.folder / "gateway"}"\nposts = ["{POST}"]\n'
        head += f"metrics_port = {self.metrics_port}\n"
        tail = f'\n[broker]\nport = {self.broker.port}\n[sinks.here]\nkind = "embedded"\n'
        return parse(head + self.toml + tail, GatewayConfig)

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[None]:
        """A gateway that hears, until the end of the block."""
        config = self.config
        dial = dialler(config.broker)
        self.caplog.clear()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(service.run(config, dial, clock=SystemClock()))
            try:
                await until(lambda: all(one in self.caplog.text for one in HEARS))
                async with dial("asker") as link:
                    asker = Asker(link, me="/KEMBA/asker", session="1", clock=SystemClock())
                    await link.subscribe(asker.reply_to)
                    hearing = tasks.create_task(_told(link, asker))
                    self.asked = asker
                    yield
                    hearing.cancel()
            finally:
                running.cancel()

    @asynccontextmanager
    async def stranger(self) -> AsyncIterator[aiomqtt.Client]:
        """A client that knows nothing of us."""
        async with aiomqtt.Client("127.0.0.1", self.broker.port) as client:
            yield client

    def heard(self) -> list[Entry]:
        """The batches that the journal holds."""
        path = self.folder / "gateway" / "journal.sqlite"
        return [entry for entry in entries(path) if entry.kind == "foreign"]

    def quarantined(self) -> list[tuple[str, str]]:
        """Topics and reasons of what was put aside."""
        with contextlib.closing(sqlite3.connect(self.folder / "gateway" / "journal.sqlite")) as at:
            return list(at.execute("SELECT topic, reason FROM quarantine"))

    async def counted(self, what: str) -> float:
        """A counter of the gateway, as a monitor reads it."""
        async with httpx.AsyncClient(trust_env=False) as client:
            told = await client.get(f"http://127.0.0.1:{self.metrics_port}/metrics")
        lines = dict(line.rsplit(" ", 1) for line in told.text.splitlines())
        return float(lines[f"greenlane_{what}_total"])

    async def series(self) -> set[tuple[str, str, str]]:
        """Device, metric and unit of all that the store has."""
        told = await self._ask(SeriesAsked())
        assert isinstance(told, SeriesTold)
        return set(told.series)

    async def history(
        self, device: str, metric: str, points: int = 600
    ) -> list[tuple[datetime, float]]:
        """What the store has of a metric, one by one."""
        now = datetime.now(UTC)
        span = timedelta(days=3_650)
        asked = HistoryAsked(
            device=device, metric=metric, start=now - span, end=now + span, points=points
        )
        told = await self._ask(asked)
        assert isinstance(told, HistoryTold)
        return [(point.at, point.mean) for point in told.points]

    async def board(self) -> Snapshot:
        """The desk as a command center would see it."""
        told = await self._ask(ChangesAsked())
        assert isinstance(told, ChangesTold)
        board = Board()
        for number, change in enumerate(told.changes, start=1):
            board.apply(told.epoch, number, read(change.body).message())
        return board.snapshot()

    async def _ask(self, question: Message) -> Message:
        assert self.asked is not None
        return await self.asked.ask(f"/{POST}/gateway", question)


async def _told(link: Any, asker: Asker) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        async for batch in link.receive():
            for packet in batch:
                asker.told(packet)


async def until_told(fact: Callable[[], Awaitable[Any]]) -> Any:
    """Wait for an answer that is something; returns it."""
    async with asyncio.timeout(WAIT_S_MAX):
        while not (found := await fact()):
            await asyncio.sleep(0.05)
    return found

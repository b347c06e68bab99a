"""A gateway that is killed again and again, between an uplink and a real broker."""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery import uplink
from contract.delivery.enrolment import enrol
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Dial, Unavailable
from contract.links.mqtt import BrokerConfig, dialler
from contract.messages import AlertChanged, SealRead, read
from contract.signing import Key
from gateway.journal.journal import entries, stats_of
from gateway.journal.store import connect
from gateway.judging.changes import CURSOR
from gateway.judging.replay import replay
from gateway.trust.codes import make_code
from tests.system.servers import mosquitto

SEALS = 240
KILLS = 5
PROGRAM = """
import asyncio, sys
import msgspec
from contract.link import Dial, Unavailable
from contract.links.mqtt import dialler
from gateway.config import GatewayConfig
from gateway.service import run
config = msgspec.json.decode(sys.argv[1], type=GatewayConfig)
asyncio.run(run(config, dialler(config.broker)))
"""


class Gateway:
    """A gateway process."""

    def __init__(self, folder: Path, port: int) -> None:
        self.config = json.dumps(
            {
                "state_dir": str(folder),
                "posts": ["KEMBA"],
                "broker": {"port": port},
                "sinks": {"own": {"kind": "embedded"}},
            }
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, self.config], env=os.environ
        )

    def kill(self) -> None:
        """As a power cut does."""
        if self.process:
            self.process.kill()
            self.process.wait()


@contextmanager
def gateway(folder: Path, port: int) -> Iterator[Gateway]:
    running = Gateway(folder, port)
    running.start()
    try:
        yield running
    finally:
        running.kill()


@pytest.mark.anyio
@pytest.mark.system
async def test_killed_again_and_again_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Every message once in the journal, every alert once in the changes, the chain unbroken."""
    clock, chance = SystemClock(), random.Random(7)  # noqa: S311 - a seed, no secret
    source, key = Source("/KEMBA/gate-2"), Key.make()
    state = tmp_path / "gateway"
    journal = state / "journal.sqlite"
    with mosquitto(tmp_path) as broker, gateway(state, broker.port) as running:
        dial = dialler(BrokerConfig(port=broker.port))
        await _until((state / "gateway.pub").exists)
        code = make_code(state, source, clock)
        await _until(journal.exists)
        public = await _enrolled(dial, source, key, code, clock)
        async with (
            Outbox.open(tmp_path / "outbox", source=source, key=key, clock=clock) as outbox,
            asyncio.TaskGroup() as tasks,
        ):
            speaking = tasks.create_task(
                uplink.run(
                    outbox,
                    dial,
                    gateway_key=public,
                    facts=lambda: uplink.Facts("1"),
                    alive=lambda: (),
                    clock=clock,
                )
            )
            for number in range(SEALS):
                await outbox.say(
                    Said(SealRead(device="reader", seal=f"HLXU{number}", state="opened"))
                )
                await asyncio.sleep(0.02)
                if number % (SEALS // KILLS) == SEALS // KILLS - 1:
                    await asyncio.sleep(chance.random())
                    running.kill()
                    running.start()
            async with asyncio.timeout(90):
                while any(q.messages for q in await outbox.call(outbox.end.queues)):
                    await asyncio.sleep(0.2)
                while stats_of(journal).entries > _judged(journal) + 50:
                    await asyncio.sleep(0.2)
            await asyncio.sleep(1.5)
            speaking.cancel()
        running.kill()
    _check(journal)


def _check(journal: Path) -> None:
    stats = stats_of(journal)
    assert stats.messages == SEALS
    received = [entry.received_at for entry in entries(journal)]
    assert received == sorted(received)
    connection = connect(journal)
    bodies = [body for (body,) in connection.execute("SELECT body FROM change ORDER BY number")]
    connection.close()
    assert list(replay(journal, "/KEMBA/gateway"))[: len(bodies)] == bodies
    changes = [read(body).message() for body in bodies]
    alerts = [c.alert for c in changes if isinstance(c, AlertChanged)]
    opened = [a.id for a in alerts if a.rule == "seal_opened"]
    assert len(opened) == len(set(opened)) == SEALS


def _judged(journal: Path) -> int:
    connection = connect(journal)
    try:
        row = connection.execute("SELECT position FROM cursor WHERE name = ?", (CURSOR,)).fetchone()
        return int(row[0]) if row else 0
    finally:
        connection.close()


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.05)


async def _enrolled(dial: Dial, source: Source, key: Key, code: str, clock: SystemClock) -> bytes:
    """Enrol, as soon as the gateway answers."""
    for _ in range(5):
        try:
            return await enrol(dial, source=source, key=key, code=code, clock=clock)
        except Unavailable:
            await asyncio.sleep(1)
    raise AssertionError("nobody enrols us")

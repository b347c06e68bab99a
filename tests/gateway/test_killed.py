"""A gateway that is killed again and again, between an uplink and a real broker."""

import asyncio
import random
from contextlib import closing
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.links.mqtt import BrokerConfig, dialler
from contract.messages import AlertChanged, SealRead, read
from contract.signing import Key
from gateway.journal.journal import entries, stats_of
from gateway.journal.store import connect
from gateway.judging.replay import replay
from tests.support.box import enrolled, speaking
from tests.support.waiting import until
from tests.system.programs import Program
from tests.system.servers import mosquitto

SEALS = 240
KILLS = 5


@pytest.mark.anyio
@pytest.mark.system
async def test_killed_again_and_again_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Every message once in the journal, every alert once in the changes, the chain unbroken."""
    clock, chance = SystemClock(), random.Random(7)  # noqa: S311 - a seed, no secret
    source, key = Source("/KEMBA/gate-2"), Key.make()
    state = tmp_path / "gateway"
    journal = state / "journal.sqlite"
    config = tmp_path / "gateway.toml"
    with mosquitto(tmp_path) as broker:
        config.write_text(
            f'state_dir = "{state}"\nposts = ["KEMBA"]\n[broker]\nport = {broker.port}\n'
            '[sinks.own]\nkind = "embedded"\n'
        )
        with Program(tmp_path, "running", "gateway", "--config", str(config)) as gateway:
            dial = dialler(BrokerConfig(port=broker.port))
            await until(journal.exists)
            public = await enrolled(dial, state, source, key, clock)
            async with (
                Outbox.open(tmp_path / "outbox", source=source, key=key, clock=clock) as outbox,
                speaking(outbox, dial, public, clock),
            ):
                for number in range(SEALS):
                    seal = SealRead(device="reader", seal=f"HLXU{number}", state="opened")
                    await outbox.say(Said(seal))
                    await asyncio.sleep(0.02)
                    if number % (SEALS // KILLS) == SEALS // KILLS - 1:
                        await asyncio.sleep(chance.random())
                        gateway.kill()
                        gateway.start()
                await _settled(outbox, journal)
    _check(journal)


async def _settled(outbox: Outbox, journal: Path) -> None:
    """Until everything has its receipt, and every alert that follows is kept."""
    async with asyncio.timeout(90):
        while any(queue.messages for queue in await outbox.call(outbox.end.queues)):
            await asyncio.sleep(0.2)
    await until(lambda: len(_opened(_changes(journal))) >= SEALS, within_s=90)


def _check(journal: Path) -> None:
    assert stats_of(journal).messages == SEALS
    received = [entry.received_at for entry in entries(journal)]
    assert received == sorted(received)
    bodies = _changes(journal)
    assert list(replay(journal, "/KEMBA/gateway"))[: len(bodies)] == bodies
    opened = _opened(bodies)
    assert len(opened) == len(set(opened)) == SEALS


def _changes(journal: Path) -> list[bytes]:
    with closing(connect(journal)) as at:
        return [body for (body,) in at.execute("SELECT body FROM change ORDER BY number")]


def _opened(bodies: list[bytes]) -> list[str]:
    """The ids of all alerts about an opened seal, in the order of their changes."""
    changes = (read(body).message() for body in bodies)
    alerts = [one.alert for one in changes if isinstance(one, AlertChanged)]
    return [one.id for one in alerts if one.rule == "seal_opened"]

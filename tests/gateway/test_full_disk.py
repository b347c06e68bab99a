"""A gateway's disk that is full for a while: said once, and what waited is there afterwards."""

import asyncio
import logging
from pathlib import Path

import pytest

from contract.delivery.grants import Grants
from contract.identifiers import Source
from contract.signing import Key
from gateway.intake.receipts import Receipts
from gateway.journal.journal import Journal
from gateway.journal.store import open_store
from gateway.judge.settings import JudgeSettings
from gateway.judging.bench import Bench
from gateway.judging.changes import ChangeLog
from gateway.notary.notary import Notary
from gateway.outlet import Outlet
from gateway.voice import Voice
from tests.gateway.sample_journal import GATEWAY
from tests.support.full_disk import nothing_can_be_written
from tests.support.virtual import VirtualClock, run_virtually

KEY = Key(b"g" * 32)


def test_what_waits_for_a_full_disk_is_said_once_and_kept_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Changes and a checkpoint; each was said again every second, for as long as it lasted."""
    caplog.set_level(logging.INFO)
    run_virtually(_full_for_an_hour(tmp_path / "journal"))
    assert caplog.text.count("changes wait for the disk") == 1
    assert caplog.text.count("no checkpoint for now") == 1
    assert "the changes that waited are on the disk" in caplog.text


async def _full_for_an_hour(path: Path) -> None:
    clock, outlet = VirtualClock(), Outlet()
    voice = Voice(Source(GATEWAY), KEY, clock)
    async with open_store(path) as store, asyncio.TaskGroup() as tasks:
        journal = await Journal.of(store, clock)
        changes = await ChangeLog.of(store, source=GATEWAY, journal=journal.id, key=KEY)
        bench = Bench(store, journal, changes, outlet, voice=voice, clock=clock)
        grants = Grants(100)
        receipts = Receipts(
            journal, outlet, voice=voice, grants=grants, clock=clock, state=lambda: bench.state
        )
        notary = Notary(store, journal, outlet, voice=voice, clock=clock, every_s=60)
        await bench.rebuild(JudgeSettings())
        running = [tasks.create_task(bench.run(receipts)), tasks.create_task(notary.run())]
        with nothing_can_be_written():
            await asyncio.sleep(3_600)
            assert changes.unkept
        await asyncio.sleep(120)
        assert not changes.unkept
        assert (await notary.past(0)).size == journal.position
        for task in running:
            task.cancel()

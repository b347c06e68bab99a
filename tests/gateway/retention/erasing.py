"""Retention at work on a journal without its gateway."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from contract.identifiers import Source
from gateway.journal.blobs import Blobs
from gateway.journal.journal import Journal
from gateway.journal.store import open_store
from gateway.retention.eraser import Eraser
from gateway.retention.lasting import Retention
from gateway.voice import Voice
from tests.gateway.sample_journal import GATEWAY
from tests.gateway.whole_journal import KEY
from tests.support.virtual import VirtualClock, run_virtually

DAY_S = 86_400


DAYS = Retention(telemetry_days=10, events_days=30, evidence_days=80)


@asynccontextmanager
async def eraser(path: Path, retention: Retention = DAYS) -> AsyncIterator[Eraser]:
    """Of a journal without its gateway."""
    clock = VirtualClock()
    async with open_store(path) as store:
        journal = await Journal.of(store, clock)
        voice = Voice(Source(GATEWAY), KEY, clock)
        yield Eraser(retention, store, journal, blobs=Blobs(path.parent), voice=voice, clock=clock)


def after_days(path: Path, *days: int, retention: Retention = DAYS) -> None:
    """One round of retention on each of these days."""

    async def main() -> None:
        async with eraser(path, retention) as one:
            passed = 0
            for day in days:
                await asyncio.sleep((day - passed) * DAY_S)
                passed = day
                await one.keep_house()

    run_virtually(main())


def close_some_alerts(path: Path) -> None:
    """Every other one, as the changes would have it."""
    with closing(sqlite3.connect(path)) as at:
        at.execute("UPDATE latest SET weight = 1 WHERE thing LIKE 'alert %' AND number % 2 = 0")
        at.commit()

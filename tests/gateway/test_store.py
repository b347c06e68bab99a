"""The gateway's file: who waits for the writing thread when it ends."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from contract.link import Unavailable
from gateway.store import open_store


@pytest.mark.anyio
async def test_who_waits_for_a_write_when_the_file_is_closed_is_told(tmp_path: Path) -> None:
    """What is under way is kept; what waits behind it, and what comes later, is refused."""
    released = threading.Event()

    def slow(at: sqlite3.Connection) -> int:
        released.wait(30)
        return int(at.execute("SELECT 1").fetchone()[0])

    async with open_store(tmp_path / "journal.sqlite") as store:
        under_way = asyncio.create_task(store.write(slow), name="under way")
        await asyncio.sleep(0)
        behind = asyncio.create_task(store.write(slow), name="behind")
        await asyncio.sleep(0)
        released.set()
    assert await under_way == 1
    with pytest.raises(Unavailable, match="closing"):
        await behind
    with pytest.raises(Unavailable, match="closing"):
        await store.write(slow)

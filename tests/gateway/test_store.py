"""The gateway's file: who waits for the writing thread when it ends."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from contract.link import Unavailable
from gateway.store import PAGE_BYTES, open_store


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


@pytest.mark.anyio
async def test_a_file_keeps_the_pages_that_it_was_made_with(tmp_path: Path) -> None:
    """A new one has larger pages than those of before, which go on as they are."""
    former = tmp_path / "former.sqlite"
    with closing(sqlite3.connect(former)) as at:
        at.execute("PRAGMA page_size=4096")
        at.execute("PRAGMA journal_mode=WAL")

    def pages(at: sqlite3.Connection) -> int:
        return int(at.execute("PRAGMA page_size").fetchone()[0])

    for path, size in ((former, 4_096), (tmp_path / "new.sqlite", PAGE_BYTES)):
        async with open_store(path) as store:
            await store.write(lambda at: at.execute("INSERT INTO cursor VALUES ('a', 1)"))
            assert (await store.write(pages), await store.read(pages)) == (size, size)

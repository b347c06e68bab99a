"""The gateway's file: who waits for the writing thread when it ends."""

import asyncio
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from contract.link import Unavailable
from gateway.entry import Draft
from gateway.journal.journal import Journal
from gateway.journal.store import (
    LOG_BYTES,
    LOG_COMMITS,
    LOG_PAGES_MAX,
    PAGE_BYTES,
    Store,
    open_store,
)
from tests.support.virtual import VirtualClock


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
async def test_what_nobody_waits_for_goes_along_with_the_next_commit(tmp_path: Path) -> None:
    """It begins none of its own while others do, and none waits for it; alone it comes soon."""

    def count(at: sqlite3.Connection) -> int:
        return int(at.execute("PRAGMA data_version").fetchone()[0])

    path = tmp_path / "journal.sqlite"
    async with open_store(path) as store:
        with closing(sqlite3.connect(path)) as other:
            before = count(other)
            patient = asyncio.create_task(commit(store, "patient", is_patient=True), name="patient")
            await asyncio.sleep(0)
            await commit(store, "urgent")
            await patient
            assert count(other) == before + 1
        async with asyncio.timeout(30):
            await commit(store, "alone", is_patient=True)


@pytest.mark.anyio
async def test_what_is_patient_is_told_that_the_file_is_closed(tmp_path: Path) -> None:
    """Nobody waits for a commit that will never begin."""
    async with open_store(tmp_path / "journal.sqlite") as store:
        patient = asyncio.create_task(commit(store, "patient", is_patient=True), name="patient")
        await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="closing"):
        await patient


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


async def commit(
    store: Store, name: str, size: int = PAGE_BYTES, *, is_patient: bool = False
) -> None:
    """One commit with a value of so many bytes."""
    row = (name, bytes(size))
    insert = "INSERT INTO meta VALUES (?, ?)"
    await store.write(lambda at: at.execute(insert, row), is_patient=is_patient)


@pytest.mark.anyio
async def test_the_log_is_drained_beside_the_commits(tmp_path: Path) -> None:
    """What was committed comes into the file while others go on, long before the log is full."""
    path = tmp_path / "journal.sqlite"
    async with open_store(path) as store:
        for number in range(LOG_COMMITS):
            await commit(store, f"{number}")
        async with asyncio.timeout(30):
            while path.stat().st_size < LOG_COMMITS * PAGE_BYTES:
                await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_a_backlog_is_drained_beside_its_few_large_commits(tmp_path: Path) -> None:
    """Long before it fills the log, and the commit that finds it full brings it into the file."""
    path, parts = tmp_path / "journal.sqlite", 8
    assert parts < LOG_COMMITS
    assert 2 * LOG_BYTES < LOG_PAGES_MAX * PAGE_BYTES
    async with open_store(path) as store:
        journal = await Journal.of(store, VirtualClock())
        for _ in range(parts):
            await journal.append([Draft(kind="own", body=bytes(LOG_BYTES // parts))])
        async with asyncio.timeout(30):
            while path.stat().st_size < LOG_BYTES:
                await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_a_log_that_is_never_wholly_drained_does_not_grow_for_ever(tmp_path: Path) -> None:
    """Commits that come one behind the other leave the other thread no end: one of them helps."""
    path = tmp_path / "journal.sqlite"
    log = path.with_name("journal.sqlite-wal")
    async with open_store(path) as store:
        for number in range(2 * LOG_COMMITS):
            await commit(store, f"{number}", LOG_PAGES_MAX * PAGE_BYTES // LOG_COMMITS)
        assert log.stat().st_size < 1.5 * LOG_PAGES_MAX * PAGE_BYTES


@pytest.mark.anyio
async def test_a_power_cut_while_the_log_is_drained_takes_nothing(tmp_path: Path) -> None:
    """The files as they lie on the disk, behind each commit: all that was committed is there."""
    path, copy = tmp_path / "journal.sqlite", tmp_path / "copy.sqlite"
    async with open_store(path) as store:
        for number in range(1, LOG_COMMITS + 30):
            await commit(store, f"{number}")
            if number < LOG_COMMITS:
                continue
            # The file first: what is drained meanwhile stands in the log as well.
            for name in ("journal.sqlite", "journal.sqlite-wal"):
                shutil.copy(tmp_path / name, tmp_path / name.replace("journal", "copy"))
            with closing(sqlite3.connect(copy)) as at:
                assert at.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                assert at.execute("SELECT max(CAST(name AS INTEGER)) FROM meta").fetchone() == (
                    number,
                )

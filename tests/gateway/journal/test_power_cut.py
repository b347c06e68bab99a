"""A power cut at any instruction: what was acknowledged is there, all else is as if never begun."""

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.signing import Key
from gateway.books.check import Asked, check
from gateway.journal.journal import Journal, entries
from gateway.journal.store import open_store
from gateway.judge.ledger import Ledger
from tests.gateway.sample_journal import drafts
from tests.support.virtual import VirtualClock, run_virtually

CUTS = 40


class Disk:
    """The files of a journal after each acknowledged append, as they then lay on the disk."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.sqlite"
        self.wal = folder / "journal.sqlite-wal"
        self.moments: list[tuple[bytes, bytes, int]] = []

    def note(self, position: int) -> None:
        """An append returned: everything up to here is promised."""
        self.moments.append((self.path.read_bytes(), self.wal.read_bytes(), position))


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """What lay there while a journal grew."""
    disk = Disk(tmp_path_factory.mktemp("grown"))

    async def main() -> None:
        async with open_store(disk.path) as store:
            journal = await Journal.of(store, VirtualClock())
            for group in drafts(3, 60):
                await journal.append(group)
                disk.note(journal.position)

    run_virtually(main())
    return disk


def after_cut(folder: Path, database: bytes, wal: bytes) -> Path:
    """A file system with this in it, and nothing of the shared memory."""
    path = folder / "journal.sqlite"
    path.write_bytes(database)
    path.with_name("journal.sqlite-wal").write_bytes(wal)
    return path


@pytest.mark.parametrize("seed", range(CUTS))
def test_writes_after_the_last_fsync_are_gone_and_nothing_else(
    disk: Disk, tmp_path: Path, seed: int
) -> None:
    """Cut between two appends, at any byte of what the later one wrote, with rubbish behind it."""
    chance = random.Random(seed)  # noqa: S311 - a seed, no secret
    number = chance.randrange(len(disk.moments) - 1)
    (database, before, promised), (_, after, next_) = disk.moments[number : number + 2]
    assert after.startswith(before), "an append only adds to the log"
    end = chance.randrange(len(before), len(after) + 1)
    torn = bytearray(after[:end])
    if chance.random() < 0.5 and end > len(before):  # a sector that was not written whole
        place = chance.randrange(len(before), end)
        torn[place:] = chance.randbytes(end - place)
    path = after_cut(tmp_path, database, bytes(torn))
    kept = [entry.position for entry in entries(path)]
    assert kept in (list(range(1, promised + 1)), list(range(1, next_ + 1)))
    report = check(Asked(folder=tmp_path, public=Key(b"g" * 32).public))
    assert [one for one in report.faults if not one.where.startswith("picture")] == []

    async def goes_on() -> None:
        async with open_store(path) as store:
            journal = await Journal.of(store, VirtualClock())
            assert journal.position == len(kept)
            for group in list(drafts(3, 60))[-3:]:
                await journal.append(group)
            assert journal.position > len(kept)

    run_virtually(goes_on())


def test_a_receipt_that_follows_a_cut_says_only_what_is_there(disk: Disk, tmp_path: Path) -> None:
    """The ledger is a fold over what is on the disk: what is gone is asked for again."""
    database, wal, promised = disk.moments[40]
    path = after_cut(tmp_path, database, wal)
    ledger, here = Ledger(), set()
    for entry in entries(path):
        if entry.identity and entry.kind in ("kept", "refused"):
            ledger.hear(entry.identity, entry.hash, entry.previous)
            here.add(entry.identity)
    assert len(list(entries(path))) == promised
    for source in ledger.sources:
        for stream in ledger.receipt_streams(source):
            settled = set(range(1, stream.seen + 1))
            for first, last in stream.missing:
                settled -= set(range(first, last + 1))
            key = (source, stream.stream, stream.epoch)
            assert settled == {one.sequence for one in here if one[:3] == key}


def test_the_journal_is_opened_as_durable_as_can_be(tmp_path: Path) -> None:
    """A log ahead of the file, and an fsync at every commit: a change of these would be a loss."""

    async def main() -> None:
        async with open_store(tmp_path / "j") as store:
            for pragma, value in (("journal_mode", "wal"), ("synchronous", 2)):
                row = await store.write(lambda at, p=pragma: at.execute(f"PRAGMA {p}").fetchone())  # type: ignore[misc]  # mypy does not see defaults of a lambda
                assert row == (value,)

    run_virtually(main())
    shutil.copy(tmp_path / "j", tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as at:
        assert at.execute("PRAGMA integrity_check").fetchone() == ("ok",)

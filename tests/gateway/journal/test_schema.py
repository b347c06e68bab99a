"""A journal of an earlier version goes on: nothing in it is lost, and what is new is made."""

import sqlite3
from contextlib import closing
from pathlib import Path

from contract.messages import BodiesErased
from contract.signing import Key
from gateway.books.check import Asked, check
from gateway.journal.journal import Journal, entries
from gateway.journal.rows import COLUMNS
from gateway.journal.schema import MIGRATIONS, SCHEMA_VERSION
from gateway.journal.store import open_store
from tests.gateway.retention.erasing import after_days
from tests.gateway.sample_journal import drafts, own
from tests.support.virtual import START, VirtualClock, run_virtually


def first_version(path: Path, newer: Path) -> None:
    """A file as the first version made it, with the entries and changes of a newer one."""
    with closing(sqlite3.connect(path)) as at:
        at.executescript(MIGRATIONS[0])
        at.execute("ATTACH ? AS newer", (str(newer),))
        at.execute("INSERT INTO meta SELECT * FROM newer.meta WHERE name IN ('journal', 'pruned')")
        at.execute(f"INSERT INTO entry ({COLUMNS}) SELECT {COLUMNS} FROM newer.entry")  # noqa: S608 - a constant
        for table in ("cursor", "change", "latest"):
            at.execute(f"INSERT INTO {table} SELECT * FROM newer.{table}")  # noqa: S608 - constants
        at.execute("PRAGMA user_version=1")
        at.commit()


def test_a_journal_of_the_first_version_goes_on(whole: Path) -> None:
    """Its entries are all there, new ones carry a checksum, and a check says which have none."""
    path = whole.parent / "old" / "journal.sqlite"
    path.parent.mkdir()
    first_version(path, whole)

    async def main() -> None:
        async with open_store(path) as store:
            journal = await Journal.of(store, VirtualClock())
            for group in list(drafts(99, 20))[:3]:
                await journal.append(group)

    run_virtually(main())
    before, after = list(entries(whole)), list(entries(path))
    assert after[: len(before)] == before
    assert len(after) > len(before)
    with closing(sqlite3.connect(path)) as at:
        assert at.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    report = check(Asked(folder=path.parent, public=Key(bytes([4]) * 32).public))
    assert report.counts["entries without a checksum"] == len(before)
    assert not [one for one in report.faults if one.where.startswith("entr")]


def test_what_alerts_rested_on_before_there_were_notes_is_kept(whole: Path) -> None:
    """The first retention of an old journal reads the changes first."""
    path = whole.parent / "old" / "journal.sqlite"
    path.parent.mkdir()
    first_version(path, whole)

    async def upgrade() -> None:
        async with open_store(path):
            pass

    run_virtually(upgrade())
    after_days(path, 82)
    with closing(sqlite3.connect(path)) as at, closing(sqlite3.connect(whole)) as newer:
        query = "SELECT DISTINCT position FROM rests_on"
        old = {row[0] for row in at.execute(query)}
        new = {row[0] for row in newer.execute(query)}
    assert old
    assert len(new - old) <= len(new) // 2, "changes that were renumbered are told no more"


def test_what_the_gateway_erases_it_says_in_its_own_name(tmp_path: Path) -> None:
    """The declaration is an entry like any other, signed, and stays."""
    draft = own(BodiesErased(retention="events", upto=5, received_before=START), 0)

    async def main() -> None:
        async with open_store(tmp_path / "j") as store:
            journal = await Journal.of(store, VirtualClock())
            await journal.append([draft])
            [entry] = await journal.own(BodiesErased.type)
            assert entry.message == BodiesErased(retention="events", upto=5, received_before=START)

    run_virtually(main())

"""Backups are made beside a running service, and what is restored is whole again by itself."""

import asyncio
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec

from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import Said
from contract.messages import (
    AlertChanged,
    BlobPart,
    ChangesAsked,
    ChangesTold,
    CompletenessAsked,
    CompletenessChanged,
    CompletenessTold,
    Reading,
    ReadingsTaken,
    SealRead,
    read,
)
from contract.signing import Key, verify
from contract.wire import hash_of
from gateway.journal.journal import entries, identity_of
from gateway.journal.schema import SCHEMA_VERSION
from gateway.notary.extent import extent
from gateway.timeseries.sinks import EmbeddedConfig
from greenlane.archive import MANIFEST, Manifest
from greenlane.backup import Subject, back_up, restore
from tests.gateway.gateways import GATEWAY, World
from tests.support.virtual import run_virtually

MADE_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
PICTURE = b"\x89PNG" + bytes(2_000)


def readings(*values: float) -> Said:
    """A batch of one thermometer."""
    at = MADE_AT + timedelta(seconds=1)
    taken = tuple(
        Reading(
            device="d",
            metric="temperature",
            value=value,
            unit="Cel",
            observed_at=at + timedelta(seconds=value),
        )
        for value in values
    )
    return Said(ReadingsTaken(readings=taken))


def seal(name: str, state: str) -> Said:
    """One look at a seal."""
    return Said(SealRead(device="reader-1", seal=name, state=state))  # type: ignore[arg-type]


def picture() -> Said:
    """A whole picture in one part."""
    name = hash_of(PICTURE)
    return Said(
        BlobPart(
            sha256=name,
            size_bytes=len(PICTURE),
            media_type="image/png",
            offset_bytes=0,
            part_sha256=name,
            part_bytes=len(PICTURE),
        ),
        raw=PICTURE,
    )


def subject_of(world: World) -> Subject:
    """The gateway of a world."""
    return Subject(
        kind="gateway", source=str(GATEWAY), state=world.config.folder, rebuilt_sinks=("store",)
    )


def numbers(world: World) -> list[tuple[str, str, int]]:
    """Every number that the journal holds; twice what it holds twice."""
    return sorted(
        (entry.stream, entry.epoch, entry.sequence)
        for entry in entries(world.config.folder / "journal.sqlite")
        if entry.sequence and entry.source.endswith("/gate-2")
    )


def values(world: World) -> list[float]:
    """What the embedded store has."""
    with duckdb.connect(world.config.folder / "history.duckdb", read_only=True) as store:
        return [
            value for (value,) in store.execute("SELECT value FROM readings ORDER BY 1").fetchall()
        ]


def test_a_gateway_of_an_earlier_copy_gets_back_what_the_agents_hold(tmp_path: Path) -> None:
    """Every number is there once, the store of time series is rebuilt, nothing is doubled in it."""
    world = World(tmp_path, sinks={"store": EmbeddedConfig()})
    out = tmp_path / "gateway.tar"

    async def main() -> None:
        async with world.gateway(), world.agent("gate-2") as outbox:
            await outbox.say(readings(1.0, 2.0), seal("A1", "intact"), picture())
            await asyncio.sleep(30)
            back_up(subject_of(world), out, version="1", made_at=MADE_AT)
            await outbox.say(readings(3.0), seal("A1", "opened"))
            await asyncio.sleep(30)
        before, journal = numbers(world), identity_of(world.config.folder / "journal.sqlite")
        assert values(world) == [1.0, 2.0, 3.0]
        _, aside = restore(out, subject_of(world), is_forced=True)
        assert aside is not None
        assert (aside / "journal.sqlite").exists()
        assert len(numbers(world)) < len(before)
        assert not (world.config.folder / "history.duckdb").exists()
        async with world.gateway():
            async with world.agent("gate-2", is_new=False) as outbox:
                await asyncio.sleep(60)
                await outbox.say(readings(4.0))
                await asyncio.sleep(30)
            changes = [one for one in await world.changes() if isinstance(one, AlertChanged)]
        after = numbers(world)
        assert set(before) < set(after)
        assert len(after) == len(set(after))
        assert values(world) == [1.0, 2.0, 3.0, 4.0]
        assert identity_of(world.config.folder / "journal.sqlite") != journal
        assert [one.alert.rule for one in changes if one.alert.subject == "A1"]
        name = hash_of(PICTURE)
        assert (world.config.folder / "blobs" / name[:2] / name).read_bytes() == PICTURE

    run_virtually(main())


def test_a_restored_gateway_names_what_nobody_holds_any_more(tmp_path: Path) -> None:
    """What was receipted and pruned since the copy is declared, counted, told with its reason."""
    world, limits = World(tmp_path), OutboxLimits(messages_max=40)
    out, seals = tmp_path / "gateway.tar", 120

    async def main() -> None:
        async with world.gateway(), world.agent("gate-2", limits=limits) as outbox:
            await outbox.say(seal("A0", "intact"))
            await asyncio.sleep(30)
            back_up(subject_of(world), out, version="1", made_at=MADE_AT)
            begin = world.clock.utc_now()
            for number in range(1, seals):
                await outbox.say(seal(f"A{number}", "intact"))
                await asyncio.sleep(0.5)
            await asyncio.sleep(30)
        restore(out, subject_of(world), is_forced=True)
        async with world.gateway():
            async with world.agent("gate-2", is_new=False, limits=limits):
                await asyncio.sleep(120)
                told = await world.ask(
                    CompletenessAsked(
                        source="/KEMBA/gate-2", start=begin, end=begin + timedelta(seconds=60)
                    )
                )
            of = {one.source: one for one in await completeness(world)}["/KEMBA/gate-2"]
        assert isinstance(told, CompletenessTold)
        assert told.status == of.status == "declared lost"
        assert any("restored since had receipted it" in reason for reason in told.reasons)
        [events] = [one for one in of.streams if one.stream == "events"]
        assert events.missing == 0
        assert events.lost > seals // 3
        kept = [e for e in entries(world.config.folder / "journal.sqlite") if e.type == "seal.read"]
        assert len(kept) + events.lost == seals

    run_virtually(main())


async def completeness(world: World) -> list[CompletenessChanged]:
    """The latest of each source."""
    return [one for one in await world.changes() if isinstance(one, CompletenessChanged)]


def test_the_changes_of_a_restored_journal_are_a_chain_of_its_own(tmp_path: Path) -> None:
    """Who asks with the old epoch gets a signed snapshot of the new one, alerts as they were."""
    world = World(tmp_path)
    out = tmp_path / "gateway.tar"

    async def main() -> None:
        async with world.gateway():
            async with world.agent("gate-2") as outbox:
                await outbox.say(seal("A1", "intact"), seal("A1", "opened"))
                await asyncio.sleep(30)
            told = await world.ask(ChangesAsked(epoch=None, after=0))
            assert isinstance(told, ChangesTold)
            back_up(subject_of(world), out, version="1", made_at=MADE_AT)
        restore(out, subject_of(world), is_forced=True)
        async with world.gateway():
            again = await world.ask(ChangesAsked(epoch=told.epoch, after=told.upto))
            assert isinstance(again, ChangesTold)
        assert again.is_snapshot
        assert again.epoch == identity_of(world.config.folder / "journal.sqlite") != told.epoch
        public = Key.load_or_make(world.config.folder / "key").public
        for one in again.changes:
            verify(public, one.body, one.sig)
            assert read(one.body).epoch == again.epoch

        def alerts(page: ChangesTold) -> list[object]:
            said = [read(one.body).message() for one in page.changes]
            return [one.alert for one in said if isinstance(one, AlertChanged)]

        assert alerts(again)[: len(alerts(told))] == alerts(told) != []

    run_virtually(main())


def test_a_backup_names_what_is_in_it(tmp_path: Path) -> None:
    """Each member with hash and, where it is a database, its schema; how much the journal holds.

    Codes are left out.
    """
    world = World(tmp_path)
    out = tmp_path / "gateway.tar"

    async def main() -> None:
        async with world.gateway(), world.agent("gate-2") as outbox:
            await outbox.say(picture())
            await asyncio.sleep(30)
            back_up(subject_of(world), out, version="1", made_at=MADE_AT)

    run_virtually(main())
    with tarfile.open(out) as tar:
        inside = tar.extractfile(MANIFEST)
        assert inside is not None
        manifest = msgspec.json.decode(inside.read(), type=Manifest)
        names = set(tar.getnames()) - {MANIFEST}
    assert names == {member.name for member in manifest.members}
    assert {"journal.sqlite", "key", "gateway.pub"} <= names
    assert not [name for name in names if name.startswith("codes") or name.endswith(".duckdb")]
    assert {m.name: m.schema for m in manifest.members}["journal.sqlite"] == SCHEMA_VERSION
    assert out.stat().st_mode & 0o077 == 0
    now = extent(world.config.folder / "journal.sqlite")
    assert manifest.holds is not None
    assert manifest.holds.journal == now.journal
    assert 0 < manifest.holds.entries <= now.entries
    assert len(manifest.holds.root) == 64

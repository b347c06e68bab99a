"""The journal: one durable order, each number once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.link import Packet, Rejected, Unavailable
from gateway.entry import Draft
from gateway.intake.quarantine import HELD_MAX, Quarantine, Suspect
from gateway.journal.journal import Journal, Outcome, entries, stats_of
from gateway.journal.slew import SlewedClock
from gateway.journal.store import Store, open_store
from tests.gateway.sample_journal import drafts
from tests.support.virtual import VirtualClock, run_virtually


@asynccontextmanager
async def opened(path: Path, clock: VirtualClock) -> AsyncIterator[tuple[Store, Journal]]:
    """A journal in a file."""
    async with open_store(path) as store:
        yield store, await Journal.of(store, clock)


def draft(number: int, hash_: str = "", body: bytes = b"{}") -> Draft:
    """A numbered message."""
    return Draft(
        kind="refused",
        source="/KEMBA/gate-2",
        stream="events",
        epoch="a" * 16,
        sequence=number,
        hash=hash_ or f"{number:064x}",
        type="seal.read",
        body=body,
    )


def test_a_repeat_is_ignored_and_a_fork_is_kept_as_evidence(tmp_path: Path) -> None:
    """The first message holds the number; the same fork twice is one entry."""

    async def main() -> list[Outcome]:
        async with opened(tmp_path / "j", VirtualClock()) as (_, journal):
            again = [draft(1), draft(2), draft(1), draft(1, "f" * 64), draft(1, "f" * 64)]
            return await journal.append(again)

    outcomes = run_virtually(main())
    assert [outcome.status for outcome in outcomes] == ["new", "new", "repeat", "fork", "fork"]
    assert [entry.kind for entry in entries(tmp_path / "j")] == ["refused", "refused", "fork"]
    assert stats_of(tmp_path / "j").messages == 2


def test_what_is_read_again_is_what_was_appended(tmp_path: Path) -> None:
    """From memory and from the file the entries are the same, to the last field."""

    async def main() -> None:
        async with opened(tmp_path / "j", VirtualClock()) as (_, journal):
            for group in drafts(1, 60):
                await journal.append(group)
            recent = await journal.read(0, 1_000)
        assert list(entries(tmp_path / "j")) == recent
        async with opened(tmp_path / "j", VirtualClock()) as (_, journal):
            assert journal.position == recent[-1].position
            assert await journal.read(10, 5) == recent[10:15]

    run_virtually(main())


def test_time_never_goes_back_in_the_journal(tmp_path: Path) -> None:
    """UTC that steps back, also between two runs, is followed slowly and never backwards."""

    async def main() -> None:
        clock = VirtualClock()
        for step in (0.0, -3_600.0, 50.0):
            clock.step_s = step
            async with opened(tmp_path / "j", clock) as (_, journal):
                for _ in range(10):
                    await journal.append([Draft(kind="tick")])
                    await asyncio.sleep(1)
                    clock.step_s += 3

    run_virtually(main())
    times = [entry.received_at for entry in entries(tmp_path / "j")]
    assert times == sorted(times)


def test_the_clock_is_slewed_and_steps_only_over_a_minute() -> None:
    """Ten seconds are caught up in a hundred; an hour is a sleep, and is stepped over."""

    async def main() -> None:
        clock = VirtualClock()
        slewed = SlewedClock(clock)
        begin = slewed.now_us()
        clock.step_s = 10
        await asyncio.sleep(50)
        assert slewed.now_us() - begin == pytest.approx(55e6)
        await asyncio.sleep(60)
        assert slewed.now_us() - begin == pytest.approx(120e6)
        clock.step_s = 3_600
        assert slewed.now_us() - begin == pytest.approx(3_710e6)

    run_virtually(main())


def test_a_full_disk_keeps_nothing_and_recovers(tmp_path: Path) -> None:
    """All of a batch or nothing; when space returns, the same batch is taken."""

    async def main() -> None:
        async with opened(tmp_path / "j", VirtualClock()) as (store, journal):
            await journal.append([draft(1)])

            def limit(pages: int) -> None:
                store._writing.execute(f"PRAGMA max_page_count={pages}")

            (pages,) = store._writing.execute("PRAGMA page_count").fetchone()
            limit(pages)
            big = [draft(number, body=b"x" * 5_000) for number in range(2, 40)]
            with pytest.raises(Unavailable, match="full"):
                await journal.append(big)
            assert journal.position == 1
            limit(100_000)
            assert {outcome.status for outcome in await journal.append(big)} == {"new"}
            assert journal.position == 39

    run_virtually(main())


def test_cursors_never_go_back(tmp_path: Path) -> None:
    """A sink that is told to advance twice stays at the farther place."""

    async def main() -> None:
        async with opened(tmp_path / "j", VirtualClock()) as (_, journal):
            assert await journal.cursor("sink a") == 0
            await journal.advance("sink a", 10)
            await journal.advance("sink a", 7)
            assert await journal.cursor("sink a") == 10

    run_virtually(main())


def test_the_quarantine_is_bounded_and_counts_what_it_drops(tmp_path: Path) -> None:
    """A flood of rubbish fills no disk; the same packet twice is held once."""

    async def main() -> None:
        async with opened(tmp_path / "j", VirtualClock()) as (store, _):
            quarantine = Quarantine(store, VirtualClock())
            packet = Packet(topic="greenlane/1/KEMBA/gate-2/events", body=b"rubbish")
            many = [Suspect(packet, f"{n:064x}", "unreadable") for n in range(HELD_MAX + 10)]
            await quarantine.keep(many)
            await quarantine.keep(many[-1:])

    run_virtually(main())
    assert stats_of(tmp_path / "j").quarantined == HELD_MAX
    connection = sqlite3.connect(tmp_path / "j")
    assert connection.execute("SELECT value FROM meta WHERE name = 'quarantine dropped'").fetchone()
    assert connection.execute("SELECT max(times) FROM quarantine").fetchone() == (2,)
    connection.close()


def test_a_file_of_a_later_schema_or_no_database_is_refused(tmp_path: Path) -> None:
    """Rather than harm what it does not understand."""
    (tmp_path / "no").write_bytes(b"this is no database, but long enough to be looked at" * 20)
    with sqlite3.connect(tmp_path / "later") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()

    async def main(name: str) -> None:
        async with open_store(tmp_path / name):
            pass

    for name, why in (("no", "cannot be used as a journal"), ("later", "later Greenlane")):
        with pytest.raises(Rejected, match=why):
            run_virtually(main(name))

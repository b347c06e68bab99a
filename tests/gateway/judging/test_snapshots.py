"""Signed snapshots of the judge's state: what is not ours is set aside, never believed."""

import asyncio
import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from contract.clock import SystemClock
from contract.delivery.grants import Grants
from contract.identifiers import Source
from contract.signing import Key
from gateway.entry import Draft, Entry
from gateway.intake.receipts import Receipts
from gateway.journal.journal import Journal, entries, identity_of
from gateway.journal.store import open_store
from gateway.judge.judge import judge
from gateway.judge.settings import JudgeSettings
from gateway.judge.state import State, reread, written
from gateway.judging import snapshots
from gateway.judging.bench import TAKE_MAX, Bench
from gateway.judging.changes import Chain, ChangeLog
from gateway.judging.renewal import renew
from gateway.outlet import Outlet
from gateway.voice import Voice
from tests.gateway.judging.written import write
from tests.gateway.sample_journal import GATEWAY
from tests.gateway.whole_journal import grow
from tests.support.virtual import run_virtually

KEY = Key(b"g" * 32)


def judged(entries: list[Entry], upto: int) -> State:
    """The state after so many entries."""
    state = State()
    for entry in entries[:upto]:
        judge(state, entry)
    return state


def two_snapshots(path: Path) -> list[Entry]:
    """A journal with snapshots at entries 100 and 200."""
    write(path, 5)
    every = list(entries(path))

    async def main() -> None:
        async with open_store(path) as store:
            for upto in (100, 200):
                state = judged(every, upto)
                await snapshots.keep(
                    store, snapshots.take(state), journal=identity_of(path), key=KEY
                )

    run_virtually(main())
    return every


def loaded(path: Path, upto: int = 300, key: Key = KEY) -> State:
    """What a start takes."""

    async def main() -> State:
        async with open_store(path) as store:
            return await snapshots.load(store, upto, journal=identity_of(path), key=key)

    return run_virtually(main())


def flipped(body: bytes) -> bytes:
    """One bit in the middle is another one."""
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def test_the_state_of_a_running_gateway_is_written_as_that_of_one_that_has_read_its_journal(
    tmp_path: Path,
) -> None:
    """What was just heard carries identifiers, not plain text: it once ended the gateway."""
    write(tmp_path / "journal", 5)
    every = list(entries(tmp_path / "journal"))
    heard = [msgspec.structs.replace(one, source=Source(one.source)) for one in every if one.source]
    read = [one for one in every if one.source]
    assert written(judged(heard, len(heard))) == written(judged(read, len(read)))


@pytest.mark.parametrize("harm", [flipped, lambda _: b"", lambda b: b[:-9]], ids=str)
def test_a_harmed_snapshot_is_set_aside_and_the_earlier_one_is_taken(
    tmp_path: Path, harm: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """It is named in the log with its position, and stays for a person to look at."""
    path = tmp_path / "journal"
    two_snapshots(path)
    with closing(sqlite3.connect(path)) as at:
        (body,) = at.execute("SELECT body FROM snapshot WHERE position = 200").fetchone()
        at.execute("UPDATE snapshot SET body = ? WHERE position = 200", (harm(body),))
        at.commit()
    with caplog.at_level(logging.ERROR):
        assert loaded(path).position == 100
    assert "snapshot at entry 200 is set aside" in caplog.text
    with closing(sqlite3.connect(path)) as at:
        (why,) = at.execute("SELECT harm FROM snapshot WHERE position = 200").fetchone()
    assert "signed" in why


def test_a_snapshot_of_before_is_read_that_was_not_packed(tmp_path: Path) -> None:
    """Beyond what retention has erased there is no other memory; a restore packs it."""
    path = tmp_path / "journal"
    two_snapshots(path)
    with closing(sqlite3.connect(path)) as at:
        (packed,) = at.execute("SELECT body FROM snapshot WHERE position = 200").fetchone()
        plain = zlib.decompress(packed)
        assert len(packed) < len(plain) / 3
        at.execute(
            "UPDATE snapshot SET body = ?, sig = ? WHERE position = 200",
            (plain, KEY.sign(plain, snapshots.PAYLOAD)),
        )
        at.commit()
    before = written(loaded(path))
    renew(path, key=KEY)
    assert loaded(path).position == 200
    assert written(loaded(path)) == before
    with closing(sqlite3.connect(path)) as at:
        assert at.execute("SELECT body FROM snapshot WHERE position = 200").fetchone()[0] != plain


def test_a_snapshot_of_another_key_or_journal_is_not_believed(tmp_path: Path) -> None:
    """Then the whole journal is judged again."""
    path = tmp_path / "journal"
    two_snapshots(path)
    with closing(sqlite3.connect(path)) as at:
        at.execute("UPDATE meta SET value = '0123456789abcdef' WHERE name = 'journal'")
        at.commit()
    assert loaded(path).position == 0
    other = tmp_path / "other"
    two_snapshots(other)
    assert loaded(other, key=Key(b"x" * 32)).position == 0


def test_a_restored_journal_keeps_its_snapshots_under_its_new_id(tmp_path: Path) -> None:
    """A restore of ten million entries must not judge them all again."""
    path = tmp_path / "journal"
    two_snapshots(path)
    renew(path, key=KEY)
    assert loaded(path).position == 200


def test_a_state_that_was_written_says_the_same_as_before(tmp_path: Path) -> None:
    """At every cut, also while entries wait for a hole: the tail gives the same bytes."""
    path = tmp_path / "journal"
    write(path, 3)
    every = list(entries(path))
    whole, again = State(), State()
    chains = [Chain(GATEWAY, "0" * 16), Chain(GATEWAY, "0" * 16)]
    waited = 0
    for entry in every:
        told = [chains[0].write(judge(whole, entry), entry)]
        again = reread(written(again))
        told += [chains[1].write(judge(again, entry), entry)]
        assert told[0] == told[1]
        waited += bool(again.order.waiting)
    assert waited
    assert written(again) == written(whole)


def test_a_rule_that_is_new_since_then_begins_with_an_empty_memory() -> None:
    """And one that is gone is left out: a snapshot outlives a version."""
    body = written(State()).replace(b'"seal_opened":', b'"rule_that_is_gone":')
    state = reread(body)
    assert "rule_that_is_gone" not in state.memories
    assert state.memories["seal_opened"].seals == {}


def test_a_start_says_what_is_judged_again_if_anything_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A new journal has nothing to judge again, so nothing is said of it."""
    caplog.set_level(logging.INFO)
    path = tmp_path / "journal"
    run_virtually(grow(path, lambda _: [[Draft(kind="tick")]]))
    assert "again" not in caplog.text
    run_virtually(grow(path, lambda _: []))
    assert "judged entries 1 to 2 of" in caplog.text


@pytest.mark.anyio
async def test_the_judge_goes_on_while_a_snapshot_waits_for_the_disk(tmp_path: Path) -> None:
    """A large state takes long to sign and to write: meanwhile alerts are told."""
    clock, outlet, released = SystemClock(), Outlet(), threading.Event()
    voice = Voice(Source(GATEWAY), KEY, clock)
    async with open_store(tmp_path / "journal") as store:
        journal = await Journal.of(store, clock)
        changes = await ChangeLog.of(store, source=GATEWAY, journal=journal.id, key=KEY)
        bench = Bench(
            store, journal, changes, outlet, voice=voice, clock=clock, snapshot_entries=10
        )
        grants = Grants(100)
        receipts = Receipts(
            journal, outlet, voice=voice, grants=grants, clock=clock, state=lambda: bench.state
        )
        await bench.rebuild(JudgeSettings())
        await journal.append([Draft(kind="tick")] * 2 * TAKE_MAX)
        disk = asyncio.create_task(store.write(lambda _: released.wait(30)), name="disk")
        judging = asyncio.create_task(bench.run(receipts), name="judge")
        async with asyncio.timeout(20):
            while bench.state.position < journal.position:
                await asyncio.sleep(0.01)
        assert not disk.done()
        released.set()
        while await store.read(snapshots.everyone) == []:
            await asyncio.sleep(0.01)
        judging.cancel()
        await asyncio.wait((disk, judging))

"""Changes are told in pages or as a snapshot, and a snapshot equals their fold."""

import asyncio
from pathlib import Path

from contract.delivery.grants import Grants
from contract.identifiers import Source
from contract.messages import (
    GENESIS,
    ChangesTold,
    Message,
    SignedBytes,
    read,
)
from contract.signing import Key, verify
from contract.wire import hash_of
from gateway.intake.receipts import Receipts
from gateway.journal.journal import Journal, entries, identity_of
from gateway.journal.store import Store, open_store
from gateway.judge.judge import judge
from gateway.judge.state import State
from gateway.judging import changes as module
from gateway.judging.bench import Bench
from gateway.judging.changes import Chain, Change, ChangeLog, thing_of
from gateway.outlet import Outlet
from gateway.voice import Voice
from tests.gateway.judging.written import write
from tests.gateway.sample_journal import GATEWAY, KEYS, SETTINGS, drafts
from tests.support.virtual import VirtualClock, run_virtually

KEY = KEYS[GATEWAY]


def judged(path: Path) -> list[Change]:
    """All changes of a sample."""
    write(path, 6)
    state, chain = State(), Chain(GATEWAY, identity_of(path))
    return [c for entry in entries(path) for c in chain.write(judge(state, entry), entry)]


def folded(messages: list[Message]) -> dict[str, Message]:
    """Of each thing the latest."""
    board: dict[str, Message] = {}
    for message in messages:
        if thing := thing_of(message):
            board[thing.name] = message
    return board


async def every(log: ChangeLog, epoch: str) -> list[SignedBytes]:
    """All pages."""
    told: list[SignedBytes] = []
    page = ChangesTold(epoch=epoch, upto=0, is_snapshot=False, is_last=False)
    while not page.is_last:
        page = await log.after(epoch, page.upto)
        assert not page.is_snapshot
        told += page.changes
    return told


def test_pages_and_snapshots_tell_the_same(tmp_path: Path) -> None:
    """`apply(snapshot, changes)` equals a fresh snapshot, wherever one begins."""
    changes = judged(tmp_path / "j")
    key = Key.make()

    async def main() -> None:
        async with open_store(tmp_path / "j") as store:
            journal = identity_of(tmp_path / "j")
            log = await ChangeLog.of(store, source=GATEWAY, journal=journal, key=key)
            boards: dict[int, dict[str, Message]] = {}
            for start in range(0, len(changes), 40):
                part = changes[start : start + 40]
                log.seal(part, part[-1].position)
                await log.keep()
                snapshot = await log.after(None, 0)
                assert snapshot.upto == part[-1].number
                boards[snapshot.upto] = folded([read(c.body).message() for c in snapshot.changes])
            bodies = [c.body for c in await every(log, journal)]
            assert bodies == [c.body for c in changes]
            messages = [read(body).message() for body in bodies]
            for upto, board in boards.items():
                assert folded([*board.values(), *messages[upto:]]) == folded(messages)
            assert (await log.after("f" * 16, 3)).is_snapshot
            assert (await log.after(journal, 10_000_000)).is_snapshot
            before = GENESIS
            for one in await every(log, journal):
                verify(key.public, one.body, one.sig)
                assert read(one.body).previous == before
                before = hash_of(one.body)

    run_virtually(main())


def test_pruned_changes_are_answered_with_a_snapshot(tmp_path: Path) -> None:
    """And the latest of each thing survives the pruning."""
    changes = judged(tmp_path / "j")

    async def main() -> None:
        async with open_store(tmp_path / "j") as store:
            journal = identity_of(tmp_path / "j")
            log = await ChangeLog.of(store, source=GATEWAY, journal=journal, key=Key.make())
            log.seal(changes, changes[-1].position)
            await log.keep()
            before = folded([read(c.body).message() for c in (await log.after(None, 0)).changes])
            middle = changes[-1].number // 2
            await store.write(lambda at: module._prune(at, middle))
            assert (await log.after(journal, middle - 1)).is_snapshot
            assert not (await log.after(journal, middle)).is_snapshot
            after = folded([read(c.body).message() for c in (await log.after(None, 0)).changes])
            assert after == before
            await asyncio.sleep(0)

    run_virtually(main())


def test_who_dies_between_telling_and_keeping_tells_the_same_again(tmp_path: Path) -> None:
    """What follows from the journal needs no disk of its own; till then nobody is answered less."""

    async def bench_of(store: Store) -> tuple[Bench, Journal, ChangeLog]:
        clock = VirtualClock()
        journal = await Journal.of(store, clock)
        changes = await ChangeLog.of(store, source=GATEWAY, journal=journal.id, key=KEY)
        voice = Voice(Source(GATEWAY), KEY, clock)
        bench = Bench(store, journal, changes, Outlet(), voice=voice, clock=clock)
        await bench.rebuild(SETTINGS)
        return bench, journal, changes

    async def first() -> list[bytes]:
        told: list[bytes] = []
        async with open_store(tmp_path / "j") as store:
            bench, journal, changes = await bench_of(store)
            for group in drafts(7, 60, tuple):
                await journal.append(group)
                judged = bench._judge(await journal.read(bench.state.position))
                told += [one.body for one in changes.seal(judged, bench.state.position)]
                if len(told) < 10:
                    await changes.keep()
            assert changes.unkept > 10
        return told

    async def second(told: list[bytes]) -> None:
        async with open_store(tmp_path / "j") as store, asyncio.TaskGroup() as tasks:
            bench, journal, changes = await bench_of(store)
            assert changes.chain.last < len(told)
            asking = tasks.create_task(bench.after(journal.id, len(told)))
            await asyncio.sleep(1)
            assert not asking.done()
            voice = Voice(Source(GATEWAY), KEY, VirtualClock())
            receipts = Receipts(
                journal,
                Outlet(),
                voice=voice,
                grants=Grants(100_000),
                clock=VirtualClock(),
                state=lambda: bench.state,
            )
            running = tasks.create_task(bench.run(receipts))
            assert not (await asking).is_snapshot
            again = [one.body for one in await every(changes, journal.id)]
            assert again[: len(told)] == told
            running.cancel()

    told = run_virtually(first())
    run_virtually(second(told))


def test_what_is_sealed_while_others_become_durable_waits_for_the_next_commit(
    tmp_path: Path,
) -> None:
    """Told at once, kept a moment later: what came in between must not be taken for kept."""
    changes = judged(tmp_path / "j")
    first, second = changes[:3], changes[3:6]

    async def main() -> None:
        async with open_store(tmp_path / "k") as store:
            journal = identity_of(tmp_path / "j")
            log = await ChangeLog.of(store, source=GATEWAY, journal=journal, key=KEY)
            log.seal(first, first[-1].position)
            keeping = asyncio.create_task(log.keep())
            await asyncio.sleep(0)
            log.seal(second, second[-1].position)
            await keeping
            assert log.unkept == len(second)
            assert log.judged == first[-1].position
            assert log.sealed.is_set()
            told = await every(log, journal)
            assert [one.body for one in told] == [one.body for one in (*first, *second)]

    run_virtually(main())

"""Events stand behind no readings: neither while those are looked at, nor while they are kept."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from contract.link import BATCH_MAX
from contract.messages import Reading, ReadingsTaken
from gateway import service
from gateway.intake.ahead import AHEAD_MAX, Ahead, Looked
from gateway.intake.ahead import _is_ready as is_ready
from gateway.journal import store
from gateway.journal.journal import entries
from tests.gateway.intake.sent import SEAL, gateway, packet
from tests.support.virtual import START, run_virtually

FLOOD = 5 * BATCH_MAX


def reading(number: int) -> ReadingsTaken:
    """One reading, in a message of its own."""
    one = Reading(device="d", metric="m", value=float(number), unit="1", observed_at=START)
    return ReadingsTaken(readings=(one,))


async def begun(ahead: Ahead, *, are_events: bool) -> Looked:
    """A batch that somebody looks at."""
    looked: Looked = asyncio.get_running_loop().create_future()
    await ahead.put(lambda: looked, are_events=are_events)
    return looked


def of(name: str) -> list[Any]:
    """What was found in a batch."""
    return [name]


async def next_of(ahead: Ahead) -> list[Any]:
    """What is to be kept now."""
    return list(await ahead.next())


def test_events_find_room_and_are_next_however_much_else_is_ahead() -> None:
    """With one batch of all else, so that neither ever waits for the end of the other."""

    async def main() -> None:
        ahead = Ahead()
        rest = [await begun(ahead, are_events=False) for _ in range(AHEAD_MAX)]
        for number, looked in enumerate(rest):
            looked.set_result(of(f"rest {number}"))
        events = await begun(ahead, are_events=True)
        events.set_result(of("event"))
        assert await next_of(ahead) == ["event", "rest 0"]
        assert await next_of(ahead) == ["rest 1"]

    run_virtually(main())


def test_what_is_looked_at_first_waits_for_what_came_before_it_of_its_kind_alone() -> None:
    """Order holds within a stream."""

    async def main() -> None:
        ahead = Ahead()
        first, second = [await begun(ahead, are_events=False) for _ in range(2)]
        second.set_result(of("second"))
        next_ = asyncio.create_task(next_of(ahead))
        await asyncio.sleep(1)
        assert not next_.done()
        (await begun(ahead, are_events=True)).set_result(of("event"))
        assert await next_ == ["event"]
        first.set_result(of("first"))
        assert await next_of(ahead) == ["first"]
        assert await next_of(ahead) == ["second"]

    run_virtually(main())


def test_as_many_batches_of_a_kind_are_looked_at_at_once() -> None:
    """One more begins when one was taken."""

    async def main() -> None:
        ahead = Ahead()
        first, *_ = [await begun(ahead, are_events=True) for _ in range(AHEAD_MAX)]
        more = asyncio.create_task(begun(ahead, are_events=True))
        await asyncio.sleep(1)
        assert not more.done()
        first.set_result(of("first"))
        await ahead.next()
        assert not (await more).done()

    run_virtually(main())


def test_a_seal_stands_behind_one_commit_though_the_disk_stalls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was heard before it: what is kept already, and no batch more."""
    disk = threading.Event()
    commit = store._commit

    def stalled(connection: sqlite3.Connection, group: list[store._Job]) -> list[Any]:
        assert disk.wait(60)
        return commit(connection, group)

    monkeypatch.setattr(store, "_commit", stalled)

    async def main() -> None:
        disk.set()
        async with gateway(tmp_path) as parts, asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(service._take_turns(parts)),
                tasks.create_task(parts.intake.run()),
            ]
            disk.clear()
            before = parts.journal.position
            parts.rest.put([packet(reading(number), number) for number in range(1, FLOOD + 1)])
            while len(parts.intake._ahead._rest.looked) < AHEAD_MAX:
                await asyncio.sleep(0)
            parts.events.put([packet(SEAL)])
            while not is_ready(parts.intake._ahead._events):
                await asyncio.sleep(0)
            disk.set()
            await parts.journal.past(before + FLOOD)
            for task in running:
                task.cancel()

    run_virtually(main())
    said = [entry.stream for entry in entries(tmp_path / "journal.sqlite") if entry.kind == "kept"]
    assert said.index("events") <= BATCH_MAX
    assert len(said) == FLOOD + 1

"""Receipts: soon, together, never so late that a source says all again; of what they speak."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

from contract.delivery.grants import Grants
from contract.delivery.sender import RESEND_S_FIRST
from contract.delivery.source_end import Said
from contract.link import Packet
from contract.links.memory import Hub
from contract.messages import AlertChanged, Reading, ReadingsTaken, Receipt, SealRead, read
from contract.signing import Key
from contract.topics import every, topic
from gateway.entry import Draft
from gateway.intake.receipts import (
    AGAIN_S,
    FORGET_S,
    GATHER_S,
    GATHER_S_MAX,
    RECEIPTS_PER_S,
    Receipts,
)
from gateway.journal.journal import Journal
from gateway.journal.store import open_store
from gateway.judge.judge import judge
from gateway.judge.state import State
from gateway.outlet import Outlet
from gateway.service import GATHER_S as BATCH_GATHER_S
from gateway.service import MUCH
from gateway.voice import Voice
from tests.gateway.gateways import GATEWAY, World
from tests.support.virtual import START, VirtualClock, run_virtually

Heard = list[tuple[float, Packet]]
"""When a receipt came, in virtual seconds."""


@asynccontextmanager
async def saying(
    folder: Path, state: Callable[[], State] = State
) -> AsyncIterator[tuple[Receipts, Heard]]:
    """Receipts at work on a journal of their own, and what comes out of them."""
    hub, clock, outlet, heard = Hub(), VirtualClock(), Outlet(), Heard()
    async with (
        open_store(folder / "journal.sqlite") as store,
        hub.dial("gateway") as link,
        hub.dial("ear") as ear,
        asyncio.TaskGroup() as tasks,
    ):
        receipts = Receipts(
            await Journal.of(store, clock),
            outlet,
            voice=Voice(GATEWAY, Key.make(), clock),
            grants=Grants(100_000),
            clock=clock,
            state=state,
        )
        await ear.subscribe(every("KEMBA", "receipts"))

        async def hear() -> None:
            async for batch in ear.receive():
                heard.extend((asyncio.get_running_loop().time(), one) for one in batch)

        running = {"outlet": outlet.drain(link), "receipts": receipts.run(), "ear": hear()}
        begun = [tasks.create_task(one, name=name) for name, one in running.items()]
        await asyncio.sleep(1)
        yield receipts, heard
        for task in begun:
            task.cancel()


def lane(number: int) -> str:
    """A source."""
    return f"/KEMBA/lane-{number}"


def test_what_comes_together_is_receipted_together(tmp_path: Path) -> None:
    """A hundred messages of one source are one receipt, within a tenth of a second."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with saying(tmp_path) as (receipts, heard):
            began = loop.time()
            for _ in range(100):
                receipts.owe(lane(1))
            await asyncio.sleep(1)
            [(at, packet)] = heard
            assert packet.topic == topic(lane(1), "receipts")
            assert at - began <= GATHER_S + 1e-6

    run_virtually(main())


def test_a_birth_is_answered_at_once(tmp_path: Path) -> None:
    """Who was just born waits for its window; nobody gathers for it."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with saying(tmp_path) as (receipts, heard):
            began = loop.time()
            receipts.owe(lane(1), is_urgent=True)
            await asyncio.sleep(GATHER_S / 4)
            assert [at - began < GATHER_S / 4 for at, _ in heard] == [True]

    run_virtually(main())


def test_where_many_speak_each_receipt_settles_more_and_none_waits_too_long(
    tmp_path: Path,
) -> None:
    """Three thousand agents speak at once: few receipts, all in time; and then as before."""
    agents, seconds, step_s = 3_000, 12, 0.1
    assert GATHER_S_MAX < RESEND_S_FIRST

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with saying(tmp_path) as (receipts, heard):
            for _ in range(int(seconds / step_s)):
                for number in range(agents):
                    receipts.owe(lane(number))
                await asyncio.sleep(step_s)
            last_word = loop.time() - step_s
            await asyncio.sleep(GATHER_S_MAX)
            rate = len(heard) / (seconds + GATHER_S_MAX)
            assert rate <= max(RECEIPTS_PER_S, agents / GATHER_S_MAX) * 1.2
            by_source: dict[str, list[float]] = {}
            for at, packet in heard:
                by_source.setdefault(packet.topic, []).append(at)
            assert len(by_source) == agents
            for times in by_source.values():
                assert max(times) >= last_word
                waits = [b - a for a, b in pairwise(times)]
                assert max(waits) <= GATHER_S_MAX + 1e-6
            heard.clear()
            await asyncio.sleep(2 * GATHER_S_MAX)
            began = loop.time()
            receipts.owe(lane(1))
            await asyncio.sleep(1)
            mine = topic(lane(1), "receipts")
            assert min(at for at, packet in heard if packet.topic == mine) - began <= 0.11

    run_virtually(main())


def test_a_receipt_is_said_again_until_its_source_is_forgotten(tmp_path: Path) -> None:
    """Every ten seconds, for a minute after its last word: one that was lost on its way comes."""

    async def main() -> None:
        async with saying(tmp_path) as (receipts, heard):
            receipts.owe(lane(1))
            await asyncio.sleep(10 * FORGET_S)
            assert FORGET_S / AGAIN_S <= len(heard) <= FORGET_S / AGAIN_S + 1
            mine = topic(lane(1), "receipts")
            assert Counter(packet.topic for _, packet in heard) == {mine: len(heard)}

    run_virtually(main())


def test_a_receipt_has_the_position_of_what_it_speaks_of(tmp_path: Path) -> None:
    """The journal is ahead of the judge: of two receipts the one that knows more is the newer."""

    async def main() -> None:
        state = State()
        async with open_store(tmp_path / "journal.sqlite") as store:
            journal = await Journal.of(store, VirtualClock())
            await journal.append([Draft(kind="tick")] * 2)
            entries = await journal.read(0, 2)
        async with saying(tmp_path, lambda: state) as (receipts, heard):
            for entry in entries:
                judge(state, entry)
                receipts.owe(lane(1))
                await asyncio.sleep(1)
        said = [read(packet.body).message() for _, packet in heard]
        assert [one.position for one in said if isinstance(one, Receipt)] == [1, 2]

    run_virtually(main())


# --- gathering before the intake ------------------------------------------------------------------


def seal(number: int) -> Said:
    """One that was opened."""
    return Said(
        SealRead(device="reader", seal=f"HLX{number}", state="opened", subject=f"B{number}")
    )


def temperature(number: int) -> Said:
    """One reading."""
    one = Reading(
        device="cold", metric="temperature", value=float(number), unit="Cel", observed_at=START
    )
    return Said(ReadingsTaken(readings=(one,)))


@asynccontextmanager
async def alerts_of(world: World) -> AsyncIterator[Callable[[str], float]]:
    """When the gateway first told an alert about a subject, in virtual seconds."""
    first: dict[str, float] = {}
    async with world.hub.dial("screen") as link, asyncio.TaskGroup() as tasks:
        await link.subscribe(topic(GATEWAY, "changes"))

        async def hear() -> None:
            async for batch in link.receive():
                for packet in batch:
                    said = read(packet.body).message()
                    if isinstance(said, AlertChanged):
                        first.setdefault(said.alert.subject, asyncio.get_running_loop().time())

        hearing = tasks.create_task(hear(), name="hear")
        yield first.__getitem__
        hearing.cancel()


def test_a_seal_alone_waits_for_nobody(tmp_path: Path) -> None:
    """Nothing is gathered while little arrives: only the disk takes its time."""

    async def main() -> None:
        world = World(tmp_path)
        loop = asyncio.get_running_loop()
        async with (
            world.gateway(),
            world.agent("gate-2") as outbox,
            alerts_of(world) as told_at,
        ):
            await asyncio.sleep(2)
            began = loop.time()
            await outbox.say(seal(1))
            await asyncio.sleep(1)
            assert told_at("B1") - began < BATCH_GATHER_S

    run_virtually(main())


def test_a_seal_behind_a_flood_waits_for_one_gathering_at_most(tmp_path: Path) -> None:
    """Readings of another agent arrive by the dozen; events are taken first at the next turn."""

    async def main() -> None:
        world = World(tmp_path)
        loop = asyncio.get_running_loop()
        async with (
            world.gateway(),
            world.agent("gate-2") as outbox,
            world.agent("yard-1") as other,
            alerts_of(world) as told_at,
        ):
            await asyncio.sleep(2)
            for number in range(20):
                await other.say(*(temperature(n) for n in range(2 * MUCH)))
                began = loop.time()
                await outbox.say(seal(number))
                await asyncio.sleep(0.5)
                assert told_at(f"B{number}") - began <= 2 * BATCH_GATHER_S

    run_virtually(main())

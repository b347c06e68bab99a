"""Readings wait for each other, but never long; what is promised is on the disk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from contract.delivery.outbox import Outbox
from contract.identifiers import Source
from contract.messages import READINGS_MAX, Device, Message, ModelUsed, Reading, SealRead
from contract.signing import Key
from edge.detector import Scan
from edge.driver import Observed
from edge.health import Health
from edge.line import BATCH_S, Line
from edge.scans import Scans
from edge.speaker import Speaker
from tests.support.virtual import START, VirtualClock, run_virtually

DEVICES = (Device(device="a", family="modbus"), Device(device="b", family="modbus"))


async def look(_body: bytes) -> Scan:
    """No test here has a picture."""
    raise AssertionError


@asynccontextmanager
async def line(tmp_path: Path) -> AsyncIterator[tuple[Line, Outbox, Health]]:
    """A line whose batches run."""
    clock, health = VirtualClock(), Health(DEVICES)
    opened = Outbox.open(
        tmp_path / "outbox.sqlite", source=Source("/KEMBA/gate-2"), key=Key.make(), clock=clock
    )
    async with opened as outbox, asyncio.TaskGroup() as tasks:
        speaker = Speaker(outbox, clock)
        scans = Scans(speaker, look, ModelUsed(name="none", sha256="0" * 64))
        one = Line(speaker, scans, health, clock)
        batching = tasks.create_task(one.batch(), name="batch")
        yield one, outbox, health
        batching.cancel()


def observed(device: str, second: float, count: int = 1) -> Observed:
    """So many readings of a device, and a promise up to them."""
    at = START + timedelta(seconds=second)
    reading = Reading(device=device, metric="m", value=1, unit="Cel", observed_at=at)
    return Observed(at=at, readings=(reading,) * count, up_to=at)


async def batches(outbox: Outbox) -> list[Message]:
    """What was said of readings."""
    return list(reversed(await outbox.call(outbox.end.recent, "readings", 100)))


def test_readings_of_a_quarter_second_are_one_message(tmp_path: Path) -> None:
    """A batch costs one signature and one fsync, however many devices are in it."""

    async def main() -> None:
        async with line(tmp_path) as (one, outbox, _):
            await one.take("a", observed("a", 0))
            await asyncio.sleep(BATCH_S * 0.8)
            await one.take("b", observed("b", 0.2))
            assert await batches(outbox) == []
            await asyncio.sleep(BATCH_S * 0.4)
            (batch,) = await batches(outbox)
            assert [r.device for r in getattr(batch, "readings", ())] == ["a", "b"]

    run_virtually(main())


def test_a_promise_waits_for_the_readings_before_it(tmp_path: Path) -> None:
    """`said_up_to` moves when they are durable, not when they were read."""

    async def main() -> None:
        async with line(tmp_path) as (one, _, health):
            await one.take("a", observed("a", 7))
            assert health.alive()[0].said_up_to is None
            await asyncio.sleep(BATCH_S * 2)
            assert health.alive()[0].said_up_to == START + timedelta(seconds=7)

    run_virtually(main())


def test_a_promise_without_readings_counts_at_once(tmp_path: Path) -> None:
    """A quiet folder is known to be quiet."""

    async def main() -> None:
        async with line(tmp_path) as (one, _, health):
            await one.take("b", Observed(at=START, up_to=START))
            assert health.alive()[1].said_up_to == START

    run_virtually(main())


def test_a_promise_follows_the_clock_back(tmp_path: Path) -> None:
    """After a step of the clock an hour may come twice: it is not called complete yet."""

    async def main() -> None:
        async with line(tmp_path) as (one, _, health):
            await one.take("a", Observed(at=START, up_to=START))
            stepped = START - timedelta(hours=1)
            await one.take("a", Observed(at=stepped, up_to=stepped))
            assert health.alive()[0].said_up_to == stepped

    run_virtually(main())


def test_a_full_batch_goes_at_once(tmp_path: Path) -> None:
    """Nothing waits behind a thousand readings, and no message is larger than allowed."""

    async def main() -> None:
        async with line(tmp_path) as (one, outbox, _):
            await one.take("a", observed("a", 0, count=READINGS_MAX + 1))
            sizes = [len(getattr(b, "readings", ())) for b in await batches(outbox)]
            assert sizes == [READINGS_MAX, 1]

    run_virtually(main())


def test_a_seal_does_not_wait(tmp_path: Path) -> None:
    """It is durable when the driver is asked for the next line."""

    async def main() -> None:
        async with line(tmp_path) as (one, outbox, _):
            seal = SealRead(device="a", seal="HLX417", state="opened")
            await one.take("a", Observed(at=START, seal=seal))
            assert await outbox.call(outbox.end.recent, "events", 10) == [seal]

    run_virtually(main())


def test_readings_of_a_lost_device_are_said_before_its_loss(tmp_path: Path) -> None:
    """What it said last is not held back."""

    async def main() -> None:
        async with line(tmp_path) as (one, outbox, health):
            await one.found("a")
            await one.take("a", observed("a", 0))
            await one.lost("a", "unplugged")
            assert len(await batches(outbox)) == 1
            assert [d.is_found for d in health.alive()] == [False, False]

    run_virtually(main())

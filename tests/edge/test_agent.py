"""A whole agent on an in-memory hub: from simulated devices on real wires to signed messages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.identifiers import Source
from contract.link import Rejected
from contract.links.memory import Hub
from contract.messages import (
    DeviceFound,
    DeviceLost,
    ReadingsTaken,
    ScanCompleted,
    ScanFailed,
    SealRead,
)
from contract.signing import Key
from edge import agent
from edge.config import AgentConfig, DetectorSettings
from edge.detector import Passport
from edge.identity import StateDir
from tests.edge import tiny_model
from tests.edge.benches import FolderBench, ModbusBench, SealBench, picture, plugged
from tests.edge.ear import Ear

pytestmark = pytest.mark.anyio


class SteppedClock(SystemClock):
    """The system's clock, set wrong on purpose."""

    step = timedelta()

    def utc_now(self) -> datetime:
        """UTC, or what the box takes for it."""
        return datetime.now(UTC) + self.step


class Post:
    """Three benches, a hub, an ear, and an agent to start and stop."""

    def __init__(self, tmp_path: Path) -> None:
        (tmp_path / "devices").mkdir()
        self.modbus = ModbusBench(tmp_path)
        self.seals = SealBench(tmp_path)
        self.folder = FolderBench(tmp_path)
        self.clock = SteppedClock()
        self.hub = Hub()
        state = StateDir(tmp_path / "state")
        key = Key.load_or_make(state.key)
        self.ear = Ear(self.hub, Source("/KEMBA/gate-2"), key, self.clock)
        state.gateway.write_text(self.ear.key.public.hex())
        self.config = AgentConfig(
            post="KEMBA",
            name="gate-2",
            state_dir=str(state.path),
            detector=DetectorSettings(model=str(tiny_model.write(tmp_path))),
            device=(self.modbus.settings, self.seals.settings, self.folder.settings),
        )

    @asynccontextmanager
    async def plugged(self) -> AsyncIterator[None]:
        """All devices are there until the end."""
        async with plugged(self.modbus), plugged(self.seals), plugged(self.folder):
            yield

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[asyncio.Task[None]]:
        """The agent runs until the end."""
        running = asyncio.ensure_future(agent.run(self.config, self.hub.dial, clock=self.clock))
        try:
            yield running
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                async with asyncio.timeout(20):
                    await running

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[Ear]:
        """The gateway listens until the end."""
        listening = asyncio.ensure_future(self.ear.run())
        await asyncio.sleep(0)
        try:
            yield self.ear
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


@pytest.fixture
def post(tmp_path: Path) -> Post:
    """A small post."""
    return Post(tmp_path)


async def test_an_agent_brings_what_its_devices_say(post: Post) -> None:
    """Readings, a seal, a scan and its picture arrive signed; the birth names the devices."""
    kinds = (ReadingsTaken, SealRead, ScanCompleted)
    async with post.plugged(), post.heard() as ear, post.agent():
        await ear.until(lambda: all(ear.of(kind) for kind in kinds) and bool(ear.whole_blobs()))
        found = [m.device.device for m in ear.of(DeviceFound) if isinstance(m, DeviceFound)]
    assert (
        {d.device for d in ear.born[0].devices}
        == set(found)
        == {
            "cold-store",
            "gate-reader",
            "scanner",
        }
    )
    assert [model.name for model in ear.born[0].models] == ["bright-1"]


async def test_an_agent_says_the_passport_of_its_model_and_each_scan_names_it(post: Post) -> None:
    """What its maker says of it is with the gateway, whoever made it: as a blob, by its hash."""
    async with post.plugged(), post.heard() as ear, post.agent():
        await ear.until(lambda: bool(ear.of(ScanCompleted)))
        (scan, *_) = ear.of(ScanCompleted)
        assert isinstance(scan, ScanCompleted)
        await ear.until(lambda: scan.model.passport in ear.whole_blobs())
        passport = Passport.from_json(ear.blobs[scan.model.passport or ""].decode())
    assert (passport.sha256, ear.born[0].models) == (scan.model.sha256, (scan.model,))


async def test_an_agent_without_a_broker_keeps_everything(post: Post) -> None:
    """It starts, works and stops without a network; the next start brings it all."""
    post.hub.stop()
    async with post.plugged(), post.agent():
        done = post.folder.folder / "done" / "0125443871.png"
        await post.ear.until(done.exists)
    post.hub.start()
    async with post.heard() as ear, post.agent():
        await ear.until(lambda: bool(ear.of(ScanCompleted)) and bool(ear.whole_blobs()))
    assert len(ear.of(ScanCompleted)) == 1
    assert ear.of(ReadingsTaken)
    assert ear.of(SealRead)


async def test_a_broker_that_restarts_costs_nothing(post: Post) -> None:
    """No number is missing in the end."""
    async with plugged(post.modbus), post.heard() as ear, post.agent():
        await ear.until(lambda: bool(ear.of(ReadingsTaken)))
        post.hub.stop()
        await asyncio.sleep(0.6)
        post.hub.start()
        before = len(ear.of(ReadingsTaken))
        await ear.until(lambda: len(ear.of(ReadingsTaken)) > before + 2)
    numbers = [e.identity.sequence for e in ear.events if e.identity and e.stream == "readings"]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


async def test_an_unplugged_device_is_lost_and_found_and_the_others_go_on(post: Post) -> None:
    """One dead sensor is one dead sensor."""
    async with plugged(post.seals), post.heard() as ear, post.agent():
        await post.modbus.plug()
        await ear.until(lambda: bool(ear.of(ReadingsTaken)))
        await post.modbus.unplug()
        await ear.until(lambda: "cold-store" in {lost_of(m) for m in ear.of(DeviceLost)})
        seals = len(ear.of(SealRead))
        await ear.until(lambda: len(ear.of(SealRead)) > seals)
        finds = len(ear.of(DeviceFound))
        async with plugged(post.modbus):
            await ear.until(lambda: len(ear.of(DeviceFound)) > finds)


def lost_of(message: object) -> str:
    """The device that was lost."""
    return message.device if isinstance(message, DeviceLost) else ""


async def test_a_corrupt_picture_is_a_failed_scan_and_the_next_is_looked_at(post: Post) -> None:
    """Its bytes arrive all the same."""
    async with plugged(post.folder), post.heard() as ear, post.agent():
        corrupt = picture()[:200] + picture()[-12:]
        (post.folder.folder / "0000000001.png").write_bytes(corrupt)
        await ear.until(lambda: bool(ear.of(ScanFailed)))
        (post.folder.folder / "0000000002.png").write_bytes(picture(90))
        await ear.until(lambda: len(ear.of(ScanCompleted)) == 2)
        await ear.until(lambda: len(ear.whole_blobs()) == 4)  # and the model's passport
        assert (post.folder.folder / "failed" / "0000000001.png").read_bytes() == corrupt


async def test_a_step_of_the_clock_stops_nothing(post: Post) -> None:
    """Polling runs on the clock that does not step; the times say what the box believed."""
    async with plugged(post.modbus), post.heard() as ear, post.agent():
        await ear.until(lambda: bool(ear.of(ReadingsTaken)))
        post.clock.step = timedelta(hours=-5)
        before = len(ear.of(ReadingsTaken))
        await ear.until(lambda: len(ear.of(ReadingsTaken)) > before + 2)
        post.clock.step = timedelta(days=400)
        before = len(ear.of(ReadingsTaken))
        await ear.until(lambda: len(ear.of(ReadingsTaken)) > before + 2)


async def test_what_was_observed_before_the_stop_is_in_the_outbox(post: Post) -> None:
    """Readings that waited for their batch when the agent was stopped arrive after the restart."""
    polls: list[datetime] = []
    post.modbus.polled = lambda: polls.append(datetime.now(UTC))
    async with plugged(post.modbus), post.heard() as ear:
        async with post.agent():
            await ear.until(lambda: len(polls) > 12)
        asked = len(polls)
        async with post.agent():
            await ear.until(lambda: len(ear.born) > 1 and len(times_of(ear)) > asked + 5)
    # The last answer may have been on the wire when the agent stopped; no more than that.
    before = [at for at in times_of(ear) if at <= polls[asked - 1] + timedelta(milliseconds=200)]
    assert asked - 1 <= len(before)


def times_of(ear: Ear) -> list[datetime]:
    """When the temperatures that arrived were observed."""
    taken = [m for m in ear.of(ReadingsTaken) if isinstance(m, ReadingsTaken)]
    readings = [reading for batch in taken for reading in batch.readings]
    return sorted(r.observed_at for r in readings if r.metric == "temperature")


async def test_an_agent_that_is_not_enrolled_says_so(post: Post) -> None:
    """It does not start, and says what is missing."""
    StateDir(Path(post.config.state_dir)).gateway.unlink()
    with pytest.raises(Rejected, match="is not enrolled"):
        await agent.run(post.config, post.hub.dial, clock=post.clock)

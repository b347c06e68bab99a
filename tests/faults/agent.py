"""A box at the border, from its devices to its uplink; the devices live on while it is dead."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from contract.clock import Clock, GuidedClock
from contract.delivery import uplink
from contract.delivery.outbox import Outbox
from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Dial
from contract.messages import Device, Identity, Message, ModelUsed, Reading, SealRead
from contract.signing import Key
from edge.detector import Detection, Scan
from edge.driver import Observed, PictureFound, Settings
from edge.health import Health
from edge.identity import StateDir, rotate
from edge.line import Line
from edge.scans import Scans
from edge.speaker import Speaker
from edge.tending import tend
from tests.faults.disk import is_dead
from tests.faults.plan import Event, Excursion

MODEL: Final = ModelUsed(name="scripted-1", sha256="0" * 64)
COUNT: Final = "count"
TEMPERATURE: Final = "temperature"
WARM: Final = 40.0


class Recorded(Outbox):
    """An outbox that notes what it said was durable."""

    said: dict[Identity, Message]

    async def say(self, *said: Said) -> list[Identity]:
        """See `Outbox.say`."""
        identities = await super().say(*said)
        if not is_dead():
            self.said.update(zip(identities, (one.message for one in said), strict=True))
        return identities


@dataclass(eq=False)
class Sensor:
    """Counts its polls, so that no two readings are alike; polled by the clock on the wall."""

    name: str
    now: Callable[[], float]
    poll_s: float
    excursions: tuple[Excursion, ...]
    until_s: float
    polls: int = 0

    async def observe(self, clock: Clock) -> AsyncIterator[Observed]:
        """What it measures, whenever it is polled."""
        while True:
            self.polls = max(self.polls + 1, int(self.now() / self.poll_s) + 1)
            at_s = self.polls * self.poll_s
            await asyncio.sleep(max(0.0, at_s - self.now()))
            if at_s > self.until_s:
                await asyncio.Event().wait()
            now = clock.utc_now()
            yield Observed(at=now, readings=tuple(self._readings(at_s, now)), up_to=now)

    def _readings(self, at_s: float, now: datetime) -> list[Reading]:
        is_warm = any(one.from_s <= at_s < one.until_s for one in self.excursions)
        warm = WARM if is_warm else 5.0
        return [
            Reading(
                device=self.name, metric=COUNT, value=float(self.polls), unit="/", observed_at=now
            ),
            Reading(device=self.name, metric=TEMPERATURE, value=warm, unit="Cel", observed_at=now),
        ]


@dataclass(eq=False)
class SealReader:
    """Says each thing once, to whoever listens."""

    name: str
    now: Callable[[], float]
    events: list[Event]

    async def observe(self, clock: Clock) -> AsyncIterator[Observed]:
        """What its seals say, in their order."""
        while self.events:
            await asyncio.sleep(max(0.0, self.events[0].at_s - self.now()))
            event = self.events.pop(0)
            seal = SealRead(
                device=self.name,
                seal=event.name,
                state=event.what,  # type: ignore[arg-type]  # not a bag
                subject=f"BOX{event.on or event.name}",
            )
            yield Observed(at=clock.utc_now(), seal=seal)
        await asyncio.Event().wait()


@dataclass(eq=False)
class Scanner:
    """Keeps each picture until it is settled."""

    name: str
    now: Callable[[], float]
    events: list[Event]
    found: set[str] = field(default_factory=set)

    async def observe(self, clock: Clock) -> AsyncIterator[Observed]:
        """Its pictures, each until it is settled."""
        while self.events:
            event = self.events[0]
            await asyncio.sleep(max(0.0, event.at_s - self.now()))
            yield Observed(at=clock.utc_now(), picture=self._picture(event))
            self.found.add(event.name)
        await asyncio.Event().wait()

    def _picture(self, event: Event) -> PictureFound:
        body = picture_of(event)

        async def settle(_why: str) -> None:
            if event in self.events and not is_dead():
                self.events.remove(event)

        return PictureFound(
            name=event.name,
            body=body,
            sha256=hashlib.sha256(body).hexdigest(),
            media_type="image/png",
            subject=event.name,
            why_not="",
            is_again=event.name in self.found,
            settle=settle,
        )


def picture_of(event: Event) -> bytes:
    """Its bytes; the first one says whether the model sees something."""
    noise = random.Random(event.name).randbytes(event.size_bytes)  # noqa: S311 - a picture
    return (b"\x01" if event.has_contraband else b"\x00") + noise


async def _detect(picture: bytes) -> Scan:
    await asyncio.sleep(0.02)
    seen = (Detection("elephant_tusk", 0.9, (1.0, 1.0, 5.0, 5.0)),) if picture[0] else ()
    return Scan(width=10, height=10, detections=seen, model=MODEL.name, milliseconds=20.0)


@dataclass(eq=False)
class Scripted:
    """A driver for one of the devices above."""

    settings: Settings
    inner: Sensor | SealReader | Scanner
    clock: Clock

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        return Device(device=self.inner.name, family="scripted")

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`."""
        yield self.inner.observe(self.clock)


@dataclass(eq=False)
class Agent:
    """What stays while lives come and go."""

    source: Source
    key: Key
    gateway_key: bytes
    clock: Clock
    limits: OutboxLimits
    devices: tuple[Sensor | SealReader | Scanner, ...]
    outbox: Recorded | None = None

    async def run(self, folder: Path, dial: Dial, said: dict[Identity, Message]) -> None:
        """As `edge.agent.run` is, but for devices and model of the script."""
        self.outbox = None  # that of the life before is closed
        clock = GuidedClock(self.clock)
        state = StateDir(folder)
        if state.key.exists():  # it has changed: what lies on the card is the one that counts
            await rotate(self.source, state, clock=clock, limits=self.limits)
            self.key = Key.load_or_make(state.key)
        drivers = tuple(Scripted(Settings(device=one.name), one, clock) for one in self.devices)
        health = Health(tuple(driver.device for driver in drivers))
        facts = uplink.Facts(version="1", devices=health.devices, models=(MODEL,))
        async with (
            Recorded.open(
                folder / "outbox.sqlite",
                source=self.source,
                key=self.key,
                clock=clock,
                limits=self.limits,
                is_patient=True,
            ) as outbox,
            asyncio.TaskGroup() as tasks,
        ):
            assert isinstance(outbox, Recorded)
            outbox.said = said
            self.outbox = outbox
            link = tasks.create_task(
                uplink.run(
                    outbox,
                    dial,
                    gateway_key=self.gateway_key,
                    facts=lambda: facts,
                    alive=health.alive,
                    clock=clock,
                ),
                name=f"{self.source} uplink",
            )
            try:
                speaker = Speaker(outbox, clock)
                line = Line(speaker, Scans(speaker, _detect, MODEL), health, clock)
                await _observe(drivers, line, clock)
            finally:
                link.cancel()


async def _observe(drivers: tuple[Scripted, ...], line: Line, clock: Clock) -> None:
    """As in `edge.agent`, but that chance comes from the seed."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(line.batch(), name="batch readings")
            for driver in drivers:
                tending = tend(driver, line, clock=clock, chance=random.random)  # type: ignore[arg-type]  # as good as a driver
                tasks.create_task(tending, name=f"tend {driver.device.device}")
    finally:
        await line.flush()

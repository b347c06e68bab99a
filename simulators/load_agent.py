"""One simulated agent: says what its script says, through a real outbox and a real uplink.

    script ─▶ batches of half a second ─▶ Outbox (in memory) ─▶ uplink ─▶ weather ─▶ broker

The outbox lives in memory and shares one thread with those of all other agents: for load, the price
of its disk would be paid by the wrong machine. Numbers, chain, signatures, windows, receipts and
declared losses are those of every agent.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from contract.clock import Clock
from contract.delivery import uplink
from contract.delivery.outbox import EPOCH_BYTES, Outbox
from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import Said, SourceEnd
from contract.delivery.store import Store
from contract.identifiers import Source
from contract.link import Dial
from contract.messages import (
    READINGS_MAX,
    Device,
    DeviceAlive,
    Reading,
    ReadingsTaken,
    SealRead,
)
from contract.signing import Key
from simulators.expected import Expectations
from simulators.faults import SteppedClock
from simulators.measured import MODEL, SCANNER, every, parts, scan, ticks, value
from simulators.scanner import picture_of
from simulators.script import AgentScript, Script, Seal, Sensor, Truth, draw

BATCH_S: Final = 0.5
"""What is measured within so long travels together."""
VERSION: Final = "simulated"
READER: Final = "sim-seal-reader"
_INFINITY: Final = 1 << 62


class Tally(NamedTuple):
    """What one agent, or all, said, and what became of it, in numbered messages."""

    said: int = 0
    receipted: int = 0
    """Kept by the gateway, by its signed receipt."""
    declared: int = 0
    """Declared lost, and the declaration receipted."""

    @property
    def missing(self) -> int:
        """Neither."""
        return self.said - self.receipted - self.declared

    def plus(self, other: "Tally") -> "Tally":
        """Together."""
        return Tally(*(a + b for a, b in zip(self, other, strict=True)))


class LoadAgent:
    """One agent of a script. Use `LoadAgent.open`."""

    def __init__(
        self,
        script: Script,
        index: int,
        *,
        outbox: Outbox,
        store: Store,
        clock: Clock,
        begin_ns: int,
        begun_at: datetime,
    ) -> None:
        self.script: Final[AgentScript] = script.agents[index]
        self.lag_s = 0.0
        """How late the last batch was said."""
        self.readings = 0
        """Said so far."""
        self.epochs: Final[set[str]] = {outbox.end.epoch}
        self.outbox: Final = outbox
        self._whole: Final = script
        self._index: Final = index
        self._store: Final = store
        self._clock: Final = clock
        self._begin_ns: Final = begin_ns
        self._begun_at: Final = begun_at
        self._truths: Final = [truth for truth in script.truths if truth.agent == index]
        self._leaves: Final[dict[str, list[Truth]]] = {}
        for truth in self._truths:
            if truth.kind == "value":
                self._leaves.setdefault(truth.device, []).append(truth)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        script: Script,
        index: int,
        *,
        source: Source,
        key: Key,
        thread: ThreadPoolExecutor,
        limits: OutboxLimits,
        clock: Clock,
        begin_ns: int,
    ) -> AsyncIterator["LoadAgent"]:
        """An agent with an outbox of its own on the common thread."""
        stepped = SteppedClock(clock, begin_ns, script.agents[index].clock_steps)
        loop = asyncio.get_running_loop()

        def start() -> tuple[Store, SourceEnd]:
            store = Store(":memory:")
            return store, SourceEnd(store, source=source, key=key, make_epoch=_epoch, limits=limits)

        store, end = await loop.run_in_executor(thread, start)
        try:
            yield cls(
                script,
                index,
                outbox=Outbox(end, thread, stepped),
                store=store,
                clock=stepped,
                begin_ns=begin_ns,
                begun_at=clock.utc_now(),
            )
        finally:
            await loop.run_in_executor(thread, store.close)

    async def deliver(self, dial: Dial, gateway_key: bytes) -> None:
        """Be linked until cancelled."""
        await uplink.run(
            self.outbox,
            dial,
            gateway_key=gateway_key,
            facts=lambda: uplink.Facts(VERSION, self._devices(), (MODEL,)),
            alive=self._alive,
            clock=self._clock,
        )

    async def say_all(self, expectations: Expectations) -> None:
        """Say the whole script at its pace; what is late is said late, never left out."""
        from_s, end_s = 0.0, self._whole.seconds
        # Agents do not breathe in step.
        until_s = BATCH_S * (1 + self._index / len(self._whole.agents))
        while from_s < end_s:
            until_s = min(until_s, end_s)
            if (wait_s := until_s - self._now) > 0:
                await self._clock.sleep(wait_s)
            await self._say(from_s, until_s, expectations)
            self.lag_s = max(0.0, self._now - until_s)
            from_s, until_s = until_s, until_s + BATCH_S

    async def tally(self) -> Tally:
        """What became of what was said."""
        self.epochs.add(self.outbox.end.epoch)
        return await self.outbox.call(self._count)

    @property
    def _now(self) -> float:
        return (self._clock.monotonic_ns() - self._begin_ns) / 1e9

    # --- what is said between two times, the first excluded

    async def _say(self, from_s: float, until_s: float, expectations: Expectations) -> None:
        said: list[tuple[Said, list[Truth]]] = [
            *self._seals(from_s, until_s),
            *await self._bags(from_s, until_s),
            *self._readings(from_s, until_s),
        ]
        if not said:
            return
        began_ns = self._clock.monotonic_ns()
        identities = await self.outbox.say(*(one for one, _ in said))
        for identity, (_, truths) in zip(identities, said, strict=True):
            for truth in truths:
                expectations.said(truth, identity, began_ns)

    def _readings(self, from_s: float, until_s: float) -> Iterator[tuple[Said, list[Truth]]]:
        # What was measured at t carries the time of the box's clock, as it now believes, at t.
        zero = self._clock.utc_now() - timedelta(seconds=self._now)
        taken = [
            self._reading(sensor, at_s, zero)
            for sensor in self.script.sensors
            for at_s in ticks(sensor, self._whole.rate, from_s, until_s)
        ]
        self.readings += len(taken)
        for start in range(0, len(taken), READINGS_MAX):
            batch = taken[start : start + READINGS_MAX]
            truths = [truth for _, truth in batch if truth is not None]
            yield Said(ReadingsTaken(readings=tuple(one for one, _ in batch))), truths

    def _reading(self, sensor: Sensor, at_s: float, zero: datetime) -> tuple[Reading, Truth | None]:
        truth = None
        if sensor.device in self._leaves:
            leaves = self._leaves[sensor.device]
            truth = next((t for t in leaves if t.at_s <= at_s < t.until_s), None)
        return Reading(
            device=sensor.device,
            metric=sensor.metric,
            value=value(sensor, at_s) if truth is None else truth.value,
            unit=sensor.unit,
            observed_at=zero + timedelta(seconds=at_s),
        ), truth

    def _seals(self, from_s: float, until_s: float) -> Iterator[tuple[Said, list[Truth]]]:
        for seal in self.script.seals:
            broken = next((t for t in self._truths if t.seal == seal.seal), None)
            times = every(seal.first_s, self._whole.seal_every_s, from_s, until_s)
            if broken is not None and from_s < broken.at_s <= until_s:
                times = [*times, broken.at_s]
            for at_s in sorted(times):
                truth = broken if broken is not None and broken.at_s <= at_s else None
                yield Said(self._seal_read(seal, truth)), [truth] if truth else []

    def _seal_read(self, seal: Seal, truth: Truth | None) -> SealRead:
        is_opened = truth is not None and truth.state == "opened"
        opened_s = truth.at_s if truth and is_opened else 0.0
        return SealRead(
            device=READER,
            seal=seal.seal,
            state=truth.state if truth else "intact",  # type: ignore[arg-type]  # checked in the scenario file
            subject=seal.container,
            opened_at=self._begun_at + timedelta(seconds=opened_s) if is_opened else None,
        )

    async def _bags(self, from_s: float, until_s: float) -> list[tuple[Said, list[Truth]]]:
        every_s = self._whole.bag_every_s
        if self._index or not every_s:
            return []
        said: list[tuple[Said, list[Truth]]] = []
        for at_s in every(every_s, every_s, from_s, until_s):
            bag = round(at_s / every_s)
            truth = next((t for t in self._truths if t.bag == bag), None)
            picture = b"%d %d" % (self._whole.seed, bag)
            if self._whole.has_pictures:
                seed = draw(self._whole.seed, f"picture {bag}").randrange(1 << 31)
                holds = truth.holds if truth else None
                loop = asyncio.get_running_loop()
                picture = await loop.run_in_executor(None, picture_of, seed, holds)
            said.append(
                (Said(scan(picture, self._whole.tag(bag), truth)), [truth] if truth else [])
            )
            if self._whole.has_pictures:
                said += [(part, []) for part in parts(picture)]
        return said

    # --- what births and signs of life say

    def _devices(self) -> tuple[Device, ...]:
        sensors = [Device(device=s.device, family="simulated") for s in self.script.sensors]
        if self.script.seals:
            sensors.append(Device(device=READER, family="simulated", lane=str(self._index + 1)))
        if not self._index and self._whole.bag_every_s:
            sensors.append(Device(device=SCANNER, family="simulated", lane="1"))
        return tuple(sensors)

    def _alive(self) -> tuple[DeviceAlive, ...]:
        now = self._clock.utc_now() - timedelta(seconds=BATCH_S + self.lag_s)
        return tuple(
            DeviceAlive(device=d.device, is_found=True, said_up_to=now) for d in self._devices()
        )

    def _count(self) -> Tally:
        """On the outbox's thread."""
        said = kept = declared = 0
        for epoch in self.outbox.end.named(every=True):
            for head in epoch.streams:
                lane = self.outbox.end.sender.lane(epoch.epoch, head.stream)
                said += head.last
                settled = min(lane.upto, head.last) + sum(
                    min(piece.last, head.last) - piece.first + 1
                    for piece in lane.missing.gaps(lane.upto + 1, lane.seen)
                    if piece.first <= head.last
                )
                lost = sum(
                    sum(lane.is_settled(n) for n in range(gone.first, gone.last + 1))
                    for gone in self._store.gone.of(lane.key, 1, _INFINITY)
                    if gone.reason != "pruned"
                )
                kept += settled - lost
                declared += lost
        return Tally(said, kept, declared)


def _epoch() -> str:
    """Random, as that of every agent: the seed must not make two runs one."""
    return os.urandom(EPOCH_BYTES).hex()

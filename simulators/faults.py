"""Faults between an agent and its broker, by the seed: a dial that loses, delays, repeats, swaps.

    uplink ◀──▶ FaultyLink ◀──▶ the real link ◀──▶ broker

What is not changed is the promise: an agent that is told "published" knows nothing yet.
"""

import asyncio
import heapq
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from contract.clock import Clock
from contract.link import Dial, Link, Packet, Unavailable
from simulators.scenario_file import Faults
from simulators.script import AgentScript, Span, Step, draw

SWAPPED_S: Final = 0.6
"""So long a packet is held back for those behind it to overtake it."""
LATE_MAX: Final = 10_000
"""Packets that are late at once, each way of each agent; more are dropped."""
LOOK_S: Final = 0.05


class SteppedClock:
    """A clock whose UTC jumps where the script says, ``begin`` being its first second."""

    def __init__(self, inner: Clock, begin_ns: int, steps: Sequence[Step]) -> None:
        self.boot_id = inner.boot_id
        self._inner: Final = inner
        self._begin_ns: Final = begin_ns
        self._steps: Final = tuple(steps)

    def utc_now(self) -> datetime:
        """UTC with all the jumps so far."""
        since_s = (self._inner.monotonic_ns() - self._begin_ns) / 1e9
        by_s = sum(step.by_s for step in self._steps if step.at_s <= since_s)
        return self._inner.utc_now() + timedelta(seconds=by_s)

    def monotonic_ns(self) -> int:
        """Never jumps."""
        return self._inner.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)

    def error_ms(self) -> int | None:
        """As the box believes: a clock that was set wrong does not know."""
        return self._inner.error_ms()


class Fate:
    """Decides about one packet after the other, one way of one agent."""

    def __init__(self, faults: Faults, rng: random.Random) -> None:
        self._faults: Final = faults
        self._rng: Final = rng

    def of_next(self) -> tuple[float, ...]:
        """The delay in seconds of each copy of the next packet; none for a drop."""
        faults, chance = self._faults, self._rng.random
        drop, delay, repeat, swap, length = (chance() for _ in range(5))
        if drop < faults.drop:
            return ()
        first = 0.0
        if delay < faults.delay:
            first = length * faults.delay_s
        elif swap < faults.reorder:
            first = SWAPPED_S
        return (first, first) if repeat < faults.repeat else (first,)


class Weather:
    """All that goes wrong around one agent; outlives its links."""

    def __init__(
        self, faults: Faults, agent: AgentScript, *, seed: int, begin_ns: int, clock: Clock
    ) -> None:
        self._begin_ns: Final = begin_ns
        self._clock: Final = clock
        self._outages: Final = agent.outages
        self._out: Final = Fate(faults, draw(seed, f"faults out {agent.name}"))
        self._in: Final = Fate(faults, draw(seed, f"faults in {agent.name}"))

    @property
    def now(self) -> float:
        """Seconds since the script began."""
        return (self._clock.monotonic_ns() - self._begin_ns) / 1e9

    def outage(self) -> Span | None:
        """The outage that is now."""
        now = self.now
        return next((o for o in self._outages if o.from_s <= now < o.until_s), None)

    def around(self, dial: Dial) -> Dial:
        """The dial that the agent gets."""

        def faulty(
            client_id: str, *, will: Packet | None = None
        ) -> AbstractAsyncContextManager[Link]:
            return self._dial(dial, client_id, will)

        return faulty

    @asynccontextmanager
    async def _dial(self, dial: Dial, client_id: str, will: Packet | None) -> AsyncIterator[Link]:
        if self.outage():
            raise Unavailable("the scenario has cut the line")
        async with dial(client_id, will=will) as link, asyncio.TaskGroup() as tasks:
            faulty = FaultyLink(link, self, self._out, self._in, self._clock)
            running = [
                tasks.create_task(faulty.hear(), name=f"{client_id} hears"),
                tasks.create_task(faulty.deliver_late(), name=f"{client_id} late packets"),
            ]
            try:
                yield faulty
            finally:
                for task in running:
                    task.cancel()


class FaultyLink:
    """A link with weather."""

    def __init__(self, link: Link, weather: Weather, out: Fate, in_: Fate, clock: Clock) -> None:
        self._link: Final = link
        self._weather: Final = weather
        self._out: Final = out
        self._in: Final = in_
        self._clock: Final = clock
        self._late: list[tuple[float, int, bool, Packet]] = []
        self._count = 0
        self._arrived: list[Packet] = []
        self._news: Final = asyncio.Event()
        self._broken = ""

    async def publish(self, packets: Sequence[Packet]) -> None:
        """See `contract.link.Link`."""
        self._check()
        if now := self._fated(packets, self._out, is_out=True):
            await self._link.publish(now)

    async def subscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        await self._link.subscribe(*filters)

    async def unsubscribe(self, *filters: str) -> None:
        """See `contract.link.Link`."""
        await self._link.unsubscribe(*filters)

    async def receive(self) -> AsyncIterator[list[Packet]]:
        """See `contract.link.Link`."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._check()
            arrived, self._arrived = self._arrived, []
            if arrived:
                yield arrived

    async def hear(self) -> None:
        """Take what the real link brings, until it breaks."""
        try:
            async for batch in self._link.receive():
                self._arrive(self._fated(batch, self._in, is_out=False))
        except Unavailable as error:
            self._break(str(error))

    async def deliver_late(self) -> None:
        """Bring what is late, and break when the scenario cuts the line."""
        while not self._broken:
            await self._clock.sleep(LOOK_S)
            if self._weather.outage():
                self._break("the scenario has cut the line")
                return
            due: dict[bool, list[Packet]] = {True: [], False: []}
            while self._late and self._late[0][0] <= self._weather.now:
                _, _, is_out, packet = heapq.heappop(self._late)
                due[is_out].append(packet)
            self._arrive(due[False])
            if due[True]:
                with suppress(Unavailable):  # whoever uses the link will notice
                    await self._link.publish(due[True])

    def _fated(self, packets: Sequence[Packet], fate: Fate, *, is_out: bool) -> list[Packet]:
        """Those that go on at once; the others wait, or are gone."""
        at_once: list[Packet] = []
        for packet in packets:
            for delay in fate.of_next():
                if not delay:
                    at_once.append(packet)
                elif len(self._late) < LATE_MAX:
                    self._count += 1
                    due = self._weather.now + delay
                    heapq.heappush(self._late, (due, self._count, is_out, packet))
        return at_once

    def _arrive(self, packets: list[Packet]) -> None:
        if packets:
            self._arrived += packets
            self._news.set()

    def _break(self, why: str) -> None:
        self._broken = why
        self._news.set()

    def _check(self) -> None:
        if self._broken:
            raise Unavailable(self._broken)

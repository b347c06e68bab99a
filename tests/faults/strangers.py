"""Devices that are not ours, each behind two links that stall; the broker keeps what they say.

    load cell ─┬─▶ link 0 ─┬─▶ the broker's session (QoS 1, outlives everybody) ─▶ the gateway's ear
               └─▶ link 1 ─┘

Of one device every second reading takes the other link, so what was measured first may come last.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from contract.clock import Clock
from contract.link import Unavailable
from contract.links.ear import Ear, Hear
from contract.links.subscriber import Said
from gateway.adapters.config import ForeignConfig
from gateway.adapters.route import Metric
from gateway.instant import microseconds
from gateway.judge.settings import Limit
from tests.faults.disk import is_dead
from tests.faults.plan import Stranger

LOAD: Final = "load"
HEAVY: Final = 100.0
LOAD_LIMIT: Final = Limit(metric=LOAD, high=10.0, for_s=0.0)
CONFIG: Final = ForeignConfig(
    name="yard",
    topic="yard/{device}/telemetry",
    time="ts",
    time_unit="us",
    metrics={LOAD: Metric(unit="N")},
)


@dataclass(eq=False)
class Session:
    """What the broker keeps for the gateway until it is acknowledged."""

    is_parted: bool = False
    waiting: dict[int, Said] = field(default_factory=dict)
    said: int = 0
    _ear: "_Ear | None" = None

    def say(self, topic: str, payload: bytes) -> None:
        """A device published this."""
        self.said += 1
        said = self.waiting[self.said] = Said(topic.encode(), payload, self.said, is_retained=False)
        if self._ear is not None:
            self._ear.tell([said])

    @asynccontextmanager
    async def listen(
        self,
        client_id: str,  # noqa: ARG002 - there is one session
        filters: Mapping[str, int],  # noqa: ARG002 - and all of it is for the gateway
        hear: Hear,
    ) -> AsyncIterator[Ear]:
        """See `contract.links.ear.Listen`: who listens hears all that waits, once more."""
        if self.is_parted:
            raise Unavailable("nobody answers")
        ear = self._ear = _Ear(self, hear)
        ear.tell(list(self.waiting.values()))
        try:
            yield ear
        finally:
            if self._ear is ear:
                self._ear = None

    def part(self, *, is_parted: bool) -> None:
        """Nothing comes through any more, or again."""
        self.is_parted = is_parted
        if is_parted and self._ear is not None:
            self._ear.is_broken.set()
            self._ear = None


class _Ear:
    """See `contract.links.ear.Ear`."""

    def __init__(self, session: Session, hear: Hear) -> None:
        self._session: Final = session
        self._hear: Final = hear
        self.is_broken: Final = asyncio.Event()

    def tell(self, said: list[Said]) -> None:
        """These arrive."""
        if said:
            self._hear(self, said)

    def settle(self, packet_ids: Sequence[int]) -> None:
        """See `Ear`; nobody hears what a dead gateway settles."""
        if self.is_broken.is_set() or is_dead():
            return
        for packet_id in packet_ids:
            self._session.waiting.pop(packet_id, None)

    async def listen(self) -> None:
        """See `Ear`."""
        await self.is_broken.wait()
        raise Unavailable("the link broke")


async def speak(stranger: Stranger, session: Session, clock: Clock, until_s: float) -> None:
    """Measure, and hand each reading to the link whose turn it is."""
    links: list[asyncio.Queue[bytes]] = [asyncio.Queue(), asyncio.Queue()]
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(_carry(stranger, link, queue, session), name=f"link {link}")
            for link, queue in enumerate(links)
        ]
        for count in range(round(until_s / stranger.every_s)):
            load = HEAVY + count if count in stranger.peaks else 1.0
            said = {"ts": microseconds(clock.utc_now()), LOAD: load}
            links[count % 2].put_nowait(json.dumps(said).encode())
            await asyncio.sleep(stranger.every_s)
        for queue in links:
            await queue.join()
        for task in running:
            task.cancel()


async def _carry(
    stranger: Stranger, link: int, queue: "asyncio.Queue[bytes]", session: Session
) -> None:
    """In its order; a link that stalls says all of it at once when it goes on."""
    begin = asyncio.get_running_loop().time()
    while True:
        payload = await queue.get()
        now = asyncio.get_running_loop().time() - begin
        ends = [one.at_s + one.for_s for one in stranger.stalls if one.link == link]
        begins = [one.at_s for one in stranger.stalls if one.link == link]
        waits = [end - now for at, end in zip(begins, ends, strict=True) if at <= now < end]
        await asyncio.sleep(max(waits, default=0.0))
        session.say(f"yard/{stranger.name}/telemetry", payload)
        queue.task_done()

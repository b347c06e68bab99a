"""Drives a broker with a fleet of simulated agents, and says whether anything is missing.

script ─▶ LoadAgents ─▶ faults ─▶ broker ─▶ gateway
              ▲ receipts ◀────────────┘          │ changes
report ◀──────┴──────────────── Watcher ◀────────┘
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Final

import msgspec

from contract.clock import Clock
from contract.delivery.room import OutboxLimits
from contract.identifiers import Source
from contract.link import Dial, Unavailable
from contract.messages import AlertChanged, Message
from gateway.judge.settings import JudgeSettings
from gateway.voice import NAME as GATEWAY
from simulators.expected import Expectations
from simulators.faults import Weather
from simulators.keyring import CodeFor, Keyring
from simulators.load_agent import LoadAgent, Tally
from simulators.report import Report, reported
from simulators.script import Script
from simulators.watcher import Watcher

OUTBOXES_BYTES_MAX: Final = 1 << 29
"""Memory for all outboxes together."""
LAW_S_MAX: Final = 15.0
"""So long a gateway may take to say by which rules it judges."""
START_S: Final = 0.5
START_EACH_S: Final = 0.01
"""From the law to the first reading: for all agents to be there."""
SETTLE_S_MAX: Final = 120.0
"""After the last word: for what is on its way, and for what has to be said again."""
CUT_SETTLE_S_MAX: Final = 3.0
"""The same for a run that somebody ends: whoever asked waits."""
LOOK_S: Final = 1.0
SETTLE_LOOK_S: Final = 0.25
LAG_S: Final = 1.0
"""Later than this, the rate is not kept."""
BACKLOG_S: Final = 10.0
"""Messages of so long without a receipt: broker or gateway do not keep up."""

log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is."""

    at_s: float
    seconds: float
    readings: int
    tally: Tally
    alerts_expected: int
    alerts_seen: int
    lag_s: float
    backlog_s: float
    """The messages without a receipt, as seconds of the whole fleet's saying."""

    @property
    def trouble(self) -> str:
        """Why the pace is not kept; empty if it is."""
        if self.lag_s > LAG_S:
            return f"cannot keep up: the simulator itself is {self.lag_s:.1f} s late"
        if self.backlog_s > BACKLOG_S:
            return f"cannot keep up: {self.tally.missing:,} messages wait for a receipt"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetConfig:
    """Who speaks, to which gateway, with which keys."""

    script: Script
    post: str
    keyring: Keyring
    code_for: CodeFor
    keys_kept: Callable[[Keyring], None] = lambda _ring: None
    """Called when keys were entered at the gateway."""
    outbox_messages_max: int = 100_000
    """Of one agent; more are shed and declared lost."""

    @property
    def sources(self) -> list[Source]:
        """Of the agents, in their order."""
        return [Source.of(self.post, agent.name) for agent in self.script.agents]


async def run(
    config: FleetConfig,
    dial: Dial,
    *,
    clock: Clock,
    heard: Callable[[Progress], None] = lambda _progress: None,
    left: Callable[[Report], None] = lambda _report: None,
) -> Report:
    """Say the whole script, wait until all is settled, and report.

    Cancelled, it says no more, waits `CUT_SETTLE_S_MAX` at most, and hands its report to ``left``.
    Raises `Unavailable` if there is no broker or no gateway, `Rejected` if the gateway refuses an
    agent, `BadConfig` if a code is missing.
    """
    fleet = _Fleet(config, dial, clock, heard, left)
    new = await config.keyring.enrol(config.sources, dial, code_for=config.code_for, clock=clock)
    if new:
        config.keys_kept(config.keyring)
        log.info("%d agents enrolled", new)
    async with asyncio.TaskGroup() as tasks:
        fleet.watcher = Watcher(
            Source.of(config.post, GATEWAY), config.keyring.gateway, fleet.take, clock
        )
        watching = tasks.create_task(fleet.watcher.run(dial), name="watcher")
        try:
            return await fleet.play()
        finally:
            watching.cancel()


class _Fleet:
    """One run."""

    def __init__(
        self,
        config: FleetConfig,
        dial: Dial,
        clock: Clock,
        heard: Callable[[Progress], None],
        left: Callable[[Report], None],
    ) -> None:
        self.watcher: Watcher
        self._config: Final = config
        self._script: Final = config.script
        self._dial: Final = dial
        self._clock: Final = clock
        self._says: Final = heard
        self._left: Final = left
        self._agents: list[LoadAgent] = []
        self._expectations: Expectations | None = None
        self._lag_s_max = 0.0
        self._begin_ns = 0

    def take(self, message: Message) -> None:
        """Something that the gateway decided."""
        if isinstance(message, AlertChanged) and self._expectations is not None:
            epochs = {epoch for agent in self._agents for epoch in agent.epochs}
            self._expectations.heard(message.alert, self._clock.monotonic_ns(), epochs)

    async def play(self) -> Report:
        """From the law to the report."""
        expectations = self._expectations = Expectations(self._script, await self._law())
        start_s = START_S + START_EACH_S * len(self._script.agents)
        self._begin_ns = self._clock.monotonic_ns() + int(start_s * 1e9)
        async with AsyncExitStack() as stack:
            thread = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="outboxes"))
            self._agents = [
                await stack.enter_async_context(self._agent(index, thread))
                for index in range(len(self._script.agents))
            ]
            async with asyncio.TaskGroup() as tasks:
                others = [
                    *(tasks.create_task(one, name="uplink") for one in self._uplinks()),
                    tasks.create_task(self._tell(), name="progress"),
                ]
                try:
                    await self._say_all(expectations)
                    return await self._report(expectations, SETTLE_S_MAX)
                except asyncio.CancelledError:
                    expectations.cut(self._clock.monotonic_ns())
                    self._left(await self._report(expectations, CUT_SETTLE_S_MAX))
                    raise
                finally:
                    for task in others:
                        task.cancel()

    async def _report(self, expectations: Expectations, settle_s: float) -> Report:
        """The report, once all is settled or the time is up."""
        return reported(
            self._script,
            await self._settled(expectations, settle_s),
            expectations,
            seconds=round(min(self._now, self._script.seconds), 1),
            readings=sum(agent.readings for agent in self._agents),
            lag_s_max=self._lag_s_max,
        )

    async def _law(self) -> JudgeSettings:
        try:
            async with asyncio.timeout(LAW_S_MAX):
                told = await asyncio.shield(self.watcher.law)
        except TimeoutError as error:
            raise Unavailable(
                f"no gateway says at {self._config.post} by which rules it judges"
            ) from error
        return msgspec.json.decode(told.settings, type=JudgeSettings, strict=False)

    def _agent(
        self, index: int, thread: ThreadPoolExecutor
    ) -> AbstractAsyncContextManager[LoadAgent]:
        source = self._config.sources[index]
        limits = OutboxLimits(
            bytes_max=OUTBOXES_BYTES_MAX // len(self._script.agents),
            messages_max=self._config.outbox_messages_max,
        )
        return LoadAgent.open(
            self._script,
            index,
            source=source,
            key=self._config.keyring.key(source),
            thread=thread,
            limits=limits,
            clock=self._clock,
            begin_ns=self._begin_ns,
        )

    def _uplinks(self) -> Iterator[Coroutine[None, None, None]]:
        for agent in self._agents:
            weather = Weather(
                self._script.faults,
                agent.script,
                seed=self._script.seed,
                begin_ns=self._begin_ns,
                clock=self._clock,
            )
            yield agent.deliver(weather.around(self._dial), self._config.keyring.gateway)

    async def _say_all(self, expectations: Expectations) -> None:
        async with asyncio.TaskGroup() as tasks:
            for agent in self._agents:
                tasks.create_task(agent.say_all(expectations), name=f"{agent.script.name} says")

    async def _settled(self, expectations: Expectations, settle_s: float) -> Tally:
        """What is said, once it is all settled and seen, or the time is up."""
        end = self._now + settle_s
        while True:
            tally = await self._tally()
            if (not tally.missing and not expectations.unseen) or self._now > end:
                return tally
            await self._clock.sleep(SETTLE_LOOK_S)

    async def _tally(self) -> Tally:
        total = Tally()
        for agent in self._agents:
            total = total.plus(await agent.tally())
        return total

    async def _tell(self) -> None:
        while True:
            await self._clock.sleep(LOOK_S)
            tally, lag_s = await self._tally(), max(agent.lag_s for agent in self._agents)
            self._lag_s_max = max(self._lag_s_max, lag_s)
            now = min(self._now, self._script.seconds)
            expectations = self._expectations
            assert expectations is not None  # noqa: S101 - made before the first agent
            self._says(
                Progress(
                    at_s=now,
                    seconds=self._script.seconds,
                    readings=sum(agent.readings for agent in self._agents),
                    tally=tally,
                    alerts_expected=len(expectations.expected),
                    alerts_seen=len(expectations.expected) - len(expectations.unseen),
                    lag_s=lag_s,
                    backlog_s=tally.missing / max(tally.said / max(now, 1.0), 1.0),
                )
            )

    @property
    def _now(self) -> float:
        return (self._clock.monotonic_ns() - self._begin_ns) / 1e9

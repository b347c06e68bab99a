"""Where the judge sits: reads the journal, judges, tells the changes, and makes them durable.

    journal ─▶ judge ─▶ changes ─▶ outlet
                           └─▶ disk: what gathered, or as soon as somebody asks for it

An alert waits for one commit, that of what it rests on. Who dies before the changes are on the disk
makes the same again, and before that answers nobody who asks for changes.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from contract.clock import Clock
from contract.link import Packet, Unavailable
from contract.messages import AgentBorn, ChangesTold, JudgeChanged, KeyRevoked, SignedBytes
from contract.topics import leaf_of, topic
from gateway.entry import Draft, Entry
from gateway.intake.receipts import Receipts
from gateway.journal.journal import Journal
from gateway.journal.store import Store
from gateway.judge.judge import judge, next_due
from gateway.judge.law import law
from gateway.judge.settings import JudgeSettings
from gateway.judge.state import State
from gateway.judging import snapshots
from gateway.judging.changes import Change, ChangeLog
from gateway.outlet import Outlet
from gateway.voice import Voice

TAKE_MAX: Final = 500
"""Entries that are judged between two writes."""
RETRY_S: Final = 1.0
KEEP_S: Final = 0.1
"""Changes that were told gather for so long, and are kept together, with the next commit."""
UNKEPT_MAX: Final = 10_000
"""Changes that wait for the disk; with more the judge waits too."""
TAKEN_MAX: Final = 1
"""Snapshots that wait for the disk; with more the next one is taken later."""
TICK_S: Final = 1.0
IDLE_TICK_S: Final = 10.0
"""While nothing waits for a moment, time is noted so often."""
RETELL_S: Final = 5.0
"""The last change is told again so often: a sign of life, by which a lost tail is noticed too."""
_log: Final = logging.getLogger(__name__)


class Bench:
    """The judge's state, and the only place that changes it."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        changes: ChangeLog,
        outlet: Outlet,
        *,
        voice: Voice,
        clock: Clock,
        snapshot_entries: int = snapshots.EVERY_ENTRIES,
    ) -> None:
        self.state = State()
        self._store: Final = store
        self._journal: Final = journal
        self._changes: Final = changes
        self._outlet: Final = outlet
        self._voice: Final = voice
        self._clock: Final = clock
        self._snapshot_entries: Final = snapshot_entries
        self._ticked = 0.0
        self._snapshot_at = 0
        self._unkept_bytes = 0
        self._taken: Final[asyncio.Queue[snapshots.Taken]] = asyncio.Queue(TAKEN_MAX)
        self._former = 0
        self._is_whole: Final = asyncio.Event()

    async def rebuild(self, settings: JudgeSettings) -> None:
        """Come to the state in which the last changes were kept; then let new settings in force."""
        upto = self._changes.judged
        state = self.state = await snapshots.load(
            self._store, upto, journal=self._journal.id, key=self._voice.key
        )
        begin = self._snapshot_at = state.position
        while state.position < upto:
            for entry in await self._journal.read(
                state.position, min(TAKE_MAX, upto - state.position)
            ):
                judge(state, entry)
            await asyncio.sleep(0)
        if begin < upto:
            _log.info("judged entries %d to %d of %s again", begin + 1, upto, self._journal.id)
        now = law(settings)
        former = await self._journal.own(now.type)
        if not former or former[-1].message != now:
            await self._journal.append([self._voice.say(now)])
            _log.info("judge %s with rules %s is in force", now.version, ", ".join(now.rules))
        self._former = self._journal.position

    async def run(self, receipts: Receipts) -> None:
        """Judge until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._judge_on(receipts), name="judge: entries")
            tasks.create_task(self._keep_on(), name="judge: changes")
            tasks.create_task(self._keep_states(), name="judge: snapshots")

    async def after(self, epoch: str | None, number: int) -> ChangesTold:
        """What was told after this change: once all is made again that an earlier run told."""
        await self._is_whole.wait()
        return await self._changes.after(epoch, number)

    async def _judge_on(self, receipts: Receipts) -> None:
        while True:
            if self.state.position >= self._former:
                self._is_whole.set()
            await self._journal.past(self.state.position)
            entries = await self._journal.read(self.state.position, TAKE_MAX)
            changes = self._judge(entries)
            for entry in entries:
                _owe(receipts, entry)
            if changes:
                sealed = self._changes.seal(changes, self.state.position)
                self._outlet.say(map(self._packet, sealed))
            if self._changes.unkept >= UNKEPT_MAX:
                await self._keep()
            self._unkept_bytes += sum(len(entry.body) for entry in entries)
            if self._is_state_due and not self._taken.full():
                self._taken.put_nowait(self._take_state())
            await asyncio.sleep(0)

    async def tick(self) -> None:
        """Note the time in the journal, when somebody waits for it, until cancelled."""
        while True:
            await self._clock.sleep(TICK_S)
            now = self._clock.monotonic_ns() / 1e9
            due = next_due(self.state)
            is_due = due is not None and due <= self._journal.now()
            if not is_due and now < self._ticked + IDLE_TICK_S:
                continue
            self._ticked = now
            try:
                await self._journal.append([Draft(kind="tick")])
            except Unavailable as error:
                _log.debug("no tick: %s", error)

    async def retell(self) -> None:
        """Tell the last change again and again, until cancelled."""
        while True:
            await self._clock.sleep(RETELL_S)
            try:
                last = await self._changes.latest()
            except Unavailable as error:
                _log.debug("no sign of life: %s", error)
                continue
            if last is not None:
                self._outlet.say([self._packet(last)])

    def _judge(self, entries: list[Entry]) -> list[Change]:
        chain = self._changes.chain
        return [
            change for entry in entries for change in chain.write(judge(self.state, entry), entry)
        ]

    async def _keep_on(self) -> None:
        try:
            while True:
                await self._changes.sealed.wait()
                await self._clock.sleep(KEEP_S)
                await self._keep(is_patient=True)
        finally:
            with suppress(Unavailable):
                await self._changes.keep()

    @property
    def _is_state_due(self) -> bool:
        return (
            self.state.position >= self._snapshot_at + self._snapshot_entries
            or self._unkept_bytes >= snapshots.EVERY_BYTES
        )

    def _take_state(self) -> snapshots.Taken:
        """Write down the state as it is now; the judge does not wait for the disk to have it."""
        self._snapshot_at, self._unkept_bytes = self.state.position, 0
        return snapshots.take(self.state)

    async def _keep_states(self) -> None:
        while True:
            await self._keep_state(await self._taken.get())

    async def _keep_state(self, taken: snapshots.Taken) -> None:
        """Make durable what was taken, behind the changes that led to it."""
        await self._keep()
        try:
            await snapshots.keep(self._store, taken, journal=self._journal.id, key=self._voice.key)
        except Unavailable as error:
            _log.warning("no snapshot of the judge: %s", error)

    async def _keep(self, *, is_patient: bool = False) -> None:
        """Make changes durable, however long it takes: the state has moved on already."""
        is_full = False
        while True:
            try:
                await self._changes.keep(is_patient=is_patient)
            except Unavailable as error:
                if not is_full:
                    _log.critical("%d changes wait for the disk: %s", self._changes.unkept, error)
                is_full = True
                await self._clock.sleep(RETRY_S)
            else:
                break
        if is_full:
            _log.warning("the changes that waited are on the disk")

    def _packet(self, signed: SignedBytes) -> Packet:
        return Packet(
            topic=topic(self._voice.source, leaf_of(JudgeChanged)),
            body=signed.body,
            keyid=signed.keyid,
            sig=signed.sig,
            qos=0,  # who misses one asks for it
        )


def _owe(receipts: Receipts, entry: Entry) -> None:
    """A receipt for who said something; at once for who was just born, or is to hang up."""
    if entry.kind in ("kept", "refused", "fork"):
        receipts.owe(entry.source, is_urgent=isinstance(entry.message, AgentBorn))
    elif isinstance(entry.message, KeyRevoked):
        receipts.owe(entry.message.source, is_urgent=True)

"""Hears the gateway over the link: changes, receipts, answers; and the readings somebody watches.

    link ─▶ changes ─▶ follower ─▶ board ─▶ screens        (a hole: ask ─▶ told ─▶ follower)
         ─▶ readings of watched devices ──────▶ screens
         ─▶ anything of the gateway ─▶ silence ─▶ screens

A link that breaks is dialled again; nothing is lost by it, for the follower knows what it lacks.
Nobody here waits for the disk: what it does not hold yet, the gateway tells again after a crash.
"""

import asyncio
import logging
import secrets
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, Protocol

from command_center.change import Change, read_changes
from command_center.follower import Follower
from command_center.silence import GatewayState, Silence
from command_center.watching import Watching
from contract.ask import Asker
from contract.clock import Clock
from contract.identifiers import Source
from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.messages import ChangesTold, Message, Reading, SignedBytes
from contract.signing import BadSignature, verify
from contract.stopping import apart
from contract.topics import topic

POLL_S: Final = 10.0
"""So often the gateway is asked for what is new: that finds a hole at the end, and its silence."""
RETRY_S: Final = (1.0, 2.0, 5.0, 10.0)
"""Waits between tries; the last one repeats."""
SILENCE_CHECK_S: Final = 1.0
STORE_S: Final = 1.0
"""After so long what was taken is on the disk; of each thing only the latest."""
INLINE_MAX: Final = 50
"""Changes that are read on the loop (50 µs each); more go to a thread."""

_log: Final = logging.getLogger(__name__)


class Screens(Protocol):
    """Where it all ends."""

    def gateway(self, state: GatewayState) -> None:
        """The gateway is heard, or no longer."""

    def readings(self, source: str, readings: Sequence[Reading]) -> None:
        """Verified readings of watched devices."""


class Feed:
    """One command center's ear; `run` until cancelled, `ask` from anywhere meanwhile."""

    def __init__(
        self,
        *,
        me: Source,
        gateway: Source,
        gateway_key: bytes,
        follower: Follower,
        silence: Silence,
        screens: Screens,
        clock: Clock,
    ) -> None:
        self._me: Final = me
        self._gateway: Final = gateway
        self._key: Final = gateway_key
        self._follower: Final = follower
        self._silence: Final = silence
        self._screens: Final = screens
        self._clock: Final = clock
        self._asker: Asker | None = None
        self._is_forged = False
        self._tries = 0
        self._why_away = ""
        self._behind: Final = asyncio.Event()
        self._taken: Final = asyncio.Event()
        self._watching: Final = Watching(follower.board, screens.readings)
        self._state = silence.state(clock.monotonic_ns())

    @property
    def state(self) -> GatewayState:
        """How the gateway stands."""
        return self._silence.state(self._clock.monotonic_ns())

    def watch(self, devices: Iterable[str]) -> None:
        """Hear the readings of these devices, and of no others."""
        self._watching.watch(devices)

    async def ask(self, question: Message) -> Message:
        """Ask the gateway; `Unavailable` if it cannot be reached, `Rejected` with its reason."""
        if self._asker is None:
            raise Unavailable("the broker cannot be reached")
        return await self._asker.ask(self._gateway, question)

    async def run(self, dial: Dial) -> None:
        """Hear until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_silence(), name="feed: silence")
            tasks.create_task(self._keep_storing(), name="feed: store")
            tasks.create_task(self._keep_dialling(dial), name="feed: link")

    async def _keep_dialling(self, dial: Dial) -> None:
        while True:
            session = secrets.token_hex(8)
            client_id = f"{self._me.post}-{self._me.name}-feed-{session}"
            try:
                await apart(self._use_link(dial, client_id, session), "feed: one link")
            except* (Unavailable, Rejected) as group:
                self._fail(str(_first(group)))
            await self._clock.sleep(RETRY_S[min(self._tries, len(RETRY_S) - 1)])
            self._tries += 1

    def _fail(self, why: str) -> None:
        """It may last for a day: said once, and again when it is for something else."""
        if why != self._why_away:
            _log.warning("feed: %s", why)
        self._why_away = why

    async def _use_link(self, dial: Dial, client_id: str, session: str) -> None:
        async with dial(client_id) as link:
            _log.info("feed: the broker is reached")
            self._tries, self._is_forged, self._why_away = 0, False, ""
            await self._hear_all(link, session)

    async def _hear_all(self, link: Link, session: str) -> None:
        asker = Asker(link, me=self._me, session=session, clock=self._clock, public_key=self._key)
        await link.subscribe(*self._topics(), asker.reply_to)
        self._asker = asker
        self._behind.set()
        self._watching.look()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(link, asker), name="feed: hear")
                tasks.create_task(self._keep_up(), name="feed: keep up")
                tasks.create_task(self._watching.tune(link), name="feed: tune")
        finally:
            self._asker = None
            asker.end()

    def _topics(self) -> tuple[str, str]:
        return topic(self._gateway, "changes"), topic(self._me, "receipts")

    async def _hear(self, link: Link, asker: Asker) -> None:
        changes, receipts = self._topics()
        async for batch in link.receive():
            told = []
            for packet in batch:
                if packet.topic == changes:
                    told.append(SignedBytes(body=packet.body, keyid=packet.keyid, sig=packet.sig))
                elif packet.topic == asker.reply_to:
                    self._heard()
                    asker.told(packet)
                elif packet.topic == receipts:
                    self._hear_receipt(packet)
                else:
                    self._watching.hear(packet)
            if told:
                await self._take(told)

    async def _take(self, told: Sequence[SignedBytes]) -> None:
        changes = await self._verified(told)
        if not changes:
            return
        self._heard()
        if self._follower.live(changes):
            self._behind.set()
        self._watching.look()
        self._taken.set()

    async def _keep_storing(self) -> None:
        try:
            while True:
                await self._taken.wait()
                await self._clock.sleep(STORE_S)
                self._taken.clear()
                await self._store()
        finally:
            await self._store()

    async def _store(self) -> None:
        try:
            await self._follower.persist(self._silence.heard_at)
        except Unavailable as error:
            # Who knows what failed has said it; the next try is for all of it.
            _log.debug("feed: not stored: %s", error)
            self._taken.set()

    async def _keep_up(self) -> None:
        tries = 0
        while True:
            if not self._behind.is_set():
                await self._idle()
            self._behind.clear()
            try:
                await self._catch_up()
            except (Unavailable, Rejected) as error:
                # It may last for a day: said once, until the gateway's changes are here again.
                level = logging.DEBUG if tries else logging.WARNING
                _log.log(level, "feed: cannot catch up: %s", error)
                self._behind.set()
                await self._clock.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
            else:
                if tries:
                    _log.info("feed: caught up with the gateway")
                tries = 0

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._behind.wait()
        except TimeoutError:
            pass

    async def _catch_up(self) -> None:
        is_behind = True
        while is_behind:
            page = await self.ask(self._follower.question())
            if not isinstance(page, ChangesTold):
                raise Rejected("the gateway answers another question")
            before = self._follower.head
            changes = await self._verified(page.changes)
            if len(changes) != len(page.changes):
                raise Rejected("an answer with changes that the gateway's key did not sign")
            is_behind = self._follower.told(page, changes)
            self._watching.look()
            await self._follower.persist(self._silence.heard_at)
            if is_behind and before == self._follower.head:
                raise Unavailable("the gateway's answer does not go on")

    async def _verified(self, told: Sequence[SignedBytes]) -> list[Change]:
        reading = partial(
            read_changes,
            told,
            gateway=self._gateway,
            gateway_key=self._key,
            refused=self._note_forged,
        )
        return await asyncio.to_thread(reading) if len(told) > INLINE_MAX else reading()

    def _note_forged(self, why: ValueError) -> None:
        # Once per link, lest a forger fills the log.
        level = logging.DEBUG if self._is_forged else logging.WARNING
        self._is_forged = True
        _log.log(level, "feed: a change is not the gateway's: %s", why)

    def _hear_receipt(self, packet: Packet) -> None:
        try:
            verify(self._key, packet.body, packet.sig)
        except BadSignature:
            return
        self._heard()

    def _heard(self) -> None:
        self._silence.heard(now_ns=self._clock.monotonic_ns(), at=self._clock.utc_now())
        self._say_state()

    async def _watch_silence(self) -> None:
        while True:
            await self._clock.sleep(SILENCE_CHECK_S)
            self._say_state()

    def _say_state(self) -> None:
        state = self.state
        if state.state != self._state.state:
            _log.log(
                logging.WARNING if state.state == "silent" else logging.INFO,
                "gateway is %s",
                state.state,
            )
            self._state = state
            self._screens.gateway(state)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first leaf: what broke the link broke all its tasks."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first

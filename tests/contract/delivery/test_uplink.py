"""The uplink on an in-memory link and a virtual clock, against a small gateway of real parts."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.clock import GuidedClock, stamp
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Packet, Unavailable
from contract.links.memory import Hub
from contract.messages import (
    AgentAlive,
    AgentBorn,
    Reading,
    ReadingsTaken,
    Receipt,
    Refused,
    SealRead,
    compose,
    read,
)
from contract.signing import Key, verify
from contract.topics import every, topic
from gateway.judge.ledger import Ledger
from tests.support.box import speaking
from tests.support.virtual import VirtualClock, run_virtually
from tests.support.waiting import until

TROUBLES_MAX = 20
"""Lines of the log about one outage, however long it lasts."""
SOURCE = Source("/KEMBA/gate-2")
GATEWAY = Source("/KEMBA/gateway")


class SmallGateway:
    """Keeps what it hears in memory and receipts it."""

    def __init__(self, hub: Hub, clock: VirtualClock) -> None:
        self.key = Key.make()
        self.kept: dict[str, str] = {}
        self.born: list[AgentBorn] = []
        self.alive: list[AgentAlive] = []
        self.is_receipting = True
        self.redial_s = 0.5
        self._hub, self._clock, self._ledger, self._position = hub, clock, Ledger(), 0

    async def run(self) -> None:
        """Answer until cancelled, over as many links as it takes."""
        while True:
            try:
                async with self._hub.dial("gateway") as link:
                    await link.subscribe(*(every("KEMBA", leaf) for leaf in ("events", "life")))
                    await link.subscribe(every("KEMBA", "readings"))
                    async for batch in link.receive():
                        for packet in batch:
                            self._keep(packet)
                        if self.is_receipting:
                            await link.publish([self._receipt()])
            except Unavailable:
                await asyncio.sleep(self.redial_s)

    def _keep(self, packet: Packet) -> None:
        verify(AGENT_KEY.public, packet.body, packet.sig)
        event = read(packet.body)
        message = event.message()
        identity = event.identity
        if isinstance(message, AgentBorn | AgentAlive):
            self._ledger.claim(event.source, message.epochs)
            if isinstance(message, AgentBorn):
                self.born.append(message)
            else:
                self.alive.append(message)
        elif identity is not None and self._ledger.look(identity) == "new":
            self._ledger.hear(identity, "0" * 64, event.previous)
            self.kept[event.id] = event.type

    def _receipt(self) -> Packet:
        self._position += 1
        receipt = Receipt(
            journal="a" * 16,
            position=self._position,
            agent=SOURCE,
            window=10,
            window_s=30,
            streams=tuple(
                type(s)(
                    epoch=s.epoch,
                    stream=s.stream,
                    upto=s.upto,
                    hash=None,
                    seen=s.seen,
                    missing=s.missing,
                )
                for s in self._ledger.receipt_streams(SOURCE)
            ),
        )
        body = compose(receipt, source=GATEWAY, stamp=stamp(self._clock))
        return Packet(topic=topic(SOURCE, "receipts"), body=body, sig=self.key.sign(body))


AGENT_KEY = Key(bytes(32))


@asynccontextmanager
async def line(path: Path) -> AsyncIterator[tuple[Hub, SmallGateway, Outbox, VirtualClock]]:
    """A gateway and a source on one hub."""
    clock, hub = VirtualClock(), Hub()
    gateway = SmallGateway(hub, clock)
    async with (
        Outbox.open(path / "outbox.sqlite", source=SOURCE, key=AGENT_KEY, clock=clock) as outbox,
        asyncio.TaskGroup() as tasks,
    ):
        running = tasks.create_task(gateway.run(), name="gateway")
        async with speaking(outbox, hub.dial, gateway.key.public, clock):
            yield hub, gateway, outbox, clock
        running.cancel()


def seal(number: int) -> Said:
    """A seal that was read."""
    return Said(SealRead(device="reader-1", seal=f"HLXU{number:03d}", state="intact"))


async def until_kept(gateway: SmallGateway, count: int, within_s: float) -> None:
    """Wait until so many are kept."""
    await until(lambda: len(gateway.kept) >= count, within_s)


def test_what_is_said_is_kept(tmp_path: Path) -> None:
    """A message goes out as soon as the gateway has granted a window."""

    async def story() -> None:
        async with line(tmp_path) as (_, gateway, outbox, _clock):
            await outbox.say(seal(1))
            await until_kept(gateway, 1, within_s=5)

    run_virtually(story())


def test_a_day_without_network_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was said while the broker was away arrives when it is back; the log is not flooded."""

    async def story() -> None:
        async with line(tmp_path) as (hub, gateway, outbox, _clock):
            await outbox.say(seal(1))
            await until_kept(gateway, 1, within_s=5)
            gateway.redial_s = 30.0
            hub.stop()
            for number in range(2, 26):
                await outbox.say(seal(number))
                await asyncio.sleep(3_600)
            hub.start()
            await until_kept(gateway, 25, within_s=120)

    caplog.set_level(logging.WARNING)
    run_virtually(story())
    said = [record.message for record in caplog.records if "has no link" in record.message]
    assert len(set(said)) == len(said) < TROUBLES_MAX


def test_a_gateway_that_is_silent_gets_births_alone(tmp_path: Path) -> None:
    """Without a receipt for 30 s only `agent.born` is sent, less and less often."""

    async def story() -> None:
        async with line(tmp_path) as (_, gateway, outbox, _clock):
            gateway.is_receipting = False
            await outbox.say(seal(1))
            await asyncio.sleep(600)
            assert not gateway.kept
            assert 5 <= len(gateway.born) <= 20
            gateway.is_receipting = True
            await until_kept(gateway, 1, within_s=90)

    run_virtually(story())


def test_after_a_new_link_nothing_is_said_to_nobody(tmp_path: Path) -> None:
    """While the gateway still dials only births go out; a seal is kept as soon as it is back."""

    async def story() -> None:
        async with line(tmp_path) as (hub, gateway, outbox, _clock):
            await outbox.say(seal(1))
            await until_kept(gateway, 1, within_s=5)
            gateway.redial_s = 3.0
            hub.stop()
            await asyncio.sleep(0.1)
            hub.start()
            await outbox.say(seal(2))
            await until_kept(gateway, 2, within_s=5.5)

    run_virtually(story())


def test_a_source_says_that_it_is_alive(tmp_path: Path) -> None:
    """Every ten seconds, with its heads and queues."""

    async def story() -> None:
        async with line(tmp_path) as (_, gateway, outbox, _clock):
            await outbox.say(seal(1))
            await asyncio.sleep(65)
            assert 5 <= len(gateway.alive) <= 7
            assert gateway.alive[-1].epochs[0].streams[0].last == 1
            assert gateway.alive[-1].queues[0].messages == 0

    run_virtually(story())


def test_a_receipt_that_is_not_signed_by_the_gateway_is_ignored(tmp_path: Path) -> None:
    """A stranger on the broker cannot make an outbox forget."""

    async def story() -> None:
        async with line(tmp_path) as (_, gateway, outbox, _clock):
            gateway.key = Key.make()
            await outbox.say(seal(1))
            await asyncio.sleep(100)
            assert not gateway.kept

    run_virtually(story())


def test_what_cannot_be_read_is_refused_and_the_rest_is_said(tmp_path: Path) -> None:
    """Writing is strict: an empty batch of readings is nothing that a gateway could keep."""

    async def story() -> None:
        async with line(tmp_path) as (_, gateway, outbox, clock):
            with pytest.raises(Refused):
                await outbox.say(Said(ReadingsTaken(readings=())), seal(1))
            reading = Reading(
                device="d", metric="m", value=1, unit="Cel", observed_at=clock.utc_now()
            )
            await outbox.say(Said(ReadingsTaken(readings=(reading,))))
            await until_kept(gateway, 2, within_s=5)

    run_virtually(story())


def test_many_that_speak_at_once_share_a_commit(tmp_path: Path) -> None:
    """Numbers follow the order of speaking, one commit for all that wait."""

    async def story() -> None:
        async with line(tmp_path) as (_, gateway, outbox, _clock):
            done: list[str] = []
            await outbox.call(outbox.end._store._db.set_trace_callback, done.append)
            said = await asyncio.gather(*(outbox.say(seal(n)) for n in range(100)))
            # The first has nobody to wait for, all others wait for it; receipts have theirs.
            assert done.count("COMMIT") <= 10
            assert [identity.sequence for (identity,) in said] == list(range(1, 101))
            await until_kept(gateway, 100, within_s=60)

    run_virtually(story())


def test_a_box_that_is_not_in_step_goes_by_the_receipts(tmp_path: Path) -> None:
    """A Raspberry Pi wakes in 1970; what it says after the first receipt has the gateway's time."""

    async def story() -> None:
        async with line(tmp_path) as (hub, gateway, _, clock):
            box = VirtualClock("pi")
            box.step_s, box.known_error_ms = -1_000_000.0, None
            guided = GuidedClock(box)
            path = tmp_path / "pi.sqlite"
            async with (
                Outbox.open(path, source=SOURCE, key=AGENT_KEY, clock=guided) as outbox,
                speaking(outbox, hub.dial, gateway.key.public, guided),
            ):
                assert not stamp(guided).is_estimated
                await outbox.say(seal(1))
                await until_kept(gateway, 1, within_s=5)
                now = stamp(guided)
                assert now.is_estimated
                assert now.clock_error_ms == 1_000
                assert abs((now.observed_at - clock.utc_now()).total_seconds()) < 1
                box.known_error_ms, box.step_s = 2, 0.0
                assert not stamp(guided).is_estimated

    run_virtually(story())

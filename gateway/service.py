"""The gateway: everything that it consists of, wired.

                ┌─ enrol ─▶ Enrolling ──┐                        ┌─▶ pump ─▶ sink (each its own)
link ─▶ session ┼─ said ▶ Turns ▶ Intake┴▶ Journal ─▶ Bench ─▶ ChangeLog ─▶ Outlet ─▶ link
                ├─ gone ──▶ Intake         ▲  (fsync)  (judge)               ▲  ▲
                └─ ask ───▶ Answers ───────┼─────────────────────────────────┘  │
                                Bench.tick ┘            Receipts ───────────────┤
                                           └▶ Notary (tree, checkpoints) ───────┘
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from contract import exposing, topics
from contract.clock import Clock, SystemClock
from contract.delivery.grants import Grants
from contract.link import BATCH_MAX, Dial, Link, Packet, Rejected, Unavailable
from contract.links.ear import Listen, listener
from contract.messages import AgentBorn, AgentGone, KeyEnrolled, KeyRevoked, Message
from contract.signing import Key
from contract.stopping import apart
from gateway import metrics
from gateway.adapters import service as adapters
from gateway.adapters.tally import Tally
from gateway.answers import Answers
from gateway.bench import Bench
from gateway.blobs import Blobs
from gateway.changes import ChangeLog
from gateway.codes import Codes
from gateway.config import GatewayConfig
from gateway.enrolling import Enrolling
from gateway.exports import Archivist, Exports
from gateway.intake import Intake
from gateway.issuing import authority_in, keep_own
from gateway.journal import Journal
from gateway.judge import VERSION
from gateway.keys import Keys
from gateway.knocks import Knocks
from gateway.notary.notary import Notary
from gateway.notary.standing import Standing
from gateway.notary.watch import watch
from gateway.outlet import Outlet
from gateway.pump import pump
from gateway.quarantine import Quarantine
from gateway.receipts import Receipts
from gateway.register import Register
from gateway.retention import Eraser
from gateway.revocations import Revocations
from gateway.revoking import Revoking
from gateway.signs import Signs
from gateway.sink import Place
from gateway.sinks import open_sink
from gateway.store import open_store
from gateway.timeseries import TimeSeries
from gateway.turns import Turns
from gateway.voice import Voice

GATHER_S: Final = 0.02
"""While much arrives, more is waited for so long: a batch costs about as much as ten messages."""
MUCH: Final = 8
"""Packets in a batch from which on that is worth it."""
REDIAL_S_FIRST: Final = 0.25
REDIAL_S_MAX: Final = 10.0
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a running gateway consists of."""

    config: GatewayConfig
    clock: Clock
    journal: Journal
    voice: Voice
    outlet: Outlet
    turns: Turns
    intake: Intake
    enrolling: Enrolling
    answers: Answers
    notary: Notary
    witnesses: tuple[Standing, ...]
    receipts: Receipts
    revocations: Revocations
    revoking: Revoking
    bench: Bench
    quarantine: Quarantine
    strangers: Tally
    sinks: dict[str, TimeSeries]
    eraser: Eraser
    exports: Exports


async def run(
    config: GatewayConfig,
    dial: Dial,
    *,
    clock: Clock | None = None,
    listen: Listen | None = None,
    archivist: Archivist | None = None,
) -> None:
    """Be a gateway until cancelled; raises `Rejected` if it cannot begin.

    ``archivist`` makes archives of evidence, where command centers may ask for them.
    """
    foreign = config.adapters
    clock = clock or SystemClock()
    async with assembled(config, clock, archivist) as parts, asyncio.TaskGroup() as tasks:
        start = tasks.create_task
        for name, sink in parts.sinks.items():
            start(pump(name, sink, parts.journal, parts.clock), name=f"sink {name}")
        start(_take_turns(parts), name="turns")
        start(parts.intake.run(), name="intake")
        start(parts.bench.run(parts.receipts), name="judge")
        start(parts.bench.tick(), name="ticks")
        start(parts.bench.retell(), name="sign of life")
        start(parts.receipts.run(), name="receipts")
        start(parts.answers.run(), name="answers")
        start(parts.exports.run(), name="exports")
        start(parts.revoking.run(), name="revoking")
        start(parts.revocations.run(), name="revocations")
        start(parts.eraser.run(), name="retention")
        start(parts.notary.run(), name="notary")
        for witness, standing in zip(config.witness, parts.witnesses, strict=True):
            from gateway.notary.witnesses import submit  # noqa: PLC0415 - 6 MiB of HTTP

            submitting = submit(witness, parts.notary, parts.clock, standing)
            start(submitting, name=f"witness {witness.url}")
        watching = watch(
            (parts.notary.standing, *parts.witnesses),
            parts.journal,
            voice=parts.voice,
            clock=parts.clock,
            late_s=config.unsigned_s + config.checkpoint_s,
        )
        start(watching, name="watch over signatures")
        start(_stay_linked(parts, dial), name="link")
        start(keep_own(config.authority, parts.clock), name="own certificate")
        if config.metrics_port:
            collecting = partial(metrics.collect, parts)
            start(exposing.serve(config.metrics_port, collecting), name="metrics")
        if foreign:
            hearing = adapters.run(
                foreign,
                listen or listener(config.broker),
                name=f"{config.posts[0]}-gateway-foreign",  # the same after a restore
                journal=parts.journal,
                quarantine=parts.quarantine,
                clock=parts.clock,
                tally=parts.strangers,
            )
            start(hearing, name="foreign devices")


@asynccontextmanager
async def assembled(
    config: GatewayConfig, clock: Clock, archivist: Archivist | None = None
) -> AsyncIterator[Parts]:
    """Open everything that stands behind the link, and come to the state of the last end."""
    async with AsyncExitStack() as stack:
        stack.enter_context(_alone(config.folder))
        key = _key(config.folder)
        store = await stack.enter_async_context(open_store(config.folder / "journal.sqlite"))
        journal = await Journal.of(store, clock)
        changes = await ChangeLog.of(store, source=config.source, journal=journal.id, key=key)
        voice = Voice(config.source, key, clock)
        keys = Keys()
        said = [*await journal.own(KeyEnrolled.type), *await journal.own(KeyRevoked.type)]
        for entry in sorted(said, key=lambda one: one.position):
            keys.fold(entry.message)
        blobs = Blobs(config.folder)
        outlet = Outlet()
        bench = Bench(store, journal, changes, outlet, voice=voice, clock=clock)
        await bench.rebuild(config.judge)
        receipts = Receipts(
            journal,
            outlet,
            voice=voice,
            grants=Grants(config.broker_queue_messages),
            clock=clock,
            ledger=lambda: bench.state.ledger,
            agents=lambda: bench.state.agents,
        )
        quarantine = Quarantine(store, clock)
        intake = Intake(
            journal,
            blobs=blobs,
            keys=keys,
            quarantine=quarantine,
            voice=voice,
            knocks=Knocks(clock),
            ledger=lambda: bench.state.ledger,
            repeated=receipts.owe,
        )
        await intake.finish_blobs()
        notary = Notary(
            store, journal, outlet, voice=voice, clock=clock, every_s=config.checkpoint_s
        )
        exports = Exports(
            config.folder / "exports", archivist=archivist, hurry=notary.hurry, clock=clock
        )
        place = Place(state_dir=config.folder, clock=clock)
        chosen = config.history_sink
        sinks = {
            name: await stack.enter_async_context(open_sink(sink, place))
            for name, sink in config.sinks.items()
        }
        authority = await asyncio.to_thread(authority_in, config.authority)
        register = await asyncio.to_thread(Register, config.authority)
        revocations = Revocations(authority, register, keys=keys, clock=clock)
        yield Parts(
            config=config,
            clock=clock,
            journal=journal,
            voice=voice,
            outlet=outlet,
            turns=Turns(),
            intake=intake,
            enrolling=Enrolling(
                journal,
                codes=Codes(config.folder, clock),
                keys=keys,
                voice=voice,
                clock=clock,
                authority=authority,
                register=register,
            ),
            answers=Answers(
                outlet,
                me=config.source,
                changes=changes,
                blobs=blobs,
                history=sinks.get(chosen),
                signs=Signs(store, lambda: bench.state),
                clock=clock,
                key=key,
                notary=notary,
                exports=exports,
            ),
            notary=notary,
            witnesses=tuple(Standing(one.verifier.name, clock) for one in config.witness),
            exports=exports,
            receipts=receipts,
            revocations=revocations,
            revoking=Revoking(
                journal,
                config.folder,
                keys=keys,
                voice=voice,
                clock=clock,
                revocations=revocations,
            ),
            bench=bench,
            quarantine=quarantine,
            strangers=Tally(),
            sinks=sinks,
            eraser=Eraser(
                config.retention,
                store,
                journal,
                blobs=blobs,
                voice=voice,
                clock=clock,
                sinks=tuple(sinks),
            ),
        )


async def _stay_linked(parts: Parts, dial: Dial) -> None:
    """One link after another; nothing is lost between them, the agents say it again."""
    wait = REDIAL_S_FIRST
    while True:
        stood_from = parts.clock.monotonic_ns()
        try:
            await apart(_use_link(parts, dial), "gateway link")
        except* (Unavailable, Rejected) as group:
            if parts.clock.monotonic_ns() - stood_from > REDIAL_S_MAX * 1e9:
                wait = REDIAL_S_FIRST
            error = group.exceptions[0]
            level = logging.ERROR if isinstance(error, Rejected) else logging.WARNING
            _log.log(level, "the gateway has no link: %s; next try in %.1f s", error, wait)
        if not parts.bench.state.is_deaf:
            await _note(parts, AgentGone(source=parts.config.source))
        await parts.clock.sleep(wait)
        wait = min(wait * 2, REDIAL_S_MAX)


async def _use_link(parts: Parts, dial: Dial) -> None:
    config = parts.config
    client = f"{config.posts[0]}-gateway-{parts.journal.id}"
    async with dial(client) as link:
        ask = topics.topic(config.source, "ask")
        said = [topics.every(post, leaf) for post in config.posts for leaf in _HEARD]
        await link.subscribe(*said, ask)
        _log.info("the gateway hears %s", ", ".join(config.posts))
        await _note(parts, AgentBorn(keyid=parts.voice.key.keyid, version=VERSION, epochs=()))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(parts.outlet.drain(link), name="outlet")
            tasks.create_task(_hear(parts, link), name="session")


_HEARD: Final = (*topics.SAID, "enrol")


async def _note(parts: Parts, message: Message) -> None:
    """Whether the gateway hears anything, as an entry of its own: silence depends on it."""
    try:
        await parts.journal.append([parts.voice.say(message)])
    except Unavailable as error:
        _log.warning("not noted in the journal, %s: %s", message.type, error)


async def _hear(parts: Parts, link: Link) -> None:
    async for batch in link.receive():
        said: list[Packet] = []
        for packet in batch:
            leaf = packet.topic.rsplit("/", 1)[-1]
            if leaf in ("ask", "enrol", "gone"):
                await _aside(parts, leaf, packet)
            else:
                said.append(packet)
        parts.turns.put(said)


async def _take_turns(parts: Parts) -> None:
    """Hand on what was heard, also what a link that broke has brought."""
    while True:
        batch = await parts.turns.next()
        await parts.intake.begin(batch)
        if MUCH <= len(batch) < BATCH_MAX:
            await parts.clock.sleep(GATHER_S)


async def _aside(parts: Parts, leaf: str, packet: Packet) -> None:
    """What is not said by numbers."""
    if leaf == "ask":
        parts.answers.take(packet)
    elif leaf == "gone":
        await parts.intake.gone(packet)
    elif (reply := await parts.enrolling.take(packet)) is not None:
        parts.outlet.say([reply])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two gateways on one journal would each think it theirs."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Rejected(f"another gateway runs on {folder}; stop it first") from error
        yield
    finally:
        os.close(handle)


def _key(folder: Path) -> Key:
    """The gateway's key; its public half lies beside it, for those who check receipts."""
    key = Key.load_or_make(folder / "key")
    public = folder / "gateway.pub"
    if not public.exists() or public.read_text().strip() != key.public.hex():
        public.write_text(key.public.hex() + "\n")
    return key

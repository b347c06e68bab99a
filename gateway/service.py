"""The gateway: everything that it consists of, wired.

                ┌─ enrol ─▶ Enrolling ──┐                        ┌─▶ pump ─▶ sink (each its own)
link ─▶ session ┼─ said ▶ Turns ▶ Intake┴▶ Journal ─▶ Bench ─▶ ChangeLog ─▶ Outlet ─▶ link
                ├─ gone ──▶ Intake         ▲  (fsync)  (judge)               ▲  ▲
                └─ ask ───▶ Answers ───────┼─────────────────────────────────┘  │
                                Bench.tick ┘            Receipts ───────────────┤
                                           └▶ Notary (tree, checkpoints) ───────┘
"""

import asyncio
import logging
from functools import partial
from typing import Final

from contract import exposing, topics
from contract.clock import Clock, SystemClock
from contract.link import BATCH_MAX, Dial, Link, Packet, Rejected, Unavailable
from contract.links.ear import Listen, listener
from contract.messages import AgentBorn, AgentGone, Message
from contract.stopping import apart
from contract.wire import hash_of
from gateway import metrics
from gateway.answers.exports import Archivist
from gateway.assembly import Parts, assembled
from gateway.config import GatewayConfig
from gateway.intake.foreign import service as strangers
from gateway.intake.turns import Turns
from gateway.judge.law import VERSION
from gateway.notary.watch import watch
from gateway.timeseries.pump import pump
from gateway.trust.issuing import keep_own

GATHER_S: Final = 0.02
"""While much arrives, more is waited for so long: a batch costs about as much as ten messages."""
MUCH: Final = 8
"""Packets in a batch from which on that is worth it."""
REDIAL_S_FIRST: Final = 0.25
REDIAL_S_MAX: Final = 10.0
_log: Final = logging.getLogger(__name__)


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
        start(parts.trust.revoking.run(), name="revoking")
        start(parts.trust.revocations.run(), name="revocations")
        start(parts.eraser.run(), name="retention")
        start(parts.notary.run(), name="notary")
        start(parts.notary.thin(), name="old checkpoints")
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
            hearing = strangers.run(
                foreign,
                listen or listener(config.broker),
                name=_client_id(parts, "foreign"),
                journal=parts.journal,
                quarantine=parts.quarantine,
                clock=parts.clock,
                tally=parts.strangers,
            )
            start(hearing, name="foreign devices")


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
    async with dial(_client_id(parts, parts.journal.id)) as link:
        ask = topics.topic(config.source, "ask")
        said = [topics.every(post, leaf) for post in config.posts for leaf in _HEARD]
        await link.subscribe(*said, ask)
        _log.info("the gateway hears %s", ", ".join(config.posts))
        await _note(parts, AgentBorn(keyid=parts.voice.key.keyid, version=VERSION, epochs=()))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(parts.outlet.drain(link), name="outlet")
            tasks.create_task(_hear(parts, link), name="session")
            tasks.create_task(parts.trust.dismissing.run(link), name="dismissing")


_HEARD: Final = (*topics.SAID, "enrol")


def _client_id(parts: Parts, use: str) -> str:
    """One that nobody else can name, for whoever comes with the id of another ends its link.

    Anybody may come so far, through the door for enrolment. It is the same at each start, for the
    broker keeps what foreign devices say meanwhile.
    """
    secret = hash_of(parts.voice.key.sign(f"client id {use}".encode()))
    return f"{parts.config.posts[0]}-gateway-{secret[:32]}"


async def _note(parts: Parts, message: Message) -> None:
    """Whether the gateway hears anything, as an entry of its own: silence depends on it."""
    try:
        await parts.journal.append([parts.voice.say(message)])
    except Unavailable as error:
        _log.warning("not noted in the journal, %s: %s", message.type, error)


async def _hear(parts: Parts, link: Link) -> None:
    async for batch in link.receive():
        events: list[Packet] = []
        rest: list[Packet] = []
        for packet in batch:
            leaf = packet.topic.rsplit("/", 1)[-1]
            if leaf in ("ask", "enrol", "gone", "response"):
                await _aside(parts, leaf, packet)
            else:
                (events if leaf == "events" else rest).append(packet)
        parts.events.put(events)
        parts.rest.put(rest)


async def _take_turns(parts: Parts) -> None:
    """Hand on what was heard, also what a link that broke has brought."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_hand_on(parts, parts.events, are_events=True), name="turns of events")
        tasks.create_task(_hand_on(parts, parts.rest, are_events=False), name="turns of the rest")


async def _hand_on(parts: Parts, turns: Turns, *, are_events: bool) -> None:
    while True:
        batch = await turns.next()
        await parts.intake.begin(batch, are_events=are_events)
        if MUCH <= len(batch) < BATCH_MAX:
            await parts.clock.sleep(GATHER_S)


async def _aside(parts: Parts, leaf: str, packet: Packet) -> None:
    """What is not said by numbers."""
    if leaf == "ask":
        parts.answers.take(packet)
    elif leaf == "gone":
        await parts.intake.gone(packet)
    elif leaf == "response":
        parts.trust.dismissing.answered()
    elif (reply := await parts.trust.enrolling.take(packet)) is not None:
        parts.outlet.say([reply])

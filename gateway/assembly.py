"""The parts of a gateway, opened and joined, at the state of the last end."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract.clock import Clock
from contract.delivery.grants import Grants
from contract.folder import held
from contract.link import Rejected
from contract.signing import Key
from contract.whole_file import write_whole
from gateway.answers.answers import Answers
from gateway.answers.exports import Archivist, Exports
from gateway.answers.known import Known
from gateway.answers.signs import Signs
from gateway.config import GatewayConfig
from gateway.intake.foreign.tally import Tally
from gateway.intake.intake import Intake
from gateway.intake.knocks import Knocks
from gateway.intake.quarantine import Quarantine
from gateway.intake.receipts import Receipts
from gateway.intake.remains import Remains
from gateway.intake.turns import Turns
from gateway.journal.blobs import Blobs
from gateway.journal.journal import Journal
from gateway.journal.store import Store, open_store
from gateway.judging.bench import Bench
from gateway.judging.changes import ChangeLog
from gateway.notary.notary import Notary
from gateway.notary.standing import Standing
from gateway.outlet import Outlet
from gateway.retention.eraser import Eraser
from gateway.timeseries.sink import Place
from gateway.timeseries.sinks import open_sink
from gateway.timeseries.timeseries import TimeSeries
from gateway.trust.trust import Trust, trust_of
from gateway.voice import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a running gateway consists of."""

    config: GatewayConfig
    clock: Clock
    journal: Journal
    voice: Voice
    outlet: Outlet
    events: Turns
    rest: Turns
    intake: Intake
    trust: Trust
    answers: Answers
    notary: Notary
    witnesses: tuple[Standing, ...]
    receipts: Receipts
    bench: Bench
    quarantine: Quarantine
    strangers: Tally
    sinks: dict[str, TimeSeries]
    eraser: Eraser
    remains: Remains
    exports: Exports


@asynccontextmanager
async def assembled(
    config: GatewayConfig, clock: Clock, archivist: Archivist | None = None
) -> AsyncIterator[Parts]:
    """Open everything that stands behind the link, and come to the state of the last end."""
    async with _ground(config, clock) as ground, _sinks(config, clock) as sinks:
        journal, outlet, voice = ground.journal, ground.outlet, ground.voice
        trust = await trust_of(journal, config.folder, config.authority, voice=voice, clock=clock)
        bench = await _bench(ground)
        receipts = Receipts(
            journal,
            outlet,
            voice=voice,
            grants=Grants(config.broker_queue_messages),
            clock=clock,
            state=lambda: bench.state,
        )
        quarantine = Quarantine(ground.store, clock)
        remains = Remains(ground.blobs, journal, voice=voice, clock=clock)
        intake = Intake(
            journal,
            blobs=ground.blobs,
            remains=remains,
            keys=trust.keys,
            quarantine=quarantine,
            voice=voice,
            knocks=Knocks(clock),
            ledger=lambda: bench.state.ledger,
            repeated=receipts.owe,
        )
        await intake.finish_blobs()
        known = _known(ground, bench, sinks.get(config.history_sink), archivist)
        yield Parts(
            config=config,
            clock=clock,
            journal=journal,
            voice=voice,
            outlet=outlet,
            events=Turns(),
            rest=Turns(),
            intake=intake,
            trust=trust,
            answers=Answers(outlet, known, voice),
            notary=known.notary,
            witnesses=tuple(Standing(one.verifier.name, clock) for one in config.witness),
            exports=known.exports,
            receipts=receipts,
            bench=bench,
            quarantine=quarantine,
            strangers=Tally(),
            sinks=sinks,
            eraser=_eraser(ground, sinks),
            remains=remains,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What all else stands on: what is kept, and in whose name a gateway speaks."""

    config: GatewayConfig
    clock: Clock
    store: Store
    journal: Journal
    blobs: Blobs
    outlet: Outlet
    voice: Voice


@asynccontextmanager
async def _ground(config: GatewayConfig, clock: Clock) -> AsyncIterator[_Ground]:
    with _alone(config.folder):
        key = _key(config.folder)
        async with open_store(config.folder / "journal.sqlite") as store:
            yield _Ground(
                config=config,
                clock=clock,
                store=store,
                journal=await Journal.of(store, clock),
                blobs=Blobs(config.folder),
                outlet=Outlet(),
                voice=Voice(config.source, key, clock),
            )


@asynccontextmanager
async def _sinks(config: GatewayConfig, clock: Clock) -> AsyncIterator[dict[str, TimeSeries]]:
    place = Place(state_dir=config.folder, clock=clock)
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(open_sink(sink, place))
            for name, sink in config.sinks.items()
        }


async def _bench(on: _Ground) -> Bench:
    """With the judge as it was at the last end."""
    voice, journal = on.voice, on.journal
    changes = await ChangeLog.of(on.store, source=voice.source, journal=journal.id, key=voice.key)
    bench = Bench(
        on.store,
        journal,
        changes,
        on.outlet,
        voice=voice,
        clock=on.clock,
        snapshot_entries=on.config.snapshot_entries,
    )
    await bench.rebuild(on.config.judge)
    return bench


def _known(
    on: _Ground, bench: Bench, history: TimeSeries | None, archivist: Archivist | None
) -> Known:
    notary = Notary(
        on.store,
        on.journal,
        on.outlet,
        voice=on.voice,
        clock=on.clock,
        every_s=on.config.checkpoint_s,
    )
    return Known(
        changes=bench.after,
        blobs=on.blobs,
        history=history,
        signs=Signs(on.store, lambda: bench.state),
        notary=notary,
        exports=Exports(
            on.config.folder / "exports", archivist=archivist, hurry=notary.hurry, clock=on.clock
        ),
    )


def _eraser(on: _Ground, sinks: Iterable[str]) -> Eraser:
    return Eraser(
        on.config.retention,
        on.store,
        on.journal,
        blobs=on.blobs,
        voice=on.voice,
        clock=on.clock,
        sinks=tuple(sinks),
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two gateways on one journal would each think it theirs."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with held(folder) as is_ours:
        if not is_ours:
            raise Rejected(f"another gateway runs on {folder}; stop it first")
        yield


def _key(folder: Path) -> Key:
    """The gateway's key; its public half lies beside it, for those who check receipts."""
    key = Key.load_or_make(folder / "key")
    public = folder / "gateway.pub"
    if not public.exists() or public.read_text().strip() != key.public.hex():
        write_whole(public, key.public.hex() + "\n", is_secret=False)
    return key

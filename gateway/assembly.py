"""The parts of a gateway, opened and joined, at the state of the last end."""

from collections.abc import AsyncIterator, Iterator
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
from gateway.journal.store import open_store
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
    async with AsyncExitStack() as stack:
        stack.enter_context(_alone(config.folder))
        key = _key(config.folder)
        store = await stack.enter_async_context(open_store(config.folder / "journal.sqlite"))
        journal = await Journal.of(store, clock)
        changes = await ChangeLog.of(store, source=config.source, journal=journal.id, key=key)
        voice = Voice(config.source, key, clock)
        trust = await trust_of(journal, config.folder, config.authority, voice=voice, clock=clock)
        blobs = Blobs(config.folder)
        outlet = Outlet()
        bench = Bench(
            store,
            journal,
            changes,
            outlet,
            voice=voice,
            clock=clock,
            snapshot_entries=config.snapshot_entries,
        )
        await bench.rebuild(config.judge)
        receipts = Receipts(
            journal,
            outlet,
            voice=voice,
            grants=Grants(config.broker_queue_messages),
            clock=clock,
            state=lambda: bench.state,
        )
        quarantine = Quarantine(store, clock)
        remains = Remains(blobs, journal, voice=voice, clock=clock)
        intake = Intake(
            journal,
            blobs=blobs,
            remains=remains,
            keys=trust.keys,
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
            answers=Answers(
                outlet,
                me=config.source,
                changes=bench.after,
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
            remains=remains,
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

"""Signatures that fail to come are noted once, are an alert, and are over when they come again."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec

from contract.delivery.source_end import Said
from contract.messages import AlertChanged, NotaryChanged, SealRead, read
from contract.metrics import exposition
from contract.proof.note import COSIGNATURE, Verifier
from contract.signing import Key
from gateway import assembly, metrics
from gateway.config import GatewayConfig
from gateway.entry import Draft
from gateway.notary.config import WitnessConfig
from gateway.notary.standing import Standing
from gateway.notary.watch import LOOK_EVERY_S
from gateway.notary.witnesses import submit
from greenlane.doctor import log
from tests.gateway.gateways import World
from tests.support.virtual import START, VirtualClock, run_virtually

LATE_S = 60 + 5
WITNESS = "w.example"


class Watched(World):
    """A gateway whose witness never answers: nobody listens at its port."""

    @property
    def config(self) -> GatewayConfig:
        """Of the gateway."""
        key = str(Verifier(WITNESS, Key(b"w" * 32).public, COSIGNATURE))
        witness = WitnessConfig(url="http://127.0.0.1:9/", key=key)
        return msgspec.structs.replace(
            super().config, witness=(witness,), unsigned_s=60, checkpoint_s=5
        )

    def noted(self) -> list[tuple[str, bool]]:
        """What the journal says about signatures."""
        with closing(sqlite3.connect(self.folder / "gateway" / "journal.sqlite")) as at:
            found = at.execute("SELECT body FROM entry WHERE type = 'notary.changed'").fetchall()
        said = [read(body).message() for (body,) in found]
        return [(one.witness, one.is_well) for one in said if isinstance(one, NotaryChanged)]

    async def alert(self) -> str:
        """The state of the one alert about signatures, and whether it still holds."""
        told = [one.alert for one in await self.changes() if isinstance(one, AlertChanged)]
        found = [one for one in told if one.rule == "log_unsigned"]
        return f"{found[-1].subject} {found[-1].severity} {found[-1].is_active}" if found else ""


def entry(parts: assembly.Parts) -> Draft:
    """Something to sign."""
    return parts.voice.say(NotaryChanged(is_well=True, since=parts.clock.utc_now()))


def test_a_lag_is_measured_without_the_wall_clock() -> None:
    """From the first that waits to the signature; who gives up is never well again."""

    async def main() -> None:
        clock = VirtualClock()
        one = Standing(WITNESS, clock)
        assert one.is_well(0)
        one.waits()
        clock.step_s = timedelta(days=1).total_seconds()
        await asyncio.sleep(30)
        one.waits()
        assert round(one.lag_s) == 30
        assert not one.is_well(29)
        one.failed("no", is_refusal=True)
        one.failed("nobody there", is_refusal=False)
        assert (one.refused, one.away, one.reason) == (1, 1, "nobody there")
        one.was_signed(7)
        assert (one.lag_s, one.size, one.signed, one.reason) == (0, 7, 1, "")
        one.has_given_up = True
        assert not one.is_well(1e9)

    run_virtually(main())


def test_a_witness_that_is_away_is_one_entry_and_one_alert_across_restarts(tmp_path: Path) -> None:
    """Not before its time; and when the configuration names it no more, it is over."""
    world = Watched(tmp_path)

    async def away() -> None:
        async with world.gateway(), world.agent("gate-2") as outbox:
            await outbox.say(Said(SealRead(device="r", seal="S1", state="intact")))
            await asyncio.sleep(LATE_S - 20)
            assert world.noted() == []
            await asyncio.sleep(60)
            assert world.noted() == [(WITNESS, False)]
            assert await world.alert() == f"{WITNESS} medium True"

    async def still_away() -> None:
        async with world.gateway():
            await asyncio.sleep(LATE_S + 30)

    async def named_no_more() -> None:
        plain = World(tmp_path, hub=world.hub, clock=world.clock)
        async with plain.gateway():
            await asyncio.sleep(LOOK_EVERY_S * 2)
            assert await world.alert() == f"{WITNESS} medium False"

    run_virtually(away())
    world = Watched(tmp_path)
    run_virtually(still_away())
    assert world.noted() == [(WITNESS, False)]
    found = {
        one.about: one for one in log.signatures(world.config, START + timedelta(seconds=LATE_S))
    }
    assert "has cosigned nothing" in found[f"witness {WITNESS}"].says
    world = Watched(tmp_path)
    run_virtually(named_no_more())
    assert world.noted() == [(WITNESS, False), (WITNESS, True)]


def test_a_gateway_that_signs_says_nothing_and_its_metrics_say_how_it_stands(
    tmp_path: Path,
) -> None:
    """Entries under the checkpoint, its age, and tries of a witness by its name."""

    async def main(parts: assembly.Parts) -> None:
        running = [
            asyncio.ensure_future(parts.notary.run()),
            asyncio.ensure_future(
                submit(parts.config.witness[0], parts.notary, parts.clock, parts.witnesses[0])
            ),
        ]
        await parts.journal.append([entry(parts)])
        await asyncio.sleep(200)
        text = exposition(await metrics.collect(parts)).decode()
        for one in running:
            one.cancel()
        await asyncio.wait(running)
        for line in (
            "greenlane_has_notary 1",
            "greenlane_unsigned_entries 0",
            'greenlane_witness_entries{witness="w.example"} 0',
            'greenlane_witness_refused_total{witness="w.example"} 0',
        ):
            assert f"{line}\n" in text
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        assert float(values["greenlane_checkpoint_entries"]) >= 1
        assert float(values["greenlane_checkpoint_age_seconds"]) > 60
        assert float(values['greenlane_witness_away_total{witness="w.example"}']) >= 1

    world = Watched(tmp_path)

    async def assembled(live: Callable[[assembly.Parts], Awaitable[None]]) -> None:
        async with assembly.assembled(world.config, world.clock) as parts:
            await live(parts)

    run_virtually(assembled(main))


def test_somebody_who_waits_is_not_kept_for_a_minute(tmp_path: Path) -> None:
    """A checkpoint is made at once when it is asked for, and only if there is something to sign."""
    world = World(tmp_path)

    async def main() -> None:
        async with assembly.assembled(world.config, world.clock) as parts:
            running = asyncio.ensure_future(parts.notary.run())
            for _ in range(3):
                await asyncio.sleep(5)
                await parts.journal.append([entry(parts)])
                await asyncio.sleep(1)
                signed = parts.notary.newest.size if parts.notary.newest else 0
                assert signed < parts.journal.position
                parts.notary.hurry()
                await asyncio.sleep(1)
                assert parts.notary.newest is not None
                assert parts.notary.newest.size == parts.journal.position
            running.cancel()
            await asyncio.wait([running])

    run_virtually(main())


def test_a_journal_that_was_harmed_is_signed_no_more_and_that_is_critical(tmp_path: Path) -> None:
    """The gateway goes on; the alert says what to do, and the doctor too."""
    world = World(tmp_path)

    async def talk() -> None:
        async with world.gateway(), world.agent("gate-2") as outbox:
            await outbox.say(Said(SealRead(device="r", seal="S1", state="intact")))
            await asyncio.sleep(130)

    async def harmed() -> None:
        watched = Watched(tmp_path)
        async with watched.gateway():
            await asyncio.sleep(60)
            assert await watched.alert() == "/KEMBA/gateway critical True"

    run_virtually(talk())
    with closing(sqlite3.connect(tmp_path / "gateway" / "journal.sqlite")) as at:
        at.execute("UPDATE tile SET hashes = zeroblob(length(hashes))")
        at.commit()
    run_virtually(harmed())
    late = START + timedelta(days=1)
    (own, *_) = log.signatures(world.config, late)
    assert not own.is_ok
    assert "greenlane evidence check" in own.says

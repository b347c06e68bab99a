"""Who may enrol: once, with the right code, in time. And what a gateway answers."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from contract.delivery.enrolment import enrol
from contract.delivery.source_end import Said
from contract.identifiers import Source
from contract.link import Rejected
from contract.messages import (
    BlobAsked,
    Device,
    DeviceFound,
    HistoryAsked,
    HistoryTold,
    Reading,
    ReadingsTaken,
    SeriesAsked,
    SeriesTold,
)
from contract.signing import Key
from gateway.timeseries.sinks.embedded import EmbeddedConfig
from gateway.trust.codes import LASTS_H, make_code
from gateway.trust.enrolling import TRIES_MAX
from tests.gateway.gateways import World
from tests.support.virtual import START, run_virtually

SOURCE = Source("/KEMBA/gate-2")
OTHER = Source("/KEMBA/gate-3")
DEVICE = Device(device="d", family="f")


def test_a_code_counts_once_for_one_source_and_for_a_day(tmp_path: Path) -> None:
    """Used, for somebody else, or too old: the answer says what to do."""

    async def main() -> None:
        world = World(tmp_path)
        folder = tmp_path / "gateway"

        async def attempt(source: Source, code: str) -> bytes:
            return await enrol(
                world.hub.dial, source=source, key=Key.make(), code=code, clock=world.clock
            )

        async with world.gateway():
            code = make_code(folder, SOURCE, world.clock)
            with pytest.raises(Rejected, match="no such code for this source"):
                await attempt(OTHER, code)
            public = await attempt(SOURCE, code)
            assert public.hex() == (folder / "gateway.pub").read_text().strip()
            with pytest.raises(Rejected, match="no such code"):
                await attempt(SOURCE, code)
            old = make_code(folder, SOURCE, world.clock)
            world.clock.step_s = timedelta(hours=LASTS_H).total_seconds() + 1
            with pytest.raises(Rejected, match="no such code"):
                await attempt(SOURCE, old)
            for strange in ("../../etc/passwd-x", "deadbeef-x"):
                with pytest.raises(Rejected):
                    await attempt(SOURCE, strange)

    run_virtually(main())


def test_a_wrong_secret_finds_out_nothing(tmp_path: Path) -> None:
    """The box itself sees that the gateway's proof does not fit, and the code stays good."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway():
            code = make_code(tmp_path / "gateway", SOURCE, world.clock)
            name = code.partition("-")[0]
            for _ in range(TRIES_MAX - 1):
                with pytest.raises(Rejected, match="does not know the code"):
                    await enrol(
                        world.hub.dial,
                        source=SOURCE,
                        key=Key.make(),
                        code=f"{name}-wrong",
                        clock=world.clock,
                    )
            await enrol(world.hub.dial, source=SOURCE, key=Key.make(), code=code, clock=world.clock)

    run_virtually(main())


def test_keys_are_known_again_after_a_restart(tmp_path: Path) -> None:
    """Keys are a fold over the journal: nobody has to enrol again."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway(), world.agent("gate-2"):
            await asyncio.sleep(1)
        async with world.gateway(), world.agent("gate-2", is_new=False) as outbox:
            await outbox.say(Said(DeviceFound(device=DEVICE)))
            await asyncio.sleep(5)
            assert not any(q.messages for q in await outbox.call(outbox.end.queues))

    run_virtually(main())


def test_histories_come_from_the_sink_and_questions_are_refused_with_a_reason(
    tmp_path: Path,
) -> None:
    """Readings reach the embedded store by the pump, and come back when asked for."""

    async def main() -> None:
        world = World(tmp_path, sinks={"own": EmbeddedConfig()})
        async with world.gateway(), world.agent("gate-2") as outbox:
            readings = tuple(
                Reading(
                    device="cold",
                    metric="temperature",
                    value=4 + n / 10,
                    unit="Cel",
                    observed_at=START + timedelta(seconds=n),
                )
                for n in range(20)
            )
            await outbox.say(Said(ReadingsTaken(readings=readings)))
            await asyncio.sleep(5)
            series = await world.ask(SeriesAsked())
            assert isinstance(series, SeriesTold)
            assert ("cold", "temperature", "Cel") in series.series
            asked = HistoryAsked(
                device="cold",
                metric="temperature",
                start=START,
                end=START + timedelta(minutes=1),
            )
            told = await world.ask(asked)
            assert isinstance(told, HistoryTold)
            assert len(told.points) == 20
            assert told.unit == "Cel"
            with pytest.raises(Rejected, match="has not arrived"):
                await world.ask(BlobAsked(sha256="a" * 64))

    run_virtually(main())

"""A whole gateway, from an enrolled agent's message to the change that a command center sees."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.delivery.source_end import Said
from contract.link import Link, Packet
from contract.messages import (
    ActRefused,
    AgentChanged,
    BlobAsked,
    BlobPart,
    BlobTold,
    ChangesAsked,
    ChangesTold,
    CompletenessChanged,
    Detection,
    Message,
    ModelUsed,
    OfficerActed,
    Picture,
    Reading,
    ReadingsTaken,
    ScanChanged,
    ScanCompleted,
)
from gateway import service
from gateway.journal.journal import stats_of
from gateway.judge.settings import JudgeSettings, Limit
from gateway.judging.replay import replay
from tests.gateway.gateways import GATEWAY, World
from tests.gateway.seals import READER, alerts, opened
from tests.support.virtual import run_virtually


def test_nobody_can_name_the_gateway_s_client_id(tmp_path: Path) -> None:
    """Who could would end its link. It follows from its key, so it is the same at each start."""

    async def main() -> None:
        world, said = World(tmp_path), set[str]()

        @asynccontextmanager
        async def dial(client_id: str, *, will: Packet | None = None) -> AsyncIterator[Link]:
            said.add(client_id)
            async with world.hub.dial(client_id, will=will) as link:
                yield link

        for _ in range(2):
            running = asyncio.ensure_future(service.run(world.config, dial, clock=world.clock))
            await asyncio.sleep(1)
            running.cancel()
            await asyncio.wait({running})
        journal = stats_of(tmp_path / "gateway" / "journal.sqlite").journal
        (name,) = said
        assert re.fullmatch(r"KEMBA-gateway-[0-9a-f]{32}", name)
        assert journal not in name

    run_virtually(main())


def test_an_opened_seal_becomes_one_alert(tmp_path: Path) -> None:
    """However often the seal repeats it, there is one alert, in words for people."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway(), world.agent("gate-2", READER) as outbox:
            await outbox.say(opened(), opened())
            await asyncio.sleep(5)
            changes = await world.changes()
            [alert] = [change.alert for change in alerts(changes)]
            assert alert.title == "Seal opened"
            assert "10:00:00 UTC by the seal's clock, told us at 12:00:" in alert.detail
            assert alert.state == "open"
            assert alert.subject == "HLXU4172204"
            [whole] = [c for c in changes if isinstance(c, CompletenessChanged)]
            assert whole.status == "complete"
            [agent] = [c for c in changes if isinstance(c, AgentChanged)]
            assert agent.state == "alive"
            assert agent.devices[0].lane == "2"
            assert await outbox.call(outbox.end.queues)
            assert all(q.messages == 0 for q in await outbox.call(outbox.end.queues))

    run_virtually(main())


def test_an_officer_works_on_an_alert_and_is_refused_with_a_reason(tmp_path: Path) -> None:
    """Acts come through the same intake; what the state forbids is answered in a sentence."""

    def act(number: int, verb: str, alert: str) -> Said:
        return Said(
            OfficerActed(
                act=f"act-{number}",
                verb=verb,  # type: ignore[arg-type]
                alert=alert,
                officer="Officer 12",
                role="officer",
                note="seen",
            )
        )

    async def main() -> None:
        world = World(tmp_path)
        async with (
            world.gateway(),
            world.agent("gate-2", READER) as outbox,
            world.agent("command-center") as desk,
        ):
            await outbox.say(opened())
            await asyncio.sleep(3)
            [first] = alerts(await world.changes())
            await desk.say(act(1, "acknowledge", first.alert.id), act(2, "close", first.alert.id))
            await desk.say(act(3, "resolve", first.alert.id), act(4, "close", first.alert.id))
            await outbox.say(act(5, "reopen", first.alert.id))
            await asyncio.sleep(3)
            [last] = alerts(await world.changes())
            assert last.alert.state == "closed"
            assert [done.verb for done in last.alert.acts] == ["acknowledge", "resolve", "close"]
            journal = stats_of(tmp_path / "gateway" / "journal.sqlite").journal
            refused = [c for c in await world.changes(journal) if isinstance(c, ActRefused)]
            assert [one.act for one in refused] == ["act-2", "act-5"]
            assert "Resolve it before closing it" in refused[0].reason
            assert "no command center" in refused[1].reason

    run_virtually(main())


def test_a_picture_arrives_whole_and_can_be_asked_for(tmp_path: Path) -> None:
    """Parts are joined, checked and told as kept; the scan's alert carries the boxes."""
    picture = bytes(range(256)) * 1_200
    sha256 = hashlib.sha256(picture).hexdigest()
    parts = [picture[at : at + 131_072] for at in range(0, len(picture), 131_072)]
    said = [
        Said(
            BlobPart(
                sha256=sha256,
                size_bytes=len(picture),
                media_type="image/tiff",
                offset_bytes=131_072 * number,
                part_sha256=hashlib.sha256(part).hexdigest(),
                part_bytes=len(part),
            ),
            raw=part,
        )
        for number, part in enumerate(parts)
    ]
    scan = ScanCompleted(
        device="scanner",
        subject="0125443871",
        picture=Picture(
            sha256=sha256,
            size_bytes=len(picture),
            media_type="image/tiff",
            width_px=640,
            height_px=480,
        ),
        detections=(Detection(label="elephant_tusk", score=0.83, box=(1, 2, 3, 4)),),
        model=ModelUsed(name="bag", sha256="a" * 64),
        milliseconds=20,
    )

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway(), world.agent("gate-2") as outbox:
            await outbox.say(Said(scan), *said)
            await asyncio.sleep(8)
            changes = await world.changes()
            [alert] = alerts(changes)
            assert alert.alert.title == "Elephant tusk-like shape in the scan"
            assert alert.alert.severity == "high"
            assert alert.alert.detections == scan.detections
            [told] = [c for c in changes if isinstance(c, ScanChanged)]
            assert told.scan.is_kept
            got = b""
            while len(got) < len(picture):
                piece = await world.ask(BlobAsked(sha256=sha256, offset_bytes=len(got)))
                assert isinstance(piece, BlobTold)
                assert piece.media_type == "image/tiff"
                got += piece.piece
            assert got == picture

    run_virtually(main())


def test_changes_go_on_exactly_after_a_restart(tmp_path: Path) -> None:
    """The second run tells nothing again and misses nothing; a replay makes the same bytes."""

    async def main() -> None:
        world = World(tmp_path)
        async with world.gateway(), world.agent("gate-2", READER) as outbox:
            await outbox.say(opened("A1"))
            await asyncio.sleep(3)
        async with world.gateway(), world.agent("gate-2", READER, is_new=False) as outbox:
            await outbox.say(opened("A2"))
            await asyncio.sleep(15)
        path = tmp_path / "gateway" / "journal.sqlite"
        stats = stats_of(path)
        async with world.gateway():
            told: list[bytes] = []
            while True:
                page = await world.ask(_after(stats.journal, len(told)))
                assert isinstance(page, ChangesTold)
                told += [change.body for change in page.changes]
                if page.is_last:
                    break
        assert stats.changes > 4
        assert list(replay(path, GATEWAY))[: len(told)] == told

    run_virtually(main())


def _after(epoch: str, number: int) -> Message:
    return ChangesAsked(epoch=epoch, after=number)


def test_a_reading_out_of_range_opens_after_its_time_and_clears(tmp_path: Path) -> None:
    """Ten seconds out of range, and not one reading, make an alert."""

    async def main() -> None:
        world = World(
            tmp_path,
            judge=JudgeSettings(readings=(Limit(metric="temperature", high=8.0, for_s=10),)),
        )
        async with world.gateway(), world.agent("gate-2") as outbox:

            async def take(value: float) -> None:
                await outbox.say(
                    Said(
                        ReadingsTaken(
                            readings=(
                                Reading(
                                    device="cold",
                                    metric="temperature",
                                    value=value,
                                    unit="Cel",
                                    observed_at=world.clock.utc_now(),
                                ),
                            )
                        )
                    )
                )
                await asyncio.sleep(2)

            for _ in range(4):
                await take(9.5)
            assert not alerts(await world.changes())
            for _ in range(4):
                await take(9.7)
            [alert] = alerts(await world.changes())
            assert alert.alert.title == "Temperature too high"
            assert "the most allowed is 8 °C" in alert.alert.detail
            for _ in range(8):
                await take(5)
            [alert] = alerts(await world.changes())
            assert not alert.alert.is_active

    run_virtually(main())


@pytest.mark.parametrize("name", ["gate-9"])
def test_what_is_signed_with_an_unknown_key_is_quarantined(tmp_path: Path, name: str) -> None:
    """It never reaches the ledger, and gets no receipt."""

    async def main() -> None:
        world = World(tmp_path)
        (tmp_path / name).mkdir()
        async with world.gateway():
            public = (tmp_path / "gateway" / "gateway.pub").read_text()
            (tmp_path / name / "gateway.pub").write_text(public)
            async with world.agent(name, is_new=False) as outbox:
                await outbox.say(opened())
                await asyncio.sleep(5)
                stats = stats_of(tmp_path / "gateway" / "journal.sqlite")
                assert stats.quarantined
                assert not stats.messages
                assert await outbox.call(outbox.end.sender.is_absent, 100.0)

    run_virtually(main())

"""A picture becomes one scan, wherever the power goes in between."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.clock import SystemClock
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.messages import (
    DRIFT_METRIC,
    DRIFT_PICTURES_METRIC,
    PART_BYTES_MAX,
    BlobPart,
    Likelihood,
    ReadingsTaken,
    ScanCompleted,
    ScanFailed,
)
from edge.drift import Drift
from edge.driver import PictureFound
from edge.drivers.scan_folder import ScanFolder, ScanFolderSettings
from edge.scans import Scans
from edge.speaker import Speaker
from models.drift import MOVED_MIN, RANGES, Histogram
from models.passport import path_for
from tests.edge import tiny_model
from tests.edge.benches import picture
from tests.edge.scanning import box, said_in

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 22, tzinfo=UTC)


class PowerCutError(Exception):
    """Everything stops here."""


class Cut(Speaker):
    """A speaker whose power goes at the n-th word: before it is said, or right after."""

    def __init__(self, outbox: Outbox, at: int, *, is_said: bool) -> None:
        super().__init__(outbox, SystemClock())
        self._left, self._is_said = at, is_said

    async def say(self, *said: Said) -> bool:
        """See `Speaker`."""
        self._left -= 1
        if self._left == 0 and not self._is_said:
            raise PowerCutError
        result = await super().say(*said)
        if self._left == 0:
            raise PowerCutError
        return result


def found(body: bytes, *, why_not: str = "") -> tuple[PictureFound, list[str]]:
    """A picture as a driver finds it, and how it was settled."""
    settled: list[str] = []

    async def settle(why: str) -> None:
        settled.append(why)

    one = PictureFound(
        name="bag.png",
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        media_type="image/png",
        subject="0125443871",
        why_not=why_not,
        is_again=False,
        settle=settle,
    )
    return one, settled


async def test_a_picture_is_looked_at_said_and_sent(tmp_path: Path) -> None:
    """The scan on `events`, the original in parts on `bulk`, then it is put away."""
    body = picture(200)
    async with box(tmp_path) as (outbox, detector, model):
        one, settled = found(body)
        await Scans(Speaker(outbox, SystemClock()), detector.detect, model).take("scanner", one, AT)
        scan, *parts = await said_in(outbox)
    assert isinstance(scan, ScanCompleted)
    assert [d.label for d in scan.detections] == ["elephant_tusk"]
    assert (scan.subject, scan.picture.size_bytes) == ("0125443871", len(body))
    assert [type(part) for part in parts] == [BlobPart]
    assert settled == [""]


async def test_a_scan_says_what_the_passport_makes_of_its_score(tmp_path: Path) -> None:
    """The ratio with its interval; none above it where the data end; else none is said."""
    for high in (12.0, None):
        folder = tmp_path / str(high)
        folder.mkdir()
        passport = path_for(tiny_model.write(folder))
        steps: list[dict[str, float | None]] = [
            {"score": 0.0, "ratio": 0.1, "low": 0.05, "high": 0.2},
            {"score": 0.6, "ratio": 8.0, "low": 5.0, "high": high},
        ]
        more = {"likelihood": {"elephant_tusk": steps}, "likelihood_on": "simulated bags"}
        passport.write_text(json.dumps(json.loads(passport.read_text()) | more))
        async with box(folder, is_written=True) as (outbox, detector, model):
            one, _ = found(picture(200))
            scans = Scans(Speaker(outbox, SystemClock()), detector.detect, model)
            await scans.take("scanner", one, AT)
            scan, *_ = await said_in(outbox)
        assert isinstance(scan, ScanCompleted)
        assert [d.likelihood for d in scan.detections] == [
            Likelihood(ratio=8.0, low=5.0, high=high, measured_on="simulated bags")
        ]


async def test_now_and_then_a_scanner_says_how_its_pictures_have_changed(tmp_path: Path) -> None:
    """As readings of its own, behind the scan that made them enough."""
    async with box(tmp_path) as (outbox, detector, model):
        bright = Histogram.of([0.95] * 600, *RANGES["brightness"])
        drift = Drift({"brightness": bright}, SystemClock(), enough=3)
        scans = Scans(Speaker(outbox, SystemClock()), detector.detect, model, drift)
        for shade in range(3):
            assert not await outbox.call(outbox.end.recent, "readings", 9)
            await scans.take("scanner", found(picture(shade))[0], AT)
        [said] = await outbox.call(outbox.end.recent, "readings", 9)
    assert isinstance(said, ReadingsTaken)
    values = {one.metric: one.value for one in said.readings}
    assert values[DRIFT_METRIC] > MOVED_MIN
    assert values[DRIFT_PICTURES_METRIC] == 3
    assert {(one.device, one.observed_at) for one in said.readings} == {("scanner", AT)}


async def test_a_picture_that_cannot_be_decoded_is_a_failed_scan_with_its_bytes(
    tmp_path: Path,
) -> None:
    """An officer can still be shown what the machine wrote."""
    body = picture()[:200] + picture()[-12:]
    async with box(tmp_path) as (outbox, detector, model):
        one, settled = found(body)
        await Scans(Speaker(outbox, SystemClock()), detector.detect, model).take("scanner", one, AT)
        scan, part = await said_in(outbox)
    assert isinstance(scan, ScanFailed)
    assert scan.reason
    assert settled == [scan.reason]
    assert isinstance(part, BlobPart)
    assert part.part_bytes == len(body)


async def test_a_large_picture_goes_in_parts_that_join(tmp_path: Path) -> None:
    """None is larger than the contract allows, none is missing."""
    body = b"\x89PNG" + bytes(range(256)) * 4_100
    async with box(tmp_path) as (outbox, detector, model):
        one, _ = found(body, why_not="only its bytes matter here")
        await Scans(Speaker(outbox, SystemClock()), detector.detect, model).take("scanner", one, AT)
        parts = [one for one in await said_in(outbox) if isinstance(one, BlobPart)]
    assert [part.offset_bytes for part in parts] == list(range(0, len(body), PART_BYTES_MAX))
    assert sum(part.part_bytes for part in parts) == len(body)


@pytest.mark.parametrize("is_said", [True, False])
@pytest.mark.parametrize(("word", "side"), [(1, 64), (1, 512), (2, 512)])
async def test_a_power_cut_neither_loses_nor_doubles_a_scan(
    tmp_path: Path, word: int, side: int, *, is_said: bool
) -> None:
    """Cut before and after each word; the next start says the rest, and nothing again.

    A small picture goes along with its scan, a large one is a word of its own.
    """
    folder = tmp_path / "scans"
    folder.mkdir()
    body = picture(200, side=side)
    assert (len(body) > PART_BYTES_MAX) == (side > 64)
    (folder / "0125443871.png").write_bytes(body)
    settings = ScanFolderSettings(device="scanner", folder=str(folder), poll_s=0.05)
    async with box(tmp_path) as (outbox, detector, model):
        scans = Scans(Cut(outbox, word, is_said=is_said), detector.detect, model)
        with pytest.raises(PowerCutError):
            await take_one(settings, scans)
    async with box(tmp_path) as (outbox, detector, model):
        await take_one(settings, Scans(Speaker(outbox, SystemClock()), detector.detect, model))
        said = await said_in(outbox)
    assert len([one for one in said if isinstance(one, ScanCompleted)]) == 1
    offsets = {one.offset_bytes for one in said if isinstance(one, BlobPart)}
    assert offsets == set(range(0, len(body), PART_BYTES_MAX))
    assert (folder / "done" / "0125443871.png").exists()


async def take_one(settings: ScanFolderSettings, scans: Scans) -> None:
    """Watch the folder until one picture was dealt with."""
    async with ScanFolder(settings, SystemClock()).open() as device:
        async for observed in device:
            if observed.picture:
                await scans.take("scanner", observed.picture, observed.at)
                return


async def test_the_same_picture_again_after_it_was_put_away_is_another_scan(
    tmp_path: Path,
) -> None:
    """Whoever moves a file back into the folder wants it looked at again."""
    folder = tmp_path / "scans"
    folder.mkdir()
    settings = ScanFolderSettings(device="scanner", folder=str(folder), poll_s=0.05)
    async with box(tmp_path) as (outbox, detector, model):
        scans = Scans(Speaker(outbox, SystemClock()), detector.detect, model)
        (folder / "0125443871.png").write_bytes(picture(200))
        await take_one(settings, scans)
        (folder / "done" / "0125443871.png").rename(folder / "0125443871.png")
        await take_one(settings, scans)
        said = await said_in(outbox)
    assert len([one for one in said if isinstance(one, ScanCompleted)]) == 2

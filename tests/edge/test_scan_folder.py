"""The scanner's folder: complete pictures only, none lost, none twice, none overwritten."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.clock import SystemClock
from edge.driver import PictureFound
from edge.drivers.folder_watch import FolderWatch
from edge.drivers.picture_folder import FILES_MAX
from edge.drivers.scan_folder import PICTURES, ScanFolder, ScanFolderSettings
from simulators.scanner import write_slowly
from tests.edge.benches import picture

PATIENCE_S = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scanner's folder, empty."""
    path = tmp_path / "scans"
    path.mkdir()
    return path


@asynccontextmanager
async def watching(
    folder: Path, *, broken_s: float = 30.0, done_bytes_max: int = 1 << 30
) -> AsyncIterator[AsyncIterator[PictureFound]]:
    """The pictures that the driver finds."""
    settings = ScanFolderSettings(
        device="scanner",
        folder=str(folder),
        poll_s=0.05,
        broken_s=broken_s,
        done_bytes_max=done_bytes_max,
    )
    async with ScanFolder(settings, SystemClock()).open() as device, asyncio.timeout(PATIENCE_S):
        yield (one.picture async for one in device if one.picture)


def names_in(folder: Path) -> list[str]:
    """Names of the files, not of the folders."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


@pytest.mark.anyio
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff"])
async def test_a_slow_writer_is_waited_for(folder: Path, suffix: str) -> None:
    """The picture is yielded whole although the file was there long before."""
    body = picture(suffix=suffix)
    async with watching(folder) as pictures, asyncio.TaskGroup() as tasks:
        path = folder / f"bag{suffix}"
        path.write_bytes(body[:100])
        tasks.create_task(finish_later(path, body), name="slow writer")
        found = await anext(pictures)
        assert (found.body, found.why_not) == (body, "")


async def finish_later(path: Path, body: bytes) -> None:
    """Stop for longer than many looks, then go on."""
    await asyncio.sleep(0.4)
    await write_slowly(path, body)


@pytest.mark.anyio
async def test_a_renamed_file_is_found_whole(folder: Path) -> None:
    """Machines that write under another name and rename are served as well."""
    (folder / "bag.png.part").write_bytes(picture())
    async with watching(folder) as pictures:
        (folder / "bag.png.part").rename(folder / "bag.png")
        assert (await anext(pictures)).name == "bag.png"


@pytest.mark.anyio
async def test_the_folder_is_a_queue_oldest_first(folder: Path) -> None:
    """What came while the agent was away is taken in its order."""
    for index, name in enumerate(["c.png", "a.png", "b.png"]):
        (folder / name).write_bytes(picture(index))
        os.utime(folder / name, (1_700_000_000 + index, 1_700_000_000 + index))
    async with watching(folder) as pictures:
        found = []
        for _ in range(3):
            found.append(await anext(pictures))
            await found[-1].settle("")
    assert [one.name for one in found] == ["c.png", "a.png", "b.png"]
    assert names_in(folder / "done") == ["a.png", "b.png", "c.png"]


@pytest.mark.anyio
async def test_a_file_that_never_ends_is_yielded_as_broken_and_kept(folder: Path) -> None:
    """The bytes are evidence: they go to `failed`, not away."""
    (folder / "bag.png").write_bytes(picture()[:500])
    async with watching(folder, broken_s=0.2) as pictures:
        found = await anext(pictures)
        assert "no end" in found.why_not
        await found.settle(found.why_not)
    assert (folder / "failed" / "bag.png").read_bytes() == picture()[:500]


@pytest.mark.anyio
async def test_a_broken_file_does_not_hold_up_the_others(folder: Path) -> None:
    """It waits for its end while the next bags are looked at."""
    (folder / "broken.png").write_bytes(picture()[:500])
    (folder / "good.png").write_bytes(picture())
    async with watching(folder) as pictures:
        assert (await anext(pictures)).name == "good.png"


@pytest.mark.anyio
async def test_a_machine_that_uses_one_name_for_all_loses_nothing(folder: Path) -> None:
    """The next picture may be written while the last one is still looked at."""
    async with watching(folder) as pictures:
        (folder / "scan.png").write_bytes(picture(1))
        first = await anext(pictures)
        (folder / "scan.png").write_bytes(picture(2))
        await first.settle("")
        second = await anext(pictures)
        await second.settle("")
    assert [first.body, second.body] == [picture(1), picture(2)]
    assert len(names_in(folder / "done")) == 2


@pytest.mark.anyio
async def test_what_is_written_while_a_picture_is_read_counts(folder: Path) -> None:
    """It is read once; a machine that writes once more in that moment is not overheard."""
    later = [picture(2)]

    def why_not_whole(body: bytes) -> str:
        if later:
            (folder / "bag.png").write_bytes(later.pop())
        return PICTURES.why_not_whole(body)

    settings = ScanFolderSettings(device="scanner", folder=str(folder), poll_s=0.05)
    form = PICTURES._replace(why_not_whole=why_not_whole)
    (folder / "bag.png").write_bytes(picture(1))
    async with asyncio.timeout(PATIENCE_S):
        found = await anext(
            one.picture
            async for one in await FolderWatch(settings, SystemClock(), form).open()
            if one.picture
        )
    assert (found.body, found.why_not) == (picture(2), "")


@pytest.mark.anyio
async def test_what_was_not_settled_is_found_again(folder: Path) -> None:
    """A crash after the picture was taken leaves it where the next start looks first."""
    (folder / "bag.png").write_bytes(picture(1))
    async with watching(folder) as pictures:
        first = await anext(pictures)
    (folder / "later.png").write_bytes(picture(2))
    async with watching(folder) as pictures:
        again = await anext(pictures)
        await again.settle("")
        later = await anext(pictures)
    assert (first.is_again, again.is_again, later.is_again) == (False, True, False)
    assert again.body == first.body


@pytest.mark.anyio
async def test_a_sidecar_names_the_subject_and_goes_along(folder: Path) -> None:
    """It wins over the name of the file, and a container is written in its normal form."""
    (folder / "0125443871.png.json").write_text('{"subject": "hlxu 417220 5"}')
    (folder / "0125443871.png").write_bytes(picture())
    async with watching(folder) as pictures:
        found = await anext(pictures)
        await found.settle("")
    assert found.subject == "HLXU4172205"
    assert names_in(folder / "done") == ["0125443871.png", "0125443871.png.json"]


@pytest.mark.anyio
@pytest.mark.parametrize("text", ["", "[1, 2]", '{"subject": 7}', "[" * 3_000, "\x00"])
async def test_a_sidecar_that_says_nothing_leaves_the_name(folder: Path, text: str) -> None:
    """Whatever is in it, the picture is scanned."""
    (folder / "bag_0125443871_2.png.json").write_text(text)
    (folder / "bag_0125443871_2.png").write_bytes(picture())
    async with watching(folder) as pictures:
        assert (await anext(pictures)).subject == "0125443871"


@pytest.mark.anyio
async def test_links_and_hidden_files_are_passed_over(folder: Path, tmp_path: Path) -> None:
    """A link could make the agent send any file of the box."""
    (tmp_path / "secret.png").write_bytes(picture(1))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / ".hidden.png").write_bytes(picture(2))
    (folder / "bag.png").write_bytes(picture(3))
    async with watching(folder) as pictures:
        found = await anext(pictures)
    assert found.name == "bag.png"


@pytest.mark.anyio
async def test_done_pictures_over_the_limit_go_oldest_first(folder: Path) -> None:
    """The disk does not fill."""
    (folder / "done").mkdir()
    for index in range(4):
        path = folder / "done" / f"{index}.png"
        path.write_bytes(b"x" * 100)
        os.utime(path, (1_700_000_000 + index, 1_700_000_000 + index))
    async with watching(folder, done_bytes_max=250):
        pass
    assert names_in(folder / "done") == ["2.png", "3.png"]


@pytest.mark.anyio
async def test_done_stays_under_its_limit_while_pictures_come(folder: Path) -> None:
    """Each that is put away may push out the oldest."""
    size = len(picture(1))
    async with watching(folder, done_bytes_max=size * 3 - 1) as pictures:
        for index in range(5):
            (folder / f"{index}.png").write_bytes(picture(1))
            await (await anext(pictures)).settle("")
    assert names_in(folder / "done") == ["3.png", "4.png"]


@pytest.mark.anyio
async def test_done_stays_under_its_limit_however_many_there_are(folder: Path) -> None:
    """A scanner of a busy hall fills it with more than one look would see."""
    (folder / "done").mkdir()
    for index in range(FILES_MAX + 100):
        (folder / "done" / f"{index}.png").write_bytes(b"x")
    async with watching(folder, done_bytes_max=FILES_MAX):
        pass
    assert len(names_in(folder / "done")) <= FILES_MAX

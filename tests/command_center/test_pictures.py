"""Pictures: believed by their hash, bounded on disk, converted in another process."""

import asyncio
import importlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from command_center import conversion
from command_center.conversion import NoConverter, NotAPicture
from command_center.pictures import MAGIC, Pictures
from contract.link import Rejected, Unavailable
from contract.messages import BlobAsked, BlobTold, Message
from tests.command_center.scripted import sha256
from tests.support.full_disk import nothing_can_be_written

JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 10


class Gateway:
    """Has blobs, tells them in pieces."""

    def __init__(self, *blobs: bytes, piece: int = 1_000) -> None:
        self.blobs = {sha256(blob): blob for blob in blobs}
        self.piece = piece
        self.asked: list[BlobAsked] = []

    async def ask(self, question: Message) -> Message:
        """A piece of a blob."""
        assert isinstance(question, BlobAsked)
        self.asked.append(question)
        await asyncio.sleep(0)
        if question.sha256 not in self.blobs:
            raise Rejected("this blob has not arrived")
        blob = self.blobs[question.sha256]
        piece = blob[question.offset_bytes : question.offset_bytes + self.piece]
        return BlobTold(size_bytes=len(blob), media_type="text/html", piece=piece)


def play(
    path: Path,
    gateway: Gateway,
    act: Callable[[Pictures], Awaitable[None]],
    *,
    bytes_max: int = 1_000_000,
) -> None:
    """With pictures in a folder."""

    async def main() -> None:
        await act(Pictures(path, ask=gateway.ask, bytes_max=bytes_max))

    asyncio.run(main())


def names_in(folder: Path) -> list[str]:
    """What lies there."""
    return [path.name for path in folder.iterdir()]


def test_a_picture_comes_in_pieces_and_only_once(tmp_path: Path) -> None:
    """However many ask at the same time, and after a restart."""
    gateway = Gateway(JPEG)

    async def act(pictures: Pictures) -> None:
        both = await asyncio.gather(*(pictures.original(sha256(JPEG)) for _ in range(2)))
        assert both == [(JPEG, "image/jpeg")] * 2
        assert [one.offset_bytes for one in gateway.asked] == [0, 1_000, 2_000]

    async def again(pictures: Pictures) -> None:
        assert await pictures.original(sha256(JPEG)) == (JPEG, "image/jpeg")
        assert len(gateway.asked) == 3

    play(tmp_path, gateway, act)
    play(tmp_path, gateway, again)


def test_other_bytes_are_not_this_picture(tmp_path: Path) -> None:
    """Neither shown nor kept: only the hash is believed."""
    gateway = Gateway()
    gateway.blobs[sha256(JPEG)] = JPEG + b"!"

    async def act(pictures: Pictures) -> None:
        with pytest.raises(Rejected, match="not those"):
            await pictures.original(sha256(JPEG))

    play(tmp_path, gateway, act)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_file_harmed_on_this_disk_is_fetched_again(tmp_path: Path) -> None:
    """Verified each time before it is sent."""
    gateway = Gateway(JPEG)
    (tmp_path / sha256(JPEG)).write_bytes(JPEG[:-1] + b"!")

    async def act(pictures: Pictures) -> None:
        assert (await pictures.original(sha256(JPEG)))[0] == JPEG

    play(tmp_path, gateway, act)


def test_the_one_looked_at_longest_ago_gives_way(tmp_path: Path) -> None:
    """The folder is bounded; drafts of a crash are swept."""
    blobs = [bytes([n]) * 1_000 for n in range(3)]
    gateway = Gateway(*blobs)
    (tmp_path / "left.part").write_bytes(b"half")

    async def act(pictures: Pictures) -> None:
        for blob in (blobs[0], blobs[1], blobs[0], blobs[2]):
            await pictures.original(sha256(blob))

    play(tmp_path, gateway, act, bytes_max=2_500)
    assert {path.name for path in tmp_path.iterdir()} == {sha256(blobs[0]), sha256(blobs[2])}


def test_a_disk_that_takes_nothing_hides_no_picture(tmp_path: Path) -> None:
    """It is shown, and fetched again the next time; nothing half made is left."""
    gateway = Gateway(JPEG)

    async def act(pictures: Pictures) -> None:
        with nothing_can_be_written():
            assert await pictures.original(sha256(JPEG)) == (JPEG, "image/jpeg")
            with pytest.raises(Unavailable, match="no room"):
                await pictures.png(sha256(JPEG))
        assert not names_in(tmp_path)
        assert await pictures.original(sha256(JPEG)) == (JPEG, "image/jpeg")

    play(tmp_path, gateway, act)
    assert names_in(tmp_path) == [sha256(JPEG)]


def test_many_at_once_are_kept_within_the_limit(tmp_path: Path) -> None:
    """By several threads; and nobody else on this box looks into the folder."""
    blobs = [bytes([n]) * 1_000 for n in range(40)]
    gateway = Gateway(*blobs)
    tmp_path.chmod(0o755)

    async def act(pictures: Pictures) -> None:
        await asyncio.gather(*(pictures.original(sha256(blob)) for blob in blobs))

    play(tmp_path, gateway, act, bytes_max=5_000)
    assert len(list(tmp_path.iterdir())) == 5
    assert tmp_path.stat().st_mode & 0o077 == 0


def test_a_tiff_of_sixteen_bits_becomes_a_png(tmp_path: Path) -> None:
    """By the worker; the original stays as it is; the second time from the disk."""
    cv2 = pytest.importorskip("cv2")
    numpy = importlib.import_module("numpy")
    grey = (numpy.arange(64 * 48, dtype="uint16") * 9 + 1_000).reshape(48, 64)
    tiff = cv2.imencode(".tiff", grey)[1].tobytes()
    gateway = Gateway(tiff)

    async def act(pictures: Pictures) -> None:
        png = await pictures.png(sha256(tiff))
        shown = cv2.imdecode(numpy.frombuffer(png, "uint8"), cv2.IMREAD_UNCHANGED)
        assert (shown.shape, shown.dtype) == ((48, 64), "uint8")
        assert (shown.min(), shown.max()) == (0, 255)
        assert (await pictures.original(sha256(tiff))) == (tiff, "image/tiff")
        assert await pictures.png(sha256(tiff)) == png

    play(tmp_path, gateway, act)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {sha256(tiff), sha256(tiff) + ".png"}


def test_what_only_claims_to_be_a_picture_is_refused(tmp_path: Path) -> None:
    """Rubbish behind the right magic, and bytes of no kind."""
    rubbish = [magic + bytes(500) for magic, kind in MAGIC if kind == "image/tiff"]
    gateway = Gateway(*rubbish, b"no picture")

    async def act(pictures: Pictures) -> None:
        for blob in (*rubbish, b"no picture"):
            with pytest.raises(NotAPicture):
                await pictures.png(sha256(blob))

    play(tmp_path, gateway, act)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    """The worker ends with its own code where it finds no library."""
    # An empty interpreter stands for an installation without the extra.
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -c "raise SystemExit(3)"\n')
    bare.chmod(0o700)

    async def main() -> None:
        with pytest.raises(NoConverter, match=r"greenlane\[models\]"):
            await conversion.convert(tmp_path / "a", tmp_path / "b", python=str(bare))

    asyncio.run(main())

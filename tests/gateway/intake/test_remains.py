"""Parts of pictures that never became whole: so much, so long, and said before they go."""

import asyncio
import hashlib
import os
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.link import Unavailable
from contract.messages import BlobDropped, BlobKept
from contract.signing import Key
from gateway.assembly import Parts as Gateway
from gateway.books.check import Asked, check
from gateway.intake.remains import (
    AGE_MAX,
    BYTES_MAX,
    EACH_BYTES_MAX,
    LOOK_EVERY_S,
    surplus,
)
from gateway.journal.blobs import Blobs
from gateway.journal.journal import entries
from gateway.journal.parts import FILE_BYTES_MIN, Blob, Lying
from tests.gateway.intake.sent import SOURCE, gateway, packet, part
from tests.support.full_disk import nothing_can_be_written
from tests.support.virtual import START, run_virtually

NOW_S = START.timestamp()
HALF, OTHER = b"h" * 1_000, b"o" * 1_000


def told(path: Path) -> list[BlobDropped | BlobKept]:
    """What the journal says became of pictures."""
    said = [entry.message for entry in entries(path / "journal.sqlite")]
    return [one for one in said if isinstance(one, BlobDropped | BlobKept)]


def ages(path: Path, whole: bytes, *, days: float = 91) -> None:
    """As if the parts of this picture had come so long ago."""
    [folder] = (path / "blobs" / "parts").glob(f"*/{hashlib.sha256(whole).hexdigest()}")
    at = folder.stat().st_mtime - days * 86_400
    os.utime(folder, (at, at))


async def half(parts: Gateway, whole: bytes, number: int, *, offset: int = 0) -> None:
    """The gateway takes one of two parts."""
    piece, raw = part(whole, offset, 500)
    await parts.intake.take([packet(piece, number, raw=raw)])


async def hours(parts: Gateway, count: int) -> None:
    """So many pass, and something is said in each."""
    for _ in range(count):
        await asyncio.sleep(LOOK_EVERY_S)
        await parts.remains.tidy()


def test_parts_whose_picture_never_came_are_given_up_and_said_to_be(tmp_path: Path) -> None:
    """After ninety days, and an hour of our own without a part: an entry, a count, no files."""

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            await half(parts, HALF, 1)
            await half(parts, OTHER, 2)
            ages(tmp_path, HALF)
            await parts.remains.tidy()
            await hours(parts, 1)
            assert (parts.remains.pictures, parts.remains.bytes) == (2, 4 * FILE_BYTES_MIN)
            assert len(Blobs(tmp_path).parts.unfinished()) == 2
            await hours(parts, 1)
            assert parts.remains.given_up == 1

    run_virtually(main())
    [said] = told(tmp_path)
    assert said == BlobDropped(
        source=SOURCE,
        sha256=hashlib.sha256(HALF).hexdigest(),
        size_bytes=len(HALF),
        reason="too old",
    )
    looked = check(Asked(folder=tmp_path, public=Key.load_or_make(tmp_path / "key").public))
    assert looked.is_sound, looked.faults
    assert looked.counts["pictures given up for want of parts"] == 1
    left = Blobs(tmp_path).parts.unfinished()
    assert left == [Blob(SOURCE, hashlib.sha256(OTHER).hexdigest(), len(OTHER))]


def test_who_comes_back_with_a_picture_that_was_given_up_delivers_it_whole(tmp_path: Path) -> None:
    """And who comes back in time with the rest, too: nothing is given up before his turn."""

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            await half(parts, HALF, 1)
            await half(parts, OTHER, 2)
            ages(tmp_path, HALF)
            ages(tmp_path, OTHER)
        async with gateway(tmp_path) as parts:  # it was away as well
            await parts.remains.tidy()
            await half(parts, OTHER, 3, offset=500)
            await hours(parts, 3)
            for number, offset in enumerate((0, 500), 4):
                await half(parts, HALF, number, offset=offset)

    run_virtually(main())
    became = [(type(one), one.sha256) for one in told(tmp_path)]
    first, other = (hashlib.sha256(whole).hexdigest() for whole in (HALF, OTHER))
    assert became == [(BlobKept, other), (BlobDropped, first), (BlobKept, first)]
    assert Blobs(tmp_path).read(first, 0, 2_000).piece == HALF
    assert not list((tmp_path / "blobs" / "parts").glob("*/*"))


def test_a_clock_that_is_set_makes_nothing_old(tmp_path: Path) -> None:
    """A box woke up last year, heard half a picture, and then heard what time it is."""

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            await parts.remains.tidy()
            await half(parts, HALF, 1)
            ages(tmp_path, HALF, days=365)
            await hours(parts, 1)
            await half(parts, HALF, 2, offset=500)
            await hours(parts, 3)

    run_virtually(main())
    assert [type(one) for one in told(tmp_path)] == [BlobKept]


def test_a_full_disk_gives_nothing_up_and_what_is_all_here_stays(tmp_path: Path) -> None:
    """What cannot be said is not done; a picture that waits for room to be joined has all parts."""

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            blobs = Blobs(tmp_path)
            blobs.keep_all([(SOURCE, *part(HALF, offset, 500)) for offset in (0, 500)])
            await half(parts, OTHER, 1)
            ages(tmp_path, HALF)
            ages(tmp_path, OTHER)
            await parts.remains.tidy()
            parts.journal._store._is_closing = True  # as a disk that takes nothing
            await hours(parts, 3)
            assert len(blobs.parts.unfinished()) == 2
            parts.journal._store._is_closing = False
            await hours(parts, 1)
            [left] = blobs.parts.unfinished()
            assert left.sha256 == hashlib.sha256(HALF).hexdigest()

    run_virtually(main())
    [said] = told(tmp_path)
    assert isinstance(said, BlobDropped)


def test_what_another_source_sent_whole_or_nobody_ever_kept_goes_without_a_word(
    tmp_path: Path,
) -> None:
    """Nothing is lost by it."""
    blobs = Blobs(tmp_path)
    blobs.keep_all([("/KEMBA/x", *part(HALF, 0, 500))])
    with nothing_can_be_written(), pytest.raises(Unavailable):
        blobs.keep_all([("/KEMBA/x", *part(OTHER, 0, 500))])
    ages(tmp_path, HALF)
    ages(tmp_path, OTHER)
    (tmp_path / "blobs" / "parts" / "KEMBA.x" / "stray").touch()
    [harmed] = (tmp_path / "blobs" / "parts").glob(f"*/{hashlib.sha256(OTHER).hexdigest()}")
    (harmed / "about").write_bytes(b"no size")
    ages(tmp_path, OTHER)

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            piece, raw = part(HALF, 0, len(HALF))
            await parts.intake.take([packet(piece, 1, raw=raw)])
            await hours(parts, 3)
            assert not parts.remains.given_up

    run_virtually(main())
    assert {type(one) for one in told(tmp_path)} == {BlobKept}
    assert [path.name for path in (tmp_path / "blobs" / "parts").glob("*/*")] == ["stray"]


def test_parts_that_make_another_picture_are_said_to(tmp_path: Path) -> None:
    """They were receipted, each for itself."""
    other = hashlib.sha256(OTHER).hexdigest()

    async def main() -> None:
        async with gateway(tmp_path) as parts:
            for number, offset in enumerate((0, 500), 1):
                piece, raw = part(HALF, offset, 500)
                wrong = msgspec.structs.replace(piece, sha256=other)
                await parts.intake.take([packet(wrong, number, raw=raw)])

    run_virtually(main())
    assert told(tmp_path) == [
        BlobDropped(source=SOURCE, sha256=other, size_bytes=1_000, reason="another picture")
    ]


MB = 1024 * 1024
lyings = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", "D", "E", "F"]),
        st.integers(0, 400),
        st.integers(1, 600),
        st.integers(0, 120),
    ),
    max_size=40,
).map(
    lambda found: [
        Lying(Path(f"/p/KEMBA.{name}/{sha}"), size * MB, NOW_S - days * 86_400)
        for name, sha, size, days in {(n, s): (n, s, z, d) for n, s, z, d in found}.values()
    ]
)


@given(lyings)
def test_the_oldest_go_until_the_others_fit(lying: list[Lying]) -> None:
    """Of each source, and of all; never more than has to go, and none for another's flood."""
    gone = {one.lying: one.reason for one in surplus(lying, NOW_S, lambda _: True)}
    left = [one for one in lying if one not in gone]
    of_each = Counter[str]()
    for one in left:
        of_each[one.source] += one.bytes
    assert sum(of_each.values()) <= BYTES_MAX
    assert not of_each or max(of_each.values()) <= EACH_BYTES_MAX
    for one, reason in gone.items():
        is_old = NOW_S - one.heard_s > AGE_MAX.total_seconds()
        assert (reason == "too old") == is_old
        if not is_old:
            assert all(one.heard_s <= other.heard_s for other in left if other.source == one.source)
    for_room = [one for one, reason in gone.items() if reason == "no room"]
    assert not for_room or any(  # the last one to go had to
        of_each[one.source] + one.bytes > EACH_BYTES_MAX or of_each.total() + one.bytes > BYTES_MAX
        for one in for_room
    )
    assert not surplus(left, NOW_S, lambda _: True)
    assert not [one for one in surplus(lying, NOW_S, lambda _: False) if one.reason == "too old"]

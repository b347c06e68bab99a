"""Pictures on a disk that is full for a while."""

from pathlib import Path

import msgspec
import pytest

from contract.link import Unavailable
from gateway.journal.blobs import Blobs
from gateway.journal.parts import Blob
from tests.gateway.intake.sent import part
from tests.support.full_disk import nothing_can_be_written

WHOLE = bytes(range(256)) * 10


def test_a_picture_whose_first_part_met_a_full_disk_is_joined(tmp_path: Path) -> None:
    """What its folder was made for is said again, and then it is whole."""
    blobs = Blobs(tmp_path)
    named, raw = part(WHOLE, 0, 1_000)
    with nothing_can_be_written(), pytest.raises(Unavailable):
        blobs.keep_all([("/KEMBA/x", named, raw)])
    blobs.keep_all([("/KEMBA/x", named, raw), ("/KEMBA/x", *part(WHOLE, 1_000, 1_560))])
    blob = Blob("/KEMBA/x", named.sha256, len(WHOLE))
    assert Blobs(tmp_path).parts.unfinished() == [blob]
    assert blobs.assemble(blob)
    assert blobs.read(named.sha256, 0, len(WHOLE)).piece == WHOLE


def test_pictures_of_one_part_are_whole_at_once(tmp_path: Path) -> None:
    """Nothing of them waits to be joined; one that met a full disk is written when said again."""
    blobs = Blobs(tmp_path)
    bodies = [WHOLE + bytes([n]) for n in range(12)]
    parts = [("/KEMBA/x", *part(body, 0, len(body))) for body in bodies]
    with nothing_can_be_written(), pytest.raises(Unavailable):
        blobs.keep_all(parts)
    whole = [Blob("/KEMBA/x", named.sha256, named.size_bytes) for _, named, _ in parts]
    for _ in range(2):  # who is not receipted says it again
        assert blobs.keep_all(parts) == whole
    again = Blobs(tmp_path)
    assert again.parts.unfinished() == []
    for _, named, raw in parts:
        assert again.read(named.sha256, 0, len(raw)) == (len(raw), named.media_type, raw)


def test_a_batch_with_a_forged_a_large_and_a_halved_picture(tmp_path: Path) -> None:
    """What makes something else is dropped, what lacks a part waits, what has two is joined."""
    blobs = Blobs(tmp_path)
    large, half = WHOLE + b"large", WHOLE + b"half"
    forged, raw = part(WHOLE, 0, len(WHOLE))
    forged = msgspec.structs.replace(forged, sha256="0" * 64)
    of_large = [part(large, at, 1_500) for at in (0, 1_500)]
    parts = [(forged, raw), *of_large, part(half, 0, 900)]
    blobs.keep_all([("/KEMBA/x", named, raw) for named, raw in parts])
    sizes = {named.sha256: named.size_bytes for named, _ in parts}
    joined = blobs.join([Blob("/KEMBA/x", *one) for one in sizes.items()])
    assert [(one.is_whole, bool(one.why_dropped)) for one in joined] == [
        (False, True),
        (True, False),
        (False, False),
    ]
    assert blobs.read(of_large[0][0].sha256, 0, 9_999).piece == large


def test_a_disk_that_is_full_when_pictures_are_joined_is_asked_again(tmp_path: Path) -> None:
    """Nothing of the batch is dropped for it."""
    blobs = Blobs(tmp_path)
    named, raw = part(WHOLE, 0, 1_000)
    blobs.keep_all([("/KEMBA/x", named, raw), ("/KEMBA/x", *part(WHOLE, 1_000, 1_560))])
    blob = Blob("/KEMBA/x", named.sha256, len(WHOLE))
    with nothing_can_be_written():
        [one] = blobs.join([blob])
    assert one.why_later
    [one] = blobs.join([blob])
    assert (one.is_whole, one.is_news) == (True, True)

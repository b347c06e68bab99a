"""Pictures on a disk that is full for a while."""

from pathlib import Path

import pytest

from contract.link import Unavailable
from gateway.blobs import Blob, Blobs
from tests.contract.delivery.test_store import nothing_can_be_written
from tests.gateway.test_intake import part

WHOLE = bytes(range(256)) * 10


def test_a_picture_whose_first_part_met_a_full_disk_is_joined(tmp_path: Path) -> None:
    """What its folder was made for is said again, and then it is whole."""
    blobs = Blobs(tmp_path)
    named, raw = part(WHOLE, 0, len(WHOLE))
    with nothing_can_be_written(), pytest.raises(Unavailable):
        blobs.keep("/KEMBA/x", named, raw)
    blobs.keep("/KEMBA/x", named, raw)
    blob = Blob("/KEMBA/x", named.sha256, len(WHOLE))
    assert Blobs(tmp_path).unfinished() == [blob]
    assert blobs.assemble(blob)
    assert blobs.read(named.sha256, 0, len(WHOLE)).piece == WHOLE

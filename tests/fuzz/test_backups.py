"""Whatever somebody restores from: a backup, or a sentence; nothing lands outside its folder."""

import io
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.link import Rejected
from greenlane.archive import FORMAT, MANIFEST, Manifest, Writer, unpacked
from tests.fuzz.mutations import mutated
from tests.support.virtual import START

NAMES: Final = (
    *("../key", "/etc/key", "a/../../key", "", ".", "a\x00b", "k" * 300, "key/inner", "\udcff"),
    *("key", "key", "blobs", "blobs/ab/cd", MANIFEST),
)


def backup() -> bytes:
    """A small good one."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=out, mode="w") as tar:
        path = Path(folder) / "key"
        path.write_bytes(b"k" * 700)
        writer = Writer(tar)
        writer.add("key", path)
        writer.add("blobs/ab/abcd", path)
        writer.end(
            Manifest(
                format=FORMAT,
                kind="gateway",
                source="/KEMBA/gateway",
                version="1",
                made_at=START,
                members=tuple(writer.members),
            )
        )
    return out.getvalue()


GOOD: Final = backup()


def unpack(body: bytes) -> None:
    """Unpack it where anything outside would be seen; raises `Rejected`."""
    with tempfile.TemporaryDirectory() as folder:
        archive, into = Path(folder) / "archive", Path(folder) / "into"
        archive.write_bytes(body)
        into.mkdir()
        try:
            unpacked(archive, into)
        finally:
            assert {path.name for path in Path(folder).iterdir()} == {"archive", "into"}


def test_the_good_one_is_unpacked() -> None:
    """So that what is changed in it is what is wrong."""
    unpack(GOOD)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_backup_is_refused_in_a_sentence(data: st.DataObject) -> None:
    """Bytes flipped, cut, put in anywhere."""
    body = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 12))] = data.draw(st.binary(max_size=12))
    end = data.draw(st.integers(0, len(body)))
    with suppress(Rejected):
        unpack(bytes(body[:end]) if data.draw(st.booleans()) else bytes(body))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(NAMES), max_size=4), st.binary(max_size=50), st.booleans())
def test_a_name_that_leads_anywhere_is_refused(
    names: list[str],
    body: bytes,
    is_manifest: bool,  # noqa: FBT001 - drawn
) -> None:
    """Twice, below a file, outside, too long: whoever made it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
        if is_manifest:
            info = tarfile.TarInfo(MANIFEST)
            info.size = 2
            tar.addfile(info, io.BytesIO(b"{}"))
    with pytest.raises(Rejected):
        unpack(out.getvalue())


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_manifest_is_read_or_refused(data: st.DataObject) -> None:
    """Nested, with wrong numbers, in no UTF-8."""
    with tarfile.open(fileobj=io.BytesIO(GOOD)) as tar:
        file = tar.extractfile(MANIFEST)
        assert file is not None
        good = file.read()
    odd = data.draw(
        st.one_of(mutated(good), st.binary(max_size=40), st.just(b'{"format":' + b"[" * 100_000))
    )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(odd)
        tar.addfile(info, io.BytesIO(odd))
    with suppress(Rejected):
        unpack(out.getvalue())

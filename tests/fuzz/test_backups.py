"""Whatever somebody restores from: a backup, or a sentence; nothing lands outside its folder."""

import io
import tarfile
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.link import Rejected
from gateway.journal.schema import prepare
from gateway.journal.store import connect
from greenlane.archive import FORMAT, MANIFEST, Manifest, Writer, unpacked
from greenlane.backup import Subject, restore
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


def packed(members: dict[str, bytes]) -> bytes:
    """A backup whose manifest is true, whatever is in it."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=out, mode="w") as tar:
        writer = Writer(tar)
        for name, body in members.items():
            path = Path(folder) / "member"
            path.write_bytes(body)
            writer.add(name, path)
        manifest = Manifest(
            format=FORMAT,
            kind="gateway",
            source="/KEMBA/gateway",
            version="1",
            made_at=START,
            members=tuple(writer.members),
        )
        writer.end(manifest)
    return out.getvalue()


def journal_file() -> bytes:
    """An empty journal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"
        with closing(connect(path)) as at:
            prepare(at)
        return path.read_bytes()


JOURNAL: Final = journal_file()
KEY: Final = b"5a" * 32


def restored(members: dict[str, bytes]) -> bool:
    """Whether it was restored; what was there is untouched if not."""
    with tempfile.TemporaryDirectory() as folder:
        archive, state = Path(folder) / "archive", Path(folder) / "state"
        archive.write_bytes(packed(members))
        state.mkdir()
        (state / "key").write_bytes(b"was here")
        subject = Subject(kind="gateway", source="/KEMBA/gateway", state=state)
        try:
            restore(archive, subject, is_forced=True)
        except Rejected:
            assert {path.name for path in Path(folder).iterdir()} == {"archive", "state"}
            assert (state / "key").read_bytes() == b"was here"
            return False
        return True


def test_a_journal_and_a_key_are_a_gateway() -> None:
    """So that what is changed in them is what is wrong."""
    assert restored({"key": KEY, "journal.sqlite": JOURNAL})


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_what_is_no_gateway_is_not_restored(data: st.DataObject) -> None:
    """A true manifest over a journal that is none, or harmed, or over a key that is none."""
    harmed = bytearray(JOURNAL)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(harmed) - 1))
        harmed[at : at + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=60))
    journals = st.one_of(
        st.just(bytes(harmed)),
        st.just(bytes(harmed[: data.draw(st.integers(0, len(harmed)))])),
        st.sampled_from((b"", b"SQLite format 3\x00", b"x" * 9_000, JOURNAL)),
    )
    restored(
        {
            "key": data.draw(st.sampled_from((KEY, KEY, b"", b"zz", b"5a" * 31))),
            "journal.sqlite": data.draw(journals),
        }
    )

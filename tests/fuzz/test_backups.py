"""Whatever somebody restores from: a backup, or a sentence; nothing lands outside its folder."""

import io
import tarfile
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.identifiers import Source
from contract.link import Rejected
from contract.messages import BodiesErased
from contract.signing import Key
from gateway.journal.journal import Journal
from gateway.journal.schema import prepare
from gateway.journal.store import connect, open_store
from gateway.notary.extent import extent
from gateway.voice import Voice
from greenlane.archive import FORMAT, MANIFEST, Holds, Manifest, Writer, unpacked
from greenlane.backup import Subject, restore
from tests.fuzz.mutations import mutated
from tests.support.virtual import START, VirtualClock, run_virtually

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


def packed(members: dict[str, bytes], *, holds: Holds | None = None) -> bytes:
    """A backup whose manifest has the right hashes, whatever is in it."""
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
            holds=holds,
        )
        writer.end(manifest)
    return out.getvalue()


def journal_file() -> tuple[bytes, Holds]:
    """A journal with some entries in it, and how much that is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"

        async def write() -> None:
            async with open_store(path) as store:
                journal, voice = await Journal.of(store, VirtualClock()), voice_of("/KEMBA/gateway")
                told = BodiesErased(retention="events", upto=5, received_before=START)
                await journal.append([voice.say(told)] * 3)

        run_virtually(write())
        with closing(connect(path)) as at:
            at.execute("PRAGMA journal_mode=DELETE")
        found = extent(path)
        holds = Holds(journal=found.journal, entries=found.entries, root=found.root)
        return path.read_bytes(), holds


def empty_journal() -> bytes:
    """One that a gateway made a moment ago."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"
        with closing(connect(path)) as at:
            prepare(at)
        return path.read_bytes()


def voice_of(source: str) -> Voice:
    """What a gateway says of itself."""
    return Voice(Source(source), Key(bytes.fromhex(KEY.decode())), VirtualClock())


KEY: Final = b"5a" * 32
JOURNAL, HOLDS = journal_file()


def restored(members: dict[str, bytes], *, holds: Holds | None = HOLDS) -> bool:
    """Whether it was restored; what was there is untouched if not."""
    with tempfile.TemporaryDirectory() as folder:
        archive, state = Path(folder) / "archive", Path(folder) / "state"
        archive.write_bytes(packed(members, holds=holds))
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
    """So that what is changed in them is what is wrong; also of a Greenlane that said no more."""
    assert restored({"key": KEY, "journal.sqlite": JOURNAL})
    assert restored({"key": KEY, "journal.sqlite": JOURNAL}, holds=None)


@pytest.mark.parametrize("journal", [b"", empty_journal()], ids=["nothing", "no entries"])
@pytest.mark.parametrize("holds", [HOLDS, None])
def test_an_empty_journal_is_no_gateway(journal: bytes, holds: Holds | None) -> None:
    """Every agent would be unknown to it, and every entry lost, in silence."""
    assert not restored({"key": KEY, "journal.sqlite": journal}, holds=holds)


def test_another_journal_than_the_manifest_s_is_not_restored() -> None:
    """Its id, its length and the root of its tree are bound."""
    for wrong in ({"journal": "0" * 16}, {"entries": 2}, {"root": "0" * 64}):
        holds = msgspec.structs.replace(HOLDS, **wrong)
        assert not restored({"key": KEY, "journal.sqlite": JOURNAL}, holds=holds)


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
        st.sampled_from((b"", b"SQLite format 3\x00", b"x" * 9_000, JOURNAL, empty_journal())),
    )
    restored(
        {
            "key": data.draw(st.sampled_from((KEY, KEY, b"", b"zz", b"5a" * 31))),
            "journal.sqlite": data.draw(journals),
        },
        holds=data.draw(st.sampled_from((HOLDS, None))),
    )

"""What is restored is what was backed up, or nothing is touched."""

import sqlite3
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from contract.link import Rejected
from contract.signing import Key
from greenlane.archive import MANIFEST, Writer, unpacked
from greenlane.backup import Subject, back_up, restore

MADE_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_databases_that_were_emptied_are_named(backup: tuple[Path, Subject]) -> None:
    """A command center without officers would let in whoever reads its log first."""
    out, subject = backup
    folder = out.with_name("unpacked")
    folder.mkdir()
    manifest = unpacked(out, folder)
    for body in (b"", None):
        (folder / "officers.sqlite").write_bytes(b"")
        with tarfile.open(out, "w") as tar:
            writer = Writer(tar)
            for one in manifest.members:
                if body is not None or one.schema is None:
                    writer.add(one.name, folder / one.name, schema=one.schema)
            writer.end(msgspec.structs.replace(manifest, members=tuple(writer.members)))
        with pytest.raises(Rejected, match=r"officers\.sqlite"):
            restore(out, subject, is_forced=True)
        assert (subject.state / "officers.sqlite").stat().st_size


@pytest.fixture
def backup(tmp_path: Path) -> tuple[Path, Subject]:
    """A backup of a small state directory, and whose it is."""
    state = tmp_path / "center"
    state.mkdir()
    Key.load_or_make(state / "key")
    with sqlite3.connect(state / "officers.sqlite") as database:
        database.execute("PRAGMA user_version=1")
        database.execute("CREATE TABLE officers (name TEXT)")
        database.execute("INSERT INTO officers VALUES ('admin')")
    database.close()
    subject = Subject(kind="command-center", source="/KEMBA/command-center", state=state)
    out = tmp_path / "center.tar"
    back_up(subject, out, version="1", made_at=MADE_AT)
    return out, subject


def test_what_is_there_is_not_overwritten(backup: tuple[Path, Subject]) -> None:
    """Not without --force."""
    out, subject = backup
    with pytest.raises(Rejected, match="--force"):
        restore(out, subject, is_forced=False)


def test_a_backup_that_is_not_there_is_said_before_a_word_about_the_state(
    backup: tuple[Path, Subject],
) -> None:
    """Who mistyped its name would else be told to set his state aside."""
    out, subject = backup
    with pytest.raises(FileNotFoundError, match="mistyped"):
        restore(out.with_name("mistyped.tar"), subject, is_forced=False)
    assert sorted(path.name for path in out.parent.iterdir()) == ["center", "center.tar"]


@pytest.mark.parametrize("at", [0.3, 0.6, 0.99])
def test_a_backup_that_was_cut_off_changes_nothing(backup: tuple[Path, Subject], at: float) -> None:
    """The manifest is its end."""
    out, subject = backup
    whole = out.read_bytes()
    end = whole.rindex(MANIFEST.encode())
    out.write_bytes(whole[: int(end * at)])
    with pytest.raises(Rejected):
        restore(out, subject, is_forced=True)
    assert (subject.state / "officers.sqlite").exists()


def test_a_backup_with_a_flipped_bit_changes_nothing(backup: tuple[Path, Subject]) -> None:
    """Every hash is checked before anything is moved."""
    out, subject = backup
    spoilt = bytearray(out.read_bytes())
    spoilt[spoilt.index(b"SQLite format 3") + 900] ^= 1
    out.write_bytes(spoilt)
    with pytest.raises(Rejected, match="manifest"):
        restore(out, subject, is_forced=True)
    assert (subject.state / "officers.sqlite").exists()


def test_the_backup_of_another_is_refused(backup: tuple[Path, Subject]) -> None:
    """A command center is not restored as its neighbour."""
    out, subject = backup
    other = Subject(kind=subject.kind, source="/SKCKV/command-center", state=subject.state)
    with pytest.raises(Rejected, match="/SKCKV/command-center"):
        restore(out, other, is_forced=True)

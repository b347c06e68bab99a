"""Small files and pictures are on the disk in the order in which a power cut may come.

What a process asks of the kernel is watched, not replaced: each `fsync` by the name of its file,
and each `rename`, as they happen.
"""

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final

from command_center import pictures
from contract.clock import SystemClock
from contract.delivery.schema import connect
from contract.identifiers import Source
from contract.messages import BlobPart
from contract.whole_file import write_whole
from gateway.journal.blobs import Blobs
from gateway.journal.parts import Blob
from gateway.journal.writes import Writes
from gateway.trust.codes import Codes

HANDLES: Final = ("handle", "file", "out")
"""What those who sync call what they sync."""
SOURCE: Final = "/KEMBA/gate-2"


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """What happens meanwhile, in threads that begin meanwhile too: (what, name of the file)."""
    seen: list[tuple[str, str]] = []

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event != "c_call" or called not in (os.fsync, os.rename):
            return
        if called is os.rename:
            seen.append(("rename", Path(frame.f_locals["target"]).name))
            return
        handle = next(frame.f_locals[name] for name in HANDLES if name in frame.f_locals)
        number = handle if isinstance(handle, int) else handle.fileno()
        seen.append(("fsync", Path(f"/proc/self/fd/{number}").readlink().name))

    former = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(former)
        threading.setprofile(None)


def test_a_small_file_its_name_and_only_then_it_counts(tmp_path: Path) -> None:
    """First the bytes, then the name, then the folder that has the name."""
    with watched() as seen:
        write_whole(tmp_path / "key", "secret")
    assert seen == [("fsync", "key.new"), ("rename", "key"), ("fsync", tmp_path.name)]


def test_files_that_become_durable_together_keep_that_order(tmp_path: Path) -> None:
    """All bytes before any name; every folder behind the last of them, also one that was made."""
    inner = tmp_path / "ab"
    inner.mkdir()
    with watched() as seen, ThreadPoolExecutor(2) as threads:
        writes = Writes(threads)
        writes.folders.add(tmp_path)
        for name in ("one", "two"):
            writes.write(inner / name, b"x")
        writes.finish()
    assert set(seen[:2]) == {("fsync", "one.new"), ("fsync", "two.new")}
    assert set(seen[2:4]) == {("rename", "one"), ("rename", "two")}
    assert set(seen[4:]) == {("fsync", "ab"), ("fsync", tmp_path.name)}


def test_a_picture_of_parts_is_whole_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    """Its parts are forgotten next: nobody could send them again."""
    whole = b"w" * 1_000
    sha256 = hashlib.sha256(whole).hexdigest()
    blobs = Blobs(tmp_path)
    for offset in (0, 500):
        raw = whole[offset : offset + 500]
        part = BlobPart(
            sha256=sha256,
            size_bytes=len(whole),
            media_type="image/png",
            offset_bytes=offset,
            part_sha256=hashlib.sha256(raw).hexdigest(),
            part_bytes=len(raw),
        )
        blobs.keep_all([(SOURCE, part, raw)])
    with watched() as seen:  # with threads of its own
        assert Blobs(tmp_path).assemble(Blob(SOURCE, sha256, len(whole)))
    assert seen[0] == ("fsync", "whole")
    assert seen.index(("rename", sha256)) < len(seen) - 1 - seen[::-1].index(("fsync", sha256[:2]))


def test_an_outbox_waits_for_the_disk_at_every_commit(tmp_path: Path) -> None:
    """What it says is durable is; NORMAL would let a power cut take the last seconds back."""
    with closing(connect(tmp_path / "outbox.sqlite")) as at:
        assert at.execute("PRAGMA synchronous").fetchone() == (2,)
        assert at.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_code_that_was_used_does_not_come_back(tmp_path: Path) -> None:
    """The folder is on the disk without it before the key is entered."""
    codes = Codes(tmp_path, SystemClock())
    name, _, _ = codes.make(Source(SOURCE)).partition("-")
    with watched() as seen:
        codes.use_up(name)
    assert seen == [("fsync", "codes")]
    assert codes.secret(name, SOURCE) is None


def test_a_converted_picture_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    """It has no hash by which half of it would be known."""
    (tmp_path / "one.png.part").write_bytes(b"png")
    with watched() as seen:
        assert pictures._kept(tmp_path / "one.png", None) == 3
    assert seen == [("fsync", "one.png.part"), ("rename", "one.png")]

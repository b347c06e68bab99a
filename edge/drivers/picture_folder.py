"""The folder that a scanner writes into, and where its pictures go from there (blocking calls).

    FOLDER/x.png ─▶ FOLDER/taken/x.png ─▶ FOLDER/done/x.png   or   FOLDER/failed/x.png

A picture is taken with a rename before anyone looks at it, so a machine that uses the same name
again overwrites nothing. At most one picture is in ``taken``; a restart finds it there first.
"""

import hashlib
import heapq
import json
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from contract.folder import sync
from contract.identifiers import BagTag, Container, NotAnIdentifier

PICTURE_BYTES_MAX: Final = 32 * 1024 * 1024
"""A larger picture is a failed scan: an agent has 200 MB of memory."""
SIDECAR_BYTES_MAX: Final = 4_096
FILES_MAX: Final = 10_000
"""Files of one look into the folder; the rest is seen at a later look, once these are gone. So many
done pictures go at once, too."""
DONE_SLACK: Final = 0.05
"""A full ``done`` frees this part of itself at once: finding the oldest reads the whole folder."""
SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
SUBJECT_CHARACTERS_MAX: Final = 80


class File(NamedTuple):
    """A picture file as one look sees it; times of the file system, nanoseconds."""

    name: str
    size: int
    mtime_ns: int


class Content(NamedTuple):
    """What is in a picture file; ``body`` is empty if it is larger than `PICTURE_BYTES_MAX`."""

    body: bytes
    sha256: str
    size: int


class PictureFolder:
    """One watched folder. Every method may raise `OSError`."""

    def __init__(
        self,
        path: Path,
        subject_in: re.Pattern[str],
        done_bytes_max: int,
        suffixes: tuple[str, ...] = SUFFIXES,
    ) -> None:
        self._path: Final = path
        self._taken: Final = path / "taken"
        self._subject_in: Final = subject_in
        self._done_bytes_max: Final = done_bytes_max
        self._suffixes: Final = suffixes
        self._done_bytes = 0

    def prepare(self) -> None:
        """Make the folders behind it; the folder itself belongs to the machine."""
        for name in ("taken", "done", "failed"):
            (self._path / name).mkdir(exist_ok=True)
        self._done_bytes = sum(file.size for file in self._done())
        self._prune()

    def waiting(self) -> list[File]:
        """The pictures in it, oldest first."""
        return self._pictures_in(self._path)

    def taken(self) -> list[File]:
        """What was taken and not finished: at most one, after a crash."""
        return self._pictures_in(self._taken)

    def read(self, name: str, *, is_taken: bool) -> Content:
        """The bytes and their hash."""
        digest = hashlib.sha256()
        pieces: list[bytes] = []
        size = 0
        path = (self._taken if is_taken else self._path) / name
        with open(path, "rb", opener=_no_link) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                size += len(piece)
                if size <= PICTURE_BYTES_MAX:
                    pieces.append(piece)
        body = b"".join(pieces) if size <= PICTURE_BYTES_MAX else b""
        return Content(body, digest.hexdigest(), size)

    def take(self, file: File) -> bool:
        """Take a picture out of the machine's reach, with its sidecar; whether it is as it was."""
        sidecar = _sidecar_of(file.name)
        if (self._path / sidecar).is_file():
            (self._path / sidecar).rename(self._taken / sidecar)
        taken = (self._path / file.name).rename(self._taken / file.name).stat()
        return (taken.st_size, taken.st_mtime_ns) == (file.size, file.mtime_ns)

    def finish(self, name: str, sha256: str, *, is_failed: bool) -> None:
        """Put a taken picture away; for good after `sync`. The same again is harmless."""
        home = self._path / ("failed" if is_failed else "done")
        target = home / name
        if target.exists():
            target = home / f"{Path(name).stem}.{sha256[:12]}{Path(name).suffix}"
        sidecar = self._taken / _sidecar_of(name)
        if sidecar.is_file():
            sidecar.rename(home / _sidecar_of(target.name))
        (self._taken / name).rename(target)
        if not is_failed:
            self._done_bytes += target.stat().st_size
            self._prune()

    def sync(self, *, is_failed: bool) -> None:
        """Make durable what was finished so; after a power cut before, it is found again."""
        sync(self._path / ("failed" if is_failed else "done"))

    def subject_of(self, name: str) -> str:
        """The bag tag (or container, or other name) by the sidecar, else by the file name."""
        text = self._sidecar_subject(name)
        if not text:
            found = self._subject_in.search(name)
            text = (found["subject"] or "") if found else ""
        return subject_from(text)

    def _prune(self) -> None:
        """Remove the oldest done pictures, if they are over the limit of bytes."""
        if self._done_bytes <= self._done_bytes_max:
            return
        excess = self._done_bytes - self._done_bytes_max * (1 - DONE_SLACK)
        for file in heapq.nsmallest(FILES_MAX, self._done(), key=_age):
            if excess <= 0:
                break
            path = self._path / "done" / file.name
            path.unlink(missing_ok=True)
            path.with_name(_sidecar_of(path.name)).unlink(missing_ok=True)
            excess -= file.size
            self._done_bytes -= file.size

    def _done(self) -> Iterator[File]:
        return _pictures_of(self._path / "done", self._suffixes)

    def _pictures_in(self, path: Path) -> list[File]:
        return sorted(islice(_pictures_of(path, self._suffixes), FILES_MAX), key=_age)

    def _sidecar_subject(self, name: str) -> str:
        try:
            with (self._taken / _sidecar_of(name)).open("rb") as file:
                said = json.loads(file.read(SIDECAR_BYTES_MAX))
        except (OSError, ValueError, RecursionError):
            return ""
        subject = said.get("subject") if isinstance(said, dict) else None
        return subject if isinstance(subject, str) else ""


def _sidecar_of(name: str) -> str:
    return name + ".json"


def _no_link(path: str, flags: int) -> int:
    """Open what was a file at the look; a link that somebody has put there since is refused."""
    return os.open(path, flags | os.O_NOFOLLOW)


def _age(file: File) -> tuple[int, str]:
    return file.mtime_ns, file.name


def subject_from(text: str) -> str:
    """A bag tag or container in its normal form, anything else as it is printed."""
    for kind in (BagTag, Container):
        try:
            return kind.parse(text)
        except NotAnIdentifier:
            continue
    return "".join(c for c in text if c.isprintable()).strip()[:SUBJECT_CHARACTERS_MAX]


def _pictures_of(path: Path, suffixes: tuple[str, ...]) -> Iterator[File]:
    with os.scandir(path) as entries:
        for entry in entries:
            is_ours = entry.name.lower().endswith(suffixes) and not entry.name.startswith(".")
            # A link could point at anything on this box, and its bytes would leave it.
            if not is_ours or not entry.is_file(follow_symlinks=False):
                continue
            try:
                state = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield File(entry.name, state.st_size, state.st_mtime_ns)

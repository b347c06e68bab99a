"""Parts of pictures that are not whole yet, each fsynced, until all are here.

    state_dir/blobs/parts/KEMBA.gate-2/SHA256/OFFSET    one part
    state_dir/blobs/parts/KEMBA.gate-2/SHA256/about     size and media type

They lie by source, so that nobody can spoil a picture that somebody else is sending. How much of
them may lie here, and for how long, is said in `gateway.intake.remains`.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from contract.messages import BlobPart
from gateway.journal.writes import Writes

FILE_BYTES_MIN: Final = 64 * 1024
"""So much a part counts at least, half of a full one: else limits in bytes were none on files."""
_ABOUT: Final = "about"
_COPY_BYTES: Final = 1024 * 1024


class Blob(NamedTuple):
    """A blob that a source is sending."""

    source: str
    sha256: str
    size_bytes: int


class Lying(NamedTuple):
    """A folder of parts, as it was looked at."""

    folder: Path
    bytes: int
    """As limits count: small files for more than they are."""
    heard_s: float
    """When its last part came, in seconds since 1970 by the disk's clock of then."""

    @property
    def source(self) -> str:
        """Who sends it."""
        return "/" + self.folder.parent.name.replace(".", "/", 1)

    @property
    def sha256(self) -> str:
        """Of the whole."""
        return self.folder.name


class Parts:
    """The folder of parts. Every method touches the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        self.grown_bytes = 0
        """Written since the start, as limits count."""
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, source: str, part: BlobPart, raw: bytes, writes: Writes) -> None:
        """Have a part written, unless it is here."""
        folder = self._of(source, part.sha256)
        path = folder / f"{part.offset_bytes:020d}"
        folder.mkdir(parents=True, exist_ok=True)
        # First, and asked for each time: the disk may have been full, or the power gone, after
        # the folder was made. Without it nobody would join the parts, ever.
        if not (folder / _ABOUT).exists():
            writes.write(folder / _ABOUT, f"{part.size_bytes}\n{part.media_type}".encode())
            writes.folders |= {folder.parent, self._folder}
        if not (path.exists() and path.stat().st_size == len(raw)):
            writes.write(path, raw)
            self.grown_bytes += max(FILE_BYTES_MIN, len(raw))

    def are_of(self, blob: Blob) -> bool:
        """Whether parts of a blob are still here: its `blob.kept` may not be in the journal."""
        return self._of(*blob[:2]).exists()

    def all_of(self, blob: Blob) -> list[Path] | None:
        """The parts in their order, if they make up all bytes without a hole."""
        folder = self._of(*blob[:2])
        if not folder.exists():
            return [] if blob.size_bytes == 0 else None
        at = 0
        parts = []
        for path in sorted(folder.iterdir()):
            if not path.name.isdigit():
                continue
            if int(path.name) != at:
                return None
            at += path.stat().st_size
            parts.append(path)
        return parts if at == blob.size_bytes else None

    def joined(self, blob: Blob, parts: list[Path]) -> tuple[Path, str]:
        """A durable file of these parts behind each other, and its hash."""
        draft = self._of(*blob[:2]) / "whole"
        digest = hashlib.sha256()
        with draft.open("wb") as out:
            for path in parts:
                with path.open("rb") as part:
                    while block := part.read(_COPY_BYTES):
                        digest.update(block)
                        out.write(block)
            out.flush()
            os.fsync(out.fileno())
        return draft, digest.hexdigest()

    def media_type(self, blob: Blob) -> str:
        """As the first part named it."""
        return _about(self._of(*blob[:2]))[1]

    def forget(self, blobs: Iterable[Blob]) -> None:
        """The journal says that these are kept: their parts are needed no more."""
        self.remove(self._of(*blob[:2]) for blob in blobs)

    def remove(self, folders: Iterable[Path]) -> None:
        """Leave nothing of them."""
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    def unfinished(self) -> list[Blob]:
        """Blobs of which there are parts."""
        return [blob for one in self._folders() if (blob := self.blob_in(one)) is not None]

    def blob_in(self, folder: Path) -> Blob | None:
        """Whose parts lie there; none where that is not said, or nobody can read it."""
        with suppress(FileNotFoundError, ValueError):
            lying = Lying(folder, 0, 0)
            return Blob(lying.source, lying.sha256, _about(folder)[0])
        return None

    def lying(self) -> list[Lying]:
        """All that lies here, and how much of it."""
        return [
            Lying(
                folder,
                sum(max(FILE_BYTES_MIN, path.stat().st_size) for path in folder.iterdir()),
                folder.stat().st_mtime,
            )
            for folder in self._folders()
        ]

    def now_s(self) -> float:
        """The time by the clock of the disk, which `Lying.heard_s` is of."""
        os.utime(self._folder)
        return self._folder.stat().st_mtime

    def _folders(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("*/*") if path.is_dir())

    def _of(self, source: str, sha256: str) -> Path:
        return self._folder / source.strip("/").replace("/", ".") / sha256


def _about(folder: Path) -> tuple[int, str]:
    """Size in bytes and media type, as the first part named them."""
    size, _, media_type = (folder / _ABOUT).read_text().partition("\n")
    return int(size), media_type

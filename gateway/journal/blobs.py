"""Pictures as files: parts first, each fsynced; whole once its SHA-256 has been checked.

What came in one part is whole at once; of the others, parts lie beside (`parts`).

    state_dir/blobs/ab/abcdef…         the whole, by its hash
    state_dir/blobs/ab/abcdef….type    its media type

What came in one batch is made durable side by side (`writes`).
"""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from contract.folder import private, sync
from contract.link import Rejected, Unavailable
from contract.messages import BlobPart
from gateway.journal.parts import Blob, Parts
from gateway.journal.writes import Writes

BLOB_BYTES_MAX: Final = 256 * 1024 * 1024
"""Bytes of one blob; a part of a larger one is refused."""
SYNCS_MAX: Final = 8
"""Files that are made durable side by side."""


class Joined(NamedTuple):
    """What became of a blob whose parts may all be here."""

    blob: Blob
    is_whole: bool = False
    is_news: bool = False
    """Whether its `blob.kept` may not be in the journal yet."""
    why_dropped: str = ""
    """Its parts make something else."""
    why_later: str = ""
    """The disk would not: it is to be tried again."""


class Piece(NamedTuple):
    """Some bytes of a blob."""

    size_bytes: int
    media_type: str
    piece: bytes


class Blobs:
    """The folder of blobs. Every method touches the disk: call them in a thread."""

    def __init__(self, state_dir: Path) -> None:
        self._folder: Final = state_dir / "blobs"
        private(self._folder)
        self.parts: Final = Parts(self._folder / "parts")
        self._threads: Final = ThreadPoolExecutor(SYNCS_MAX, thread_name_prefix="sync")

    def keep_all(self, parts: Sequence[tuple[str, BlobPart, bytes]]) -> list[Blob]:
        """Make these durable; the blobs that are whole by one of them alone.

        Raises `Unavailable` when the disk is full.
        """
        writes = Writes(self._threads)
        try:
            for source, part, raw in parts:
                if _is_all(part):
                    self._keep_whole(part, raw, writes)
                elif not self.is_whole(part.sha256):
                    self.parts.keep(source, part, raw, writes)
            writes.finish()
        except OSError as error:
            raise Unavailable(f"a picture cannot be written: {error}") from error
        return [
            Blob(source, part.sha256, part.size_bytes) for source, part, _ in parts if _is_all(part)
        ]

    def _keep_whole(self, part: BlobPart, raw: bytes, writes: Writes) -> None:
        if self.is_whole(part.sha256):
            return
        path = self._place(part.sha256, writes)
        writes.write(path.with_suffix(".type"), part.media_type.encode())
        writes.write(path, raw)

    def _place(self, sha256: str, writes: Writes) -> Path:
        """Where a whole blob goes; its folder is made."""
        path = self._path(sha256)
        if not path.parent.exists():
            path.parent.mkdir(exist_ok=True)
            writes.folders.add(self._folder)
        return path

    def is_allowed(self, part: BlobPart) -> bool:
        """Whether a part is of a size that we take."""
        return (
            part.size_bytes <= BLOB_BYTES_MAX
            and part.offset_bytes + part.part_bytes <= part.size_bytes
        )

    def is_whole(self, sha256: str) -> bool:
        """Whether all of a blob is here."""
        path = self._path(sha256)
        return path.exists() and path.with_suffix(".type").exists()

    def join(self, ready: Iterable[Blob]) -> list[Joined]:
        """Join what is all here, and say of each what became of it."""
        return [self._joined(blob) for blob in ready]

    def _joined(self, blob: Blob) -> Joined:
        is_news = not self.is_whole(blob.sha256) or self.parts.are_of(blob)
        try:
            return Joined(blob, is_whole=self.assemble(blob), is_news=is_news)
        except Rejected as error:
            return Joined(blob, why_dropped=str(error))
        except Unavailable as error:
            return Joined(blob, why_later=str(error))

    def assemble(self, blob: Blob) -> bool:
        """Join the parts if all are here; true once the blob is whole and has this hash.

        Raises `Rejected` if all parts are here and the whole has another hash.
        """
        sha256 = blob.sha256
        if self.is_whole(sha256):
            return True
        parts = self.parts.all_of(blob)
        if parts is None:
            return False
        try:
            draft, found = self.parts.joined(blob, parts)
            if found != sha256:
                raise Rejected(f"the parts of {sha256} make {found}")
            writes = Writes(self._threads)
            path = self._place(sha256, writes)
            writes.write(path.with_suffix(".type"), self.parts.media_type(blob).encode())
            writes.move(draft, path)
            writes.finish()
        except OSError as error:
            raise Unavailable(f"a picture cannot be written: {error}") from error
        return True

    def erase(self, sha256: str) -> None:
        """Retention has come to its end: the bytes go; raises `Unavailable`."""
        path = self._path(sha256)
        try:
            path.with_suffix(".type").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            if path.parent.exists():
                sync(path.parent)
        except OSError as error:
            raise Unavailable(f"a picture cannot be erased: {error}") from error

    def read(self, sha256: str, offset: int, limit: int) -> Piece:
        """Bytes of a whole blob; raise `Rejected` if it is not here."""
        path = self._path(sha256)
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(offset)
                piece = file.read(limit)
            media_type = path.with_suffix(".type").read_text()
        except FileNotFoundError as error:
            raise Rejected("this picture has not arrived (whole) yet") from error
        except OSError as error:
            raise Unavailable(f"a picture cannot be read: {error}") from error
        return Piece(size, media_type, piece)

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _is_all(part: BlobPart) -> bool:
    """Whether a part is all of its blob, by the hash that was checked when it came."""
    return part.part_bytes == part.size_bytes and part.part_sha256 == part.sha256

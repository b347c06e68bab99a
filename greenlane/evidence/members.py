"""The files of an archive, from the zip file or from the folder it was unpacked into."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from greenlane.evidence import container
from greenlane.evidence.container import BYTES_MAX, MEMBERS_MAX, BadContainer, Member
from greenlane.evidence.form import MANIFEST

SMALL_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of a file that is read whole."""
_COPY_BYTES: Final = 1024 * 1024


class Seen(NamedTuple):
    """What a file is."""

    size: int
    sha256: str


class Members(Protocol):
    """The files by name."""

    def names(self) -> list[str]:
        """All of them, in their order."""

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of one."""


def seen(members: Members, name: str) -> Seen:
    """Size and hash of a file."""
    digest, size = hashlib.sha256(), 0
    for piece in members.pieces(name):
        digest.update(piece)
        size += len(piece)
    return Seen(size, digest.hexdigest())


def whole(members: Members, name: str) -> bytes:
    """The bytes of a file that is not large; raises `BadContainer` for one that is."""
    body = b""
    for piece in members.pieces(name):
        body += piece
        if len(body) > SMALL_BYTES_MAX:
            raise BadContainer(f"{name} is larger than {SMALL_BYTES_MAX} bytes")
    return body


@contextmanager
def opened(path: Path) -> Iterator[Members]:
    """The archive at this path; raises `BadContainer`, and `OSError` if it cannot be read."""
    if path.is_dir():
        yield _Folder(path)
        return
    with path.open("rb") as file:
        yield _Zip(file)


class _Zip:
    def __init__(self, file: IO[bytes]) -> None:
        self._file: Final = file
        found = container.read(file)
        self._members: Final[dict[str, Member]] = {member.name: member for member in found}
        if len(self._members) != len(found):
            raise BadContainer("two files have one name")

    def names(self) -> list[str]:
        return list(self._members)

    def pieces(self, name: str) -> Iterator[bytes]:
        return container.pieces(self._file, self._members[name])


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path: Final = path
        # In the order of the archive: the manifest before all others.
        self._names: Final = sorted(self._walked(), key=lambda name: (name != MANIFEST, name))

    def names(self) -> list[str]:
        return self._names

    def pieces(self, name: str) -> Iterator[bytes]:
        with (self._path / name).open("rb") as file:
            while piece := file.read(_COPY_BYTES):
                yield piece

    def _walked(self) -> list[str]:
        names, size = [], 0
        for folder, folders, files in os.walk(self._path):
            for name in (*folders, *files):
                path = Path(folder) / name
                if path.is_symlink() or not (path.is_file() or path.is_dir()):
                    raise BadContainer(f"{path} is no plain file")
            for name in files:
                path = Path(folder) / name
                names.append(path.relative_to(self._path).as_posix())
                size += path.stat().st_size
                if size > BYTES_MAX or len(names) > MEMBERS_MAX:
                    raise BadContainer(f"more than {BYTES_MAX} bytes or {MEMBERS_MAX} files")
        return names

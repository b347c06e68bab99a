"""A backup as one tar file: members, then a manifest that names each with its SHA-256.

The manifest is the last member, so a file that was cut off has none and is refused.
"""

import hashlib
import io
import os
import sqlite3
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import IO, Final, Literal

import msgspec

from contract.link import Rejected

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 256 * 1024 * 1024
_COPY_BYTES: Final = 1024 * 1024

Kind = Literal["gateway", "command-center"]


class Member(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of a backup; ``schema`` where it is a database."""

    name: str
    size_bytes: int
    sha256: str
    schema: int | None = None


class Holds(msgspec.Struct, frozen=True, kw_only=True):
    """How much a gateway's journal holds: see `gateway.notary.extent`."""

    journal: str
    entries: int
    root: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is in a backup, and whose it is."""

    format: int
    kind: Kind
    source: str
    version: str
    made_at: datetime
    members: tuple[Member, ...]
    holds: Holds | None = None
    """None of a command center, and of what an earlier Greenlane made."""


class _Hashing(io.RawIOBase):
    """Reads a file and remembers what it read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file: Final = file
        self.digest: Final = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """As the file; ``size`` in bytes."""
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece


class Writer:
    """Puts members into a tar file that is open."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar: Final = tar
        self.members: Final[list[Member]] = []

    def add(self, name: str, path: Path, *, schema: int | None = None) -> None:
        """Put a file in; raises `FileNotFoundError` if it is gone meanwhile."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            hashing = _Hashing(file)
            self._tar.addfile(_info(name, size), hashing)
        sha256 = hashing.digest.hexdigest()
        self.members.append(Member(name=name, size_bytes=size, sha256=sha256, schema=schema))

    def end(self, manifest: Manifest) -> None:
        """Put the manifest in."""
        body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._tar.addfile(_info(MANIFEST, len(body)), io.BytesIO(body))


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


def copied(database: Path, copy: Path) -> int:
    """Copy a SQLite file that may be in use, as of one moment; returns its schema version."""
    with (
        closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        return _schema(target, database)


def _schema(at: sqlite3.Connection, database: Path) -> int:
    """Its schema version; raises `Rejected` if it is damaged."""
    (found,) = at.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise Rejected(f"{database} is damaged: {found}")
    (schema,) = at.execute("PRAGMA user_version").fetchone()
    return int(schema)


def unpacked(archive: Path, into: Path) -> Manifest:
    """Unpack a backup into an empty folder, every hash checked; raises `Rejected`."""
    found: dict[str, tuple[int, str]] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(archive, "r:") as tar:
            for info, file in _files(tar):
                if info.name == MANIFEST:
                    manifest = _manifest(file.read(MANIFEST_BYTES_MAX))
                else:
                    found[info.name] = (info.size, _written(file, into / info.name))
    except (tarfile.TarError, OSError, ValueError) as error:
        # Also a name that is no text, that is there twice, or that lies below a file.
        raise Rejected(f"{archive} is no backup, is cut off, or finds no room: {error}") from error
    if manifest is None:
        raise Rejected(f"{archive} has no {MANIFEST}: it is no backup, or is cut off")
    said = {one.name: (one.size_bytes, one.sha256) for one in manifest.members}
    for name in sorted(said.keys() | found.keys()):
        if said.get(name) != found.get(name):
            raise Rejected(f"{archive}: {name} is not what the manifest says")
    return manifest


def check_databases(manifest: Manifest, folder: Path) -> None:
    """They have the schema that the manifest says; raises `Rejected`.

    An empty file is a database as well: one of schema 0.
    """
    for one in manifest.members:
        if one.schema is None:
            continue
        database = folder / one.name
        try:
            with closing(sqlite3.connect(database)) as at:
                found = _schema(at, database)
        except sqlite3.DatabaseError as error:
            raise Rejected(f"{one.name} is no database: {error}") from error
        if found != one.schema:
            raise Rejected(f"{one.name} has schema {found}, the manifest says {one.schema}")


def _files(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for info in tar:
        file = tar.extractfile(info) if info.isreg() else None
        parts = Path(info.name).parts
        if file is None or not parts or ".." in parts or Path(info.name).is_absolute():
            raise Rejected(f"{info.name!r} has no place in a backup")
        yield info, file


def _manifest(body: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected(f"the manifest cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise Rejected(f"the backup has format {manifest.format}, this Greenlane reads {FORMAT}")
    return manifest


def _written(file: IO[bytes], path: Path) -> str:
    """Write durably, readable by us alone; returns the hash."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := file.read(_COPY_BYTES):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def files_under(folder: Path) -> Iterable[Path]:
    """All files below a folder, in a fixed order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())

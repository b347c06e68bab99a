"""What a backup of a gateway or a command center holds, and how it becomes a state directory again.

    journal ─ one moment, by SQLite's own backup ─▶ ┐
    keys, certificates and the authority behind    ─▶ ├─▶ tar, manifest last
    pictures and their parts                       ─▶ ┘

Databases first, pictures after: a picture is on the disk before the journal speaks of it, so what a
copy of the journal names is in the backup. Left out: one-time codes (a used one must not count
again), the command center's cache of pictures (the gateway has them), and the embedded store of
time series, which is written again from the journal.
"""

import logging
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from contract.folder import held, sync
from contract.link import Rejected
from contract.signing import Key
from contract.whole_file import write_whole
from greenlane.archive import (
    FORMAT,
    Holds,
    Kind,
    Manifest,
    Writer,
    check_databases,
    copied,
    files_under,
    unpacked,
)
from greenlane.scratch import scratch

NEEDED: Final = {"gateway": "journal.sqlite", "command-center": "officers.sqlite"}
"""Without which there is nobody to restore."""
SECRETS: Final = ("key", "gateway.pub")
PAPERS: Final = ("authority", "tls")
"""Folders: a post that lost its authority would have to enrol every box anew."""
PARTS: Final = "parts"
TOLD_BY: Final = "restored.backup"
"""Stands for the source of a picture that went whole while the backup was made."""
ASIDE_MAX: Final = 1_000
"""Former state directories that may lie beside the new one."""
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whose state a backup is of."""

    kind: Kind
    source: str
    state: Path
    rebuilt_sinks: tuple[str, ...] = ()
    """Of a gateway: the sinks that keep nothing outside of what is left out."""

    @property
    def databases(self) -> tuple[Path, ...]:
        """Its SQLite files, as far as they are there."""
        return tuple(sorted(self.state.glob("*.sqlite")))


def back_up(subject: Subject, out: Path, *, version: str, made_at: datetime) -> Manifest:
    """Write a backup; the service may be running. Raises `Rejected` if there is nothing to copy."""
    if not (subject.state / "key").exists() or not subject.databases:
        raise Rejected(f"there is no {subject.kind} in {subject.state}")
    with scratch(out.parent) as folder:
        draft = folder / "backup.tar"
        # It holds private keys: readable by its owner alone from the first byte on.
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                manifest = _written(subject, Writer(tar), folder, version, made_at)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(out)
        sync(out.parent)
    return manifest


def _written(
    subject: Subject, writer: Writer, room: Path, version: str, made_at: datetime
) -> Manifest:
    holds = _add_databases(writer, subject, room)
    for name in SECRETS:
        if (subject.state / name).exists():
            writer.add(name, subject.state / name)
    for folder in PAPERS:
        for path in files_under(subject.state / folder):
            if path.suffix != ".new":  # being written just now
                writer.add(path.relative_to(subject.state).as_posix(), path)
    if subject.kind == "gateway":
        _add_pictures(writer, subject.state)
    manifest = Manifest(
        format=FORMAT,
        kind=subject.kind,
        source=subject.source,
        version=version,
        made_at=made_at,
        members=tuple(writer.members),
        holds=holds,
    )
    writer.end(manifest)
    return manifest


def _add_databases(writer: Writer, subject: Subject, room: Path) -> Holds | None:
    """Each as of one moment; how much a gateway's journal holds."""
    holds = None
    for database in subject.databases:
        copy = room / database.name
        writer.add(database.name, copy, schema=copied(database, copy))
        if database.name == NEEDED["gateway"]:
            holds = _said_of(copy)
        copy.unlink()
    return holds


def _add_pictures(writer: Writer, state: Path) -> None:
    """Parts before wholes: what goes whole meanwhile is found among the wholes."""
    blobs = state / "blobs"
    for path in files_under(blobs / PARTS):
        if path.name != "whole":
            with suppress(FileNotFoundError):  # it went whole just now
                writer.add(path.relative_to(state).as_posix(), path)
    wholes = [path for path in blobs.glob("*") if path.name != PARTS]
    for folder in sorted(wholes):
        for path in files_under(folder):
            writer.add(path.relative_to(state).as_posix(), path)


def restore(archive: Path, subject: Subject, *, is_forced: bool) -> tuple[Manifest, Path | None]:
    """Make the state directory of ``subject`` from a backup; its service must not be running.

    What is there is refused, or with ``is_forced`` set aside; returns where it is now. Nothing is
    changed if the backup is damaged or of another kind or source (`Rejected`), or not there
    (`OSError`).
    """
    archive.open("rb").close()  # before a word about the state
    state = subject.state
    is_there = state.exists() and any(state.iterdir())
    if is_there and not is_forced:
        raise Rejected(f"{state} is not empty; --force sets it aside and restores")
    state.parent.mkdir(parents=True, exist_ok=True)
    with _stopped(state), scratch(state.parent) as folder:
        fresh = folder / state.name
        fresh.mkdir(mode=0o700)
        manifest = unpacked(archive, fresh)
        if (manifest.kind, manifest.source) != (subject.kind, subject.source):
            raise Rejected(
                f"{archive} is of the {manifest.kind} {manifest.source}, "
                f"the configuration is of the {subject.kind} {subject.source}"
            )
        check_databases(manifest, fresh)
        if not (fresh / NEEDED[subject.kind]).exists():
            raise Rejected(f"the backup has no {NEEDED[subject.kind]}")
        if subject.kind == "gateway":
            _check(fresh, manifest)
            _renew(fresh, subject)
        for inside in (fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
            sync(inside)  # the files are on the disk, their names not yet
        aside = _set_aside(state) if is_there else None
        if state.exists():
            (state / "lock").unlink(missing_ok=True)
            state.rmdir()
        fresh.rename(state)
        sync(state.parent)
    return manifest, aside


def _said_of(journal: Path) -> Holds | None:
    """What the manifest says; a harmed journal is copied all the same, for who looks into it."""
    try:
        return _held_in(journal)
    except Rejected as error:
        _log.warning("the backup does not say how much it holds: %s", error)
        return None


def _held_in(journal: Path) -> Holds:
    """How much a journal holds; raises `Rejected` for what is none."""
    from gateway.notary.extent import extent

    try:
        found = extent(journal)
    except (sqlite3.DatabaseError, LookupError, TypeError, ValueError) as error:
        raise Rejected(f"{journal.name} is no journal of a gateway, or harmed: {error}") from error
    return Holds(journal=found.journal, entries=found.entries, root=found.root)


def _check(fresh: Path, manifest: Manifest) -> None:
    """The journal holds what the manifest says; one that has nothing says nothing of its own."""
    found, said = _held_in(fresh / NEEDED["gateway"]), manifest.holds
    if said is None and not found.entries:
        raise Rejected("the backup's journal is empty, and its manifest does not say that it was")
    if said is not None and found != said:
        raise Rejected(
            f"the backup's journal is not the one that its manifest was made of: {found.entries} "
            f"entries of journal {found.journal} under {found.root[:16]}…, not {said.entries} of "
            f"{said.journal} under {said.root[:16]}…"
        )


def _renew(fresh: Path, subject: Subject) -> None:
    from gateway.judging.renewal import renew, told_blobs

    journal = fresh / NEEDED["gateway"]
    key = Key.load_or_make(fresh / "key")
    try:
        renew(journal, key=key, rebuilt_sinks=subject.rebuilt_sinks)
        told = told_blobs(journal)
    except (sqlite3.DatabaseError, LookupError, TypeError, ValueError) as error:
        raise Rejected(f"the backup's journal is none of a gateway, or harmed: {error}") from error
    blobs = fresh / "blobs"
    for path in blobs.glob("[0-9a-f][0-9a-f]/*"):
        if path.suffix or path.name in told:
            continue
        # Whole, and the copied journal does not say so yet: as if its last part had just come.
        about = blobs / PARTS / TOLD_BY / path.name / "about"
        about.parent.mkdir(parents=True, exist_ok=True)
        media_type = path.with_suffix(".type").read_text()
        write_whole(about, f"{path.stat().st_size}\n{media_type}")


def _set_aside(state: Path) -> Path:
    for number in range(1, ASIDE_MAX):
        aside = state.with_name(f"{state.name}.before-restore-{number}")
        if not aside.exists():
            state.rename(aside)
            return aside
    raise Rejected(f"{ASIDE_MAX} former states lie beside {state}; remove some")


@contextmanager
def _stopped(state: Path) -> Iterator[None]:
    """Raise `Rejected` while a service runs on this directory, and keep it from starting."""
    if not state.exists():
        yield
        return
    with held(state) as is_ours:
        if not is_ours:
            raise Rejected(f"the service of {state} is running; stop it first")
        yield


def size_of(manifest: Manifest) -> int:
    """Bytes of all members."""
    return sum(member.size_bytes for member in manifest.members)

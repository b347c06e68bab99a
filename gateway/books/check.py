"""Checks a journal and all that belongs to it: each part is one function of the list below."""

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.delivery.ranges import Ranges
from contract.link import Rejected
from contract.messages import BlobKept, Unreadable, read
from contract.proof import checkpoint, note
from contract.proof.leaf import encode
from contract.proof.merkle import leaf_hash
from contract.proof.tiles import Edge
from contract.signing import BadSignature, verify
from contract.wire import hash_of
from gateway.books.entries import EntryCheck
from gateway.books.file import NAME, Progress, last_position, nobody, opened
from gateway.books.report import Report
from gateway.entry import reread
from gateway.journal.journal import read_cursor
from gateway.judging import snapshots
from gateway.judging.changes import CURSOR
from gateway.notary import tree
from gateway.retention.pictures import pictures_of

FILE_FAULTS_MAX: Final = 20
PAGE: Final = 5_000
_COPY_BYTES: Final = 1024 * 1024
_KEPT_BLOBS: Final = "SELECT position, body FROM entry WHERE kind = 'own' AND type = 'blob.kept'"
_GIVEN_UP: Final = "SELECT count(*) FROM entry WHERE kind = 'own' AND type = 'blob.dropped'"
_SCANS: Final = """
SELECT body FROM entry WHERE type IN ('scan.completed', 'scan.failed') AND length(body) > 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be looked at."""

    folder: Path
    """The gateway's state directory."""
    public: bytes
    """The gateway's key."""
    is_deep: bool = False
    """Verify the signature of every message as well: a minute for each million."""
    progress: Progress = nobody


def check(asked: Asked) -> Report:
    """Look at everything; raises `Rejected` if there is no journal."""
    report = Report()
    with opened(asked.folder / NAME) as at:
        (report.journal,) = at.execute("SELECT value FROM meta WHERE name = 'journal'").fetchone()
        for part in PARTS:
            try:
                part(at, asked, report)
            except sqlite3.DatabaseError as error:
                report.fault("file", f"it cannot be read on: {error}")
    return report


def _structure(at: sqlite3.Connection, asked: Asked, report: Report) -> None:
    asked.progress("structure", 0, 1)
    for (line,) in at.execute(f"PRAGMA integrity_check({FILE_FAULTS_MAX})"):
        if line != "ok":
            report.fault("file", line)
    asked.progress("structure", 1, 1)


def _entries(at: sqlite3.Connection, asked: Asked, report: Report) -> None:
    EntryCheck(at, report, public=asked.public, is_deep=asked.is_deep).run(asked.progress)


def _end(at: sqlite3.Connection, asked: Asked, report: Report) -> None:
    """Entries that somebody spoke of, and that are not here any more."""
    last = last_position(at)
    judged, newest = read_cursor(at, CURSOR), tree.latest(at)
    if judged > last:
        report.fault(f"entries {last + 1} to {judged}", "judged, and not here any more")
    if newest is not None and newest.size > last:
        report.fault(f"entries {last + 1} to {newest.size}", "signed, and not here any more")
    asked.progress("end", 1, 1)


def _tree(at: sqlite3.Connection, asked: Asked, report: Report) -> None:
    """The entries are those over which the newest checkpoint was signed."""
    newest = tree.latest(at)
    if newest is None:
        report.notes.append("no checkpoint was signed yet: that nothing was changed is not proved")
        return
    try:
        stood = tree.stood(newest)
        signed = note.read(newest.note.encode())
        trusted = note.Verifier(newest.origin, asked.public)
        if note.verified(signed, trusted) is None:
            report.fault(f"checkpoint over {newest.size}", "not signed by this gateway")
        edge = _grown(at, newest.size, asked)
    except (checkpoint.BadCheckpoint, note.BadNote, Rejected, BadSignature) as error:
        report.fault(f"checkpoint over {newest.size}", str(error))
        return
    if edge.root() != stood.root:
        report.fault(
            f"entries 1 to {newest.size}", "not those that were signed: something was changed"
        )
    report.count("entries in the signed tree", newest.size)


def _grown(at: sqlite3.Connection, size: int, asked: Asked) -> Edge:
    edge = Edge()
    while edge.size < size:
        found = tree.leaves(at, edge.size, min(PAGE, size - edge.size))
        if not found:
            raise Rejected("entries of it are missing")
        edge.append(leaf_hash(encode(leaf)) for leaf in found)
        asked.progress("tree", edge.size, size)
    return edge


def _changes(at: sqlite3.Connection, asked: Asked, report: Report) -> None:
    """Numbered without a hole past what was pruned, chained, signed."""
    number, head = 0, ""
    last = at.execute("SELECT coalesce(max(number), 0) FROM change").fetchone()[0]
    for row in at.execute("SELECT number, hash, body, sig FROM change ORDER BY number"):
        former, (number, hash_, body, sig) = number, row
        where = f"change {number}"
        report.count("changes")
        if not isinstance(body, bytes) or hash_of(body) != hash_:
            report.fault(where, "it is not the one that was hashed: it was changed")
            continue
        try:
            verify(asked.public, body, sig)
            previous = read(body).previous
        except (BadSignature, Unreadable) as error:
            report.fault(where, str(error))
            continue
        if number == former + 1 and head and previous != head:
            report.fault(where, "it does not name the one before it")
        head = hash_
        if number % PAGE == 0:
            asked.progress("changes", number, last)
    _no_holes(at, last, report)
    asked.progress("changes", last, last)


def _no_holes(at: sqlite3.Connection, last: int, report: Report) -> None:
    row = at.execute("SELECT value FROM meta WHERE name = 'pruned'").fetchone()
    here = Ranges()
    for (number,) in at.execute("SELECT number FROM change ORDER BY number"):
        here.add(number, number)
    for hole in here.gaps(int(row[0]) + 1 if row else 1, last):
        report.fault(f"changes {hole.first} to {hole.last}", "missing")


def _snapshots(at: sqlite3.Connection, asked: Asked, report: Report) -> None:
    for kept in snapshots.everyone(at):
        report.count("snapshots of the judge")
        try:
            snapshots.opened(kept, journal=report.journal, public=asked.public)
        except snapshots.Harmed as error:
            report.fault(f"snapshot at entry {kept.position}", str(error))
    for position, harm in at.execute("SELECT position, harm FROM snapshot WHERE harm != ''"):
        report.notes.append(f"the snapshot at entry {position} was set aside: {harm}")
    asked.progress("snapshots", 1, 1)


def _pictures(at: sqlite3.Connection, asked: Asked, report: Report) -> None:
    """Every picture that the journal calls kept is here, and is what its hash says."""
    kept: dict[str, tuple[int, int]] = {}
    for position, body in at.execute(_KEPT_BLOBS):
        _, message = reread(body, "own")
        if isinstance(message, BlobKept):
            kept[message.sha256] = position, message.size_bytes
    shown: set[str] = set()
    for (body,) in at.execute(_SCANS):
        shown |= _shown(body)
    for done, (sha256, (position, size)) in enumerate(sorted(kept.items()), start=1):
        path = asked.folder / "blobs" / sha256[:2] / sha256
        asked.progress("pictures", done, len(kept))
        if path.exists():
            report.count("pictures")
            if (path.stat().st_size, _digest(path)) != (size, sha256):
                report.fault(f"picture {sha256}", f"its bytes were changed (entry {position})")
        elif sha256 in shown or not _has_erased(at):
            report.fault(f"picture {sha256}", f"not here, and entry {position} says that it is")
        else:
            report.count("pictures erased by retention")


def _given_up(at: sqlite3.Connection, _asked: Asked, report: Report) -> None:
    """Pictures of which the journal says that they will not come."""
    if times := at.execute(_GIVEN_UP).fetchone()[0]:
        report.count("pictures given up for want of parts", times)


def _shown(body: bytes) -> set[str]:
    try:
        return pictures_of(body)
    except ValueError:  # harmed; named where the entries are looked at
        return set()


def _has_erased(at: sqlite3.Connection) -> bool:
    """Whether a retention was ever declared."""
    query = "SELECT 1 FROM entry WHERE kind = 'own' AND type = 'bodies.erased' LIMIT 1"
    return at.execute(query).fetchone() is not None


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_COPY_BYTES):
            digest.update(block)
    return digest.hexdigest()


PARTS: Final[tuple[Callable[[sqlite3.Connection, Asked, Report], None], ...]] = (
    *(_structure, _entries, _end, _tree, _changes, _snapshots, _pictures, _given_up),
)

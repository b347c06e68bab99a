"""Verifies the checkpoints of an archive: who signed and saw them, and that the log only grew."""

from itertools import pairwise
from typing import Final, NamedTuple

from contract.proof import checkpoint, merkle, note
from contract.proof.checkpoint import BadCheckpoint, Checkpoint
from contract.proof.merkle import BadProof
from contract.proof.note import COSIGNATURE, BadNote, Line, Note, Verifier
from greenlane.evidence import form
from greenlane.evidence.archive import Archive
from greenlane.evidence.form import BadForm, Growth
from greenlane.evidence.verdict import Seen, Wrong

ORIGIN: Final = "greenlane"


class Log(NamedTuple):
    """The log as its checkpoints show it."""

    checkpoints: dict[int, Checkpoint]
    seen: dict[int, Seen]
    """The earliest cosignature of each, by anybody whose signature is good."""


def check_checkpoints(archive: Archive) -> Log:
    """The checkpoints, all of them the gateway's."""
    log = Log({}, {})
    named = _named_witnesses(archive)
    unknown: set[str] = set()
    for name in archive.under("checkpoints/", ".checkpoint"):
        try:
            unknown |= _check_one(name, archive, log, named)
        except (BadNote, BadCheckpoint) as error:
            raise Wrong(name, str(error)) from error
    if not log.checkpoints:
        raise Wrong("checkpoints", "there is none")
    try:
        _check_growth(archive, log)
    except (BadForm, BadProof) as error:
        raise Wrong(form.CONSISTENCY, str(error)) from error
    count = len(log.checkpoints)
    archive.holds("checkpoints", f"{count}, signed by the gateway, each grown out of the last")
    for name in sorted({one.witness for one in archive.verdict.seen}):
        archive.holds("witness", f"{name}, whose key you trust, cosigned")
    for name in sorted(unknown):
        archive.note(f"{name} cosigned; you did not give its key, so its times count for nothing")
    return log


def _check_one(name: str, archive: Archive, log: Log, named: tuple[Verifier, ...]) -> set[str]:
    """Check one; returns who cosigned it whose key the reader did not give."""
    told = note.read(archive.whole(name))
    stands = checkpoint.read(told.text)
    manifest = archive.manifest
    signed = note.verified(told, Verifier(stands.origin, manifest.public_key))
    if signed is None:
        raise BadNote("the gateway has not signed it")
    if name != form.checkpoint(stands.size):
        raise BadNote(f"it is the one over {stands.size} entries: it was moved or renamed")
    if stands.origin.rpartition("/")[0] != f"{ORIGIN}{manifest.gateway}":
        raise BadNote(f"it is of another log: {stands.origin}")
    log.checkpoints[stands.size] = stands
    cosigned = _cosigned(told, archive.trusted, named)
    for line in told.lines:
        if line != signed and line not in cosigned:
            raise BadNote(f"a signature of {line.name} that cannot be checked")
    unknown = set()
    for line, is_trusted in cosigned.items():
        one = Seen(stands.size, note.seen_at(line), line.name)
        log.seen[stands.size] = min(log.seen.get(stands.size, one), one, key=lambda s: s.at)
        if is_trusted:
            archive.verdict.seen.append(one)
        else:
            unknown.add(line.name)
    return unknown


def _cosigned(
    told: Note, trusted: frozenset[bytes], named: tuple[Verifier, ...]
) -> dict[Line, bool]:
    """Cosignatures by keys that the archive names, or (true) that the reader trusts.

    Raises `BadNote` for a bad one.
    """
    found: dict[Line, bool] = {}
    for line in told.lines:
        candidates = [(True, Verifier(line.name, public, COSIGNATURE)) for public in trusted]
        candidates += [(one.public_key in trusted, one) for one in named]
        for is_trusted, one in candidates:
            if (one.name, one.key_id) == (line.name, line.key_id):
                note.check(told.text, line, one)
                found[line] = is_trusted or found.get(line, False)
    return found


def _named_witnesses(archive: Archive) -> tuple[Verifier, ...]:
    """The keys that the archive itself names: enough to see that it fits together, no more."""
    try:
        lines = archive.whole(form.WITNESSES).decode().splitlines()
        return tuple(map(note.verifier, lines))
    except (UnicodeDecodeError, BadNote) as error:
        raise Wrong(form.WITNESSES, str(error)) from error


def _check_growth(archive: Archive, log: Log) -> None:
    growths = form.read(archive.whole(form.CONSISTENCY), tuple[Growth, ...])
    if [(one.old, one.size) for one in growths] != list(pairwise(sorted(log.checkpoints))):
        raise BadForm("it is not about these checkpoints, one after the other")
    for one in growths:
        roots = log.checkpoints[one.old].root, log.checkpoints[one.size].root
        merkle.check_consistency(one.old, one.size, *roots, form.hashes(one.hashes))

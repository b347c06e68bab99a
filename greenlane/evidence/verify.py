"""Verifies an archive with nothing but itself and the keys that the reader trusts.

    container ─▶ manifest ─▶ checkpoints ─▶ entries ─▶ keys ─▶ changes ─▶ pictures, passports

Each step relies on the ones before it, so the first thing that is wrong is the one that is named.
"""

from pathlib import Path
from typing import Final

from contract.messages import SignedBytes
from contract.signing import KEY_BYTES, BadSignature, keyid_of
from contract.signing import verify as verify_signature
from greenlane.evidence import form
from greenlane.evidence.archive import Archive
from greenlane.evidence.container import BadContainer
from greenlane.evidence.form import BadForm, Manifest
from greenlane.evidence.journal_part import check_entries
from greenlane.evidence.log_part import check_checkpoints
from greenlane.evidence.members import Members, opened, whole
from greenlane.evidence.story_part import check_changes, check_passports, check_pictures
from greenlane.evidence.verdict import Verdict, Wrong

KEY_SHOWN: Final = 16


def verify(path: Path, trusted: frozenset[bytes]) -> Verdict:
    """Check the archive at this path; raises `OSError` if it cannot be read at all."""
    verdict = Verdict()
    try:
        with opened(path) as members:
            _check(members, trusted, verdict)
    except BadContainer as error:
        verdict.wrong = Wrong("archive", str(error))
    except Wrong as wrong:
        verdict.wrong = wrong
    return verdict


def _check(members: Members, trusted: frozenset[bytes], verdict: Verdict) -> None:
    names = members.names()
    manifest = _manifest(members, names)
    archive = Archive(members, tuple(names), manifest, trusted, verdict)
    verdict.is_known = manifest.public_key in trusted
    if trusted and not verdict.is_known:
        shown = manifest.public_key.hex()[:KEY_SHOWN]
        raise Wrong(form.MANIFEST, f"signed with the key {shown}…, which you do not trust")
    _check_files(archive)
    by = "whose key you trust" if verdict.is_known else "whose key nobody vouches for"
    archive.holds(
        "archive", f"{len(names)} files, each the one that {manifest.gateway} signed, {by}"
    )
    log = check_checkpoints(archive)
    entries = check_entries(archive, log)
    check_changes(archive, entries)
    check_pictures(archive, entries)
    check_passports(archive, entries)
    for one in manifest.absent:
        archive.note(f"not in the archive: {one.what}: {one.why}")
    archive.note("report.html and README.txt are the gateway's words, vouched for by its signature")


def _manifest(members: Members, names: list[str]) -> Manifest:
    if form.MANIFEST not in names:
        raise Wrong(form.MANIFEST, "it is missing")
    try:
        signed = form.opened(whole(members, form.MANIFEST), form.MANIFEST_TYPE)
        manifest = form.read(signed.body, Manifest)
        _check_signed(manifest, signed)
    except (BadForm, BadSignature) as error:
        raise Wrong(form.MANIFEST, str(error)) from error
    return manifest


def _check_signed(manifest: Manifest, signed: SignedBytes) -> None:
    if manifest.format != form.FORMAT:
        raise BadForm(f"it has format {manifest.format}; this Greenlane reads {form.FORMAT}")
    if len(manifest.public_key) != KEY_BYTES or signed.keyid != keyid_of(manifest.public_key):
        raise BadForm("its key is not the one that it names")
    verify_signature(manifest.public_key, signed.body, signed.sig, form.MANIFEST_TYPE)


def _check_files(archive: Archive) -> None:
    """Each file that was signed is here, no other is, and none was changed."""
    listed = {file.name: file for file in archive.manifest.files}
    for name in listed:
        if name not in archive.names:
            raise Wrong(name, "it was dropped: the manifest names it, and it is not here")
    for name in archive.names:
        if name not in listed and name != form.MANIFEST:
            raise Wrong(name, "it was added: the manifest does not name it")
    _check_order(archive, (form.MANIFEST, *sorted(listed)))
    for name, file in listed.items():
        found = archive.seen(name)
        if (found.size, found.sha256) != (file.size_bytes, file.sha256):
            raise Wrong(name, "it was changed: it is not the file that was signed")


def _check_order(archive: Archive, order: tuple[str, ...]) -> None:
    for name, expected in zip(archive.names, order, strict=True):
        if name != expected:
            raise Wrong(name, f"it stands where {expected} should: the files were reordered")

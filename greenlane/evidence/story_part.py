"""Verifies what is told about the alert: changes, pictures, passports, and that they fit."""

import json
from typing import Final

from contract.messages import (
    ActRefused,
    Alert,
    AlertChanged,
    Event,
    OfficerActed,
    Picture,
    Refused,
    ScanCompleted,
    Unreadable,
    read,
)
from contract.signing import BadSignature, keyid_of, verify
from contract.wire import hash_of
from greenlane.evidence import form
from greenlane.evidence.archive import Archive
from greenlane.evidence.form import BadForm, Manifest
from greenlane.evidence.journal_part import Entries
from greenlane.evidence.verdict import Wrong

KEY_SHOWN: Final = 16


def check_changes(archive: Archive, entries: Entries) -> None:
    """Each change is the gateway's, about this alert, and made by an entry that is here."""
    told: list[Alert] = []
    former: tuple[Event, str] | None = None
    manifest = archive.manifest
    found = archive.under("changes/")
    for name in found:
        try:
            event, body = _change(archive.whole(name), name, manifest)
            _check_follows(event, former)
            told += _alert_in(event, manifest)
            _check_cause(event, entries, archive)
        except (BadForm, BadSignature, Unreadable, Refused) as error:
            raise Wrong(name, str(error)) from error
        former = event, hash_of(body)
    if not told:
        raise Wrong("changes", f"nothing here says anything about the alert {manifest.alert}")
    _check_rests(told, entries, archive)
    archive.holds("changes", f"{len(found)} of the judge, signed by the gateway")
    acts = sum(isinstance(one.message, OfficerActed) for one in entries.by_position.values())
    if acts:
        says = f"{acts} of officers, signed by the command center (not by the officers)"
        archive.holds("acts", says)


def check_pictures(archive: Archive, entries: Entries) -> None:
    """Each picture has the hash that a scan names; each that is named is here, or known absent."""
    named = {picture.sha256 for picture in _pictures(entries)}
    here = set()
    for name in archive.under("pictures/"):
        sha256 = name.removeprefix("pictures/").partition(".")[0]
        if archive.seen(name).sha256 != sha256:
            raise Wrong(name, "its bytes have another hash than the one it is named by")
        if sha256 not in named:
            raise Wrong(name, "no scan in the archive names it")
        here.add(sha256)
    for sha256 in sorted(named - here):
        if f"picture {sha256}" not in archive.absent:
            raise Wrong(f"pictures/{sha256}", "it was dropped: a scan names it")
    if here:
        archive.holds("pictures", f"{len(here)}, with the hashes that the signed scans name")


def check_passports(archive: Archive, entries: Entries) -> None:
    """Each passport is of the weights that a scan names, and the very one if it names that, too.

    What it says is its maker's word.
    """
    models = {scan.model for scan in _scans(entries)}
    here = set()
    for name in archive.under("passports/"):
        sha256 = name.removeprefix("passports/").removesuffix(".json")
        try:
            values = json.loads(archive.whole(name))
            says = values["sha256"] if isinstance(values, dict) else ""
        except (ValueError, KeyError, RecursionError) as error:
            raise Wrong(name, "it is no passport") from error
        used = [model for model in models if model.sha256 == sha256]
        if says != sha256 or not used:
            raise Wrong(name, "it is not of the weights that a scan here names")
        named = {model.passport for model in used if model.passport}
        if named and archive.seen(name).sha256 not in named:
            raise Wrong(name, "it is not the passport that a scan here names")
        here.add(sha256)
        whose = ", as a signed scan names it" if named else ""
        says = f"of the weights {sha256[:KEY_SHOWN]}…{whose}; its figures are its maker's word"
        archive.holds("passport", says)
    for model in models:
        is_absent = f"passport of {model.name}" in archive.absent
        if model.passport and model.sha256 not in here and not is_absent:
            raise Wrong(f"passports/{model.sha256}.json", "it was dropped: a scan names it")


def _change(body: bytes, name: str, manifest: Manifest) -> tuple[Event, bytes]:
    signed = form.opened(body)
    if signed.keyid != keyid_of(manifest.public_key):
        raise BadForm("another than the gateway signed it")
    verify(manifest.public_key, signed.body, signed.sig)
    event = read(signed.body)
    if event.source != manifest.gateway or event.stream != "changes":
        raise BadForm("it is no change of this gateway")
    if name != form.change(int(event.sequence)):
        raise BadForm(f"it is number {int(event.sequence)}: it was moved or renamed")
    return event, signed.body


def _check_follows(event: Event, former: tuple[Event, str] | None) -> None:
    if former is None:
        return
    last, hash_ = former
    if event.epoch != last.epoch or event.time < last.time:
        raise BadForm("it does not follow on the change before it")
    if int(event.sequence) == int(last.sequence) + 1 and event.previous != hash_:
        raise BadForm("it does not name the hash of the change before it")


def _alert_in(event: Event, manifest: Manifest) -> list[Alert]:
    match event.message():
        case AlertChanged(alert=alert) if alert.id == manifest.alert:
            return [alert]
        case ActRefused(alert=alert_id) if alert_id == manifest.alert:
            return []
    raise BadForm("it is not about this alert")


def _check_cause(event: Event, entries: Entries, archive: Archive) -> None:
    """The entry that made the judge say so is here, with the time that the change has."""
    position = int(event.monotonicns or 0)
    cause = entries.by_position.get(position)
    if cause is None:
        if f"entry {position}" in archive.absent:
            return
        raise BadForm(f"entry {position}, which made the judge say so, was dropped")
    if cause.leaf.received_at != event.time:
        raise BadForm(f"its time is not that of entry {position}, which caused it")


def _check_rests(told: list[Alert], entries: Entries, archive: Archive) -> None:
    """All that the alert rests on is here."""
    absent, hashes = archive.absent, entries.hashes
    for evidence in {one.hash: one for alert in told for one in alert.evidence}.values():
        what = f"message {evidence.source} {evidence.stream} {evidence.sequence}"
        if evidence.hash not in hashes and what not in absent:
            raise Wrong(what, "the alert rests on it, and it was dropped")
    acts = {
        one.message.act
        for one in entries.by_position.values()
        if isinstance(one.message, OfficerActed)
    }
    for act in {act.act: act for alert in told for act in alert.acts}.values():
        if act.act not in acts and f"act {act.act}" not in absent and not entries.erased:
            raise Wrong(f"act {act.act}", f"{act.officer} did it, and it was dropped")


def _scans(entries: Entries) -> list[ScanCompleted]:
    messages = (one.message for one in entries.by_position.values())
    return [message for message in messages if isinstance(message, ScanCompleted)]


def _pictures(entries: Entries) -> list[Picture]:
    pairs = ((scan.picture, scan.original) for scan in _scans(entries))
    return [picture for pair in pairs for picture in pair if picture is not None]

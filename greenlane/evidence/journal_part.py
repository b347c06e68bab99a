"""Verifies the entries of an archive: in the log, in order, and signed by whose they are."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NamedTuple

from contract.messages import (
    Event,
    Message,
    Refused,
    SignedBytes,
    Unreadable,
    read,
    type_prefix,
)
from contract.proof import merkle
from contract.proof.leaf import BadLeaf, Leaf, decode, encode
from contract.proof.merkle import BadProof
from contract.signing import BadSignature, keyid_of, verify
from contract.wire import hash_of
from greenlane.evidence import form
from greenlane.evidence.archive import Archive
from greenlane.evidence.form import BadForm, Manifest, Proof
from greenlane.evidence.keyring import Keyring
from greenlane.evidence.log_part import Log
from greenlane.evidence.verdict import Wrong

TOLERANCE: Final = timedelta(minutes=5)
"""By which two clocks may differ before a time is called wrong."""


class Proved(NamedTuple):
    """An entry that stands in the log, and its message if that is here and can be read."""

    leaf: Leaf
    event: Event | None
    message: Message | None


@dataclass
class Entries:
    """All of them by position, and by whose key what counts."""

    by_position: dict[int, Proved] = field(default_factory=dict)
    keys: Keyring = field(default_factory=Keyring)
    erased: list[int] = field(default_factory=list)

    @property
    def hashes(self) -> frozenset[str]:
        """Of all messages."""
        return frozenset(one.leaf.sha256 for one in self.by_position.values())


def check_entries(archive: Archive, log: Log) -> Entries:
    """The entries, in their order."""
    entries = Entries()
    former: Leaf | None = None
    _check_whole(archive)
    for name in archive.under("entries/", ".leaf"):
        leaf = _leaf(archive, name)
        proof = form.entry(leaf.position, "proof.json")
        try:
            _check_proof(archive, proof, leaf, log)
        except (BadForm, BadProof) as error:
            what = f"entry {leaf.position} is not what the log holds: {error}"
            raise Wrong(proof, what) from error
        if former is not None and leaf.received_us < former.received_us:
            raise Wrong(name, f"back-dated: it says it came before entry {former.position}")
        _check_said(archive, leaf, entries)
        former = leaf
    if former is None:
        raise Wrong("entries", "there is none")
    _check_chain(entries)
    _check_keys(archive, entries)
    archive.verdict.positions = sorted(entries.by_position)
    count = len(entries.by_position)
    signed = sum(1 for one in entries.by_position.values() if one.event is not None)
    archive.holds("entries", f"{count} stand in the log where they say, in the order of time")
    archive.holds("signatures", f"{signed} messages, each by the key that its source had enrolled")
    for position in entries.erased:
        archive.note(f"entry {position}: its text was erased; hash and signature remain")
    return entries


def _check_whole(archive: Archive) -> None:
    """No file of an entry is left over from one whose leaf was dropped."""
    for name in archive.under("entries/"):
        stem, _, ending = name.partition(".")
        if ending not in form.ENDINGS:
            raise Wrong(name, "no file of an entry is called so")
        if f"{stem}.leaf" not in archive.names:
            raise Wrong(f"{stem}.leaf", "it was dropped: other files of this entry are here")


def _leaf(archive: Archive, name: str) -> Leaf:
    try:
        leaf = decode(archive.whole(name))
    except BadLeaf as error:
        raise Wrong(name, str(error)) from error
    if form.entry(leaf.position, "leaf") != name:
        raise Wrong(name, f"it is entry {leaf.position}: it was moved or renamed")
    return leaf


def _check_proof(archive: Archive, name: str, leaf: Leaf, log: Log) -> None:
    """The leaf is in the log; and it is not younger than who saw it there."""
    proof = form.read(archive.whole(name), Proof)
    stands = log.checkpoints.get(proof.size)
    if proof.position != leaf.position or stands is None:
        raise BadForm("the proof is of another entry, or leads to no checkpoint that is here")
    hash_ = merkle.leaf_hash(encode(leaf))
    merkle.check_inclusion(hash_, leaf.place, proof.size, form.hashes(proof.hashes), stands.root)
    seen = log.seen.get(proof.size)
    if seen is not None and leaf.received_at > seen.at + TOLERANCE:
        raise BadForm(f"it is dated after {seen.witness} had seen it")


def _check_said(archive: Archive, leaf: Leaf, entries: Entries) -> None:
    """The message is the one that was hashed, and signed by whose it is."""
    dsse, body = form.entry(leaf.position, "dsse.json"), form.entry(leaf.position, "body")
    event: Event | None = None
    message: Message | None = None
    if dsse in archive.names:
        try:
            signed = form.opened(archive.whole(dsse))
            event, message = _signed(signed, leaf, archive.manifest, entries)
        except (BadForm, BadSignature, Unreadable) as error:
            raise Wrong(dsse, str(error)) from error
    elif body in archive.names:
        if leaf.keyid or archive.seen(body).sha256 != leaf.sha256:
            raise Wrong(body, "it is not what was hashed, or has lost its signature")
    elif leaf.sha256:
        if f"body of entry {leaf.position}" not in archive.absent:
            raise Wrong(dsse, "it was dropped: nothing says that it was erased")
        entries.erased.append(leaf.position)
    entries.by_position[leaf.position] = Proved(leaf, event, message)


def _signed(
    signed: SignedBytes, leaf: Leaf, manifest: Manifest, entries: Entries
) -> tuple[Event, Message | None]:
    if hash_of(signed.body) != leaf.sha256:
        raise BadForm("its bytes are not the ones that were hashed into the log")
    if (signed.keyid, signed.sig) != (leaf.keyid, leaf.signature):
        raise BadForm("its signature is not the one that was entered in the log")
    verify(_key_of(leaf, manifest, entries), signed.body, signed.sig)
    event = read(signed.body)
    said = (event.source, event.stream, event.epoch, int(event.sequence or 0), event.type)
    entered = (leaf.source, leaf.stream, leaf.epoch, leaf.sequence)
    if said != (*entered, f"{type_prefix}{leaf.type}"):
        raise BadForm("its source, number or type is not the one that was entered in the log")
    try:
        message = event.message()
    except Refused:
        return event, None
    if leaf.kind == "own":
        entries.keys.fold(message, leaf.position)
    return event, message


def _key_of(leaf: Leaf, manifest: Manifest, entries: Entries) -> bytes:
    """By whose key it must be signed."""
    if leaf.kind == "own":
        if leaf.source != manifest.gateway or leaf.keyid != keyid_of(manifest.public_key):
            raise BadForm("an entry of the gateway itself that another signed")
        return manifest.public_key
    return entries.keys.key_of(leaf)


def _check_chain(entries: Entries) -> None:
    """Where two neighbours of a stream are here, the later one names the hash of the former."""
    numbered = {
        (one.leaf.source, one.leaf.stream, one.leaf.epoch, one.leaf.sequence): one
        for one in entries.by_position.values()
        if one.leaf.kind in ("kept", "refused") and one.leaf.sequence
    }
    for (*stream, sequence), one in numbered.items():
        before = numbered.get((*stream, sequence - 1))  # type: ignore[arg-type]
        if before and one.event and one.event.previous != before.leaf.sha256:
            raise Wrong(
                form.entry(one.leaf.position, "dsse.json"),
                f"it does not follow on number {sequence - 1} of its stream",
            )


def _check_keys(archive: Archive, entries: Entries) -> None:
    """The files of keys are those of the entries: they are there for other tools."""
    own = archive.manifest.public_key
    known = {form.key(keyid): key for keyid, key in entries.keys.public_keys.items()}
    known[form.key(keyid_of(own))] = own
    for name in archive.under("keys/", ".pem"):
        if name not in known or archive.whole(name) != form.pem(known[name]):
            raise Wrong(name, "it is not the key that was enrolled")

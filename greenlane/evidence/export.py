"""Writes the archive of one alert: on the gateway's machine, or from a copy of its state."""

import hashlib
import os
import sqlite3
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Final

from contract.clock import Clock
from contract.folder import held
from contract.link import Rejected
from contract.messages import KeyEnrolled, SignedBytes
from contract.proof import merkle
from contract.proof.leaf import encode
from contract.proof.tiles import node_in
from contract.signing import Key
from gateway.config import GatewayConfig
from gateway.notary import tree
from gateway.notary.sealing import seal
from gateway.notary.tree import Kept
from greenlane.evidence import form, passports, readme, report
from greenlane.evidence.container import BYTES_MAX, BadContainer, Source, write
from greenlane.evidence.gathering import Case, Found, gathered
from greenlane.evidence.telling import Told
from greenlane.evidence.verify import verify

WAIT_S: Final = 30.0
"""Beyond the time in which a running gateway signs, its checkpoint is waited for so long."""
POLL_S: Final = 0.5
ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/tiff": "tiff"}


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which alert, from where, to where."""

    alert: str
    out: Path
    config: GatewayConfig
    state: Path
    passports: tuple[Path, ...] = ()
    bytes_max: int = BYTES_MAX
    """Of the archive."""


def export(order: Order, clock: Clock) -> list[str]:
    """Write the archive, verified; returns what to say. Raises `Rejected` with a sentence."""
    if order.state.is_file():
        from greenlane.archive import unpacked

        with tempfile.TemporaryDirectory(dir=order.out.parent, prefix=".evidence-") as folder:
            unpacked(order.state, Path(folder))
            return _exported(order, Path(folder), clock)
    return _exported(order, order.state, clock)


def _exported(order: Order, state: Path, clock: Clock) -> list[str]:
    journal = state / "journal.sqlite"
    if not journal.exists() or not (state / "key").exists():
        raise Rejected(f"there is no gateway's journal and key in {state}")
    key = Key.load_or_make(state / "key")
    with held(state) as is_alone:  # then no gateway runs here, and none may start
        if is_alone:
            seal(journal, source=order.config.source, key=key, now=clock.utc_now())
        with closing(sqlite3.connect(journal)) as at:
            case = gathered(at, order.alert)
            if not is_alone:
                _wait(at, max(case.entries), order.config)
            at.execute("BEGIN")  # one moment for all that follows
            sources = _Archive(order, state, key, case, at).sources(clock)
    _write(order.out, sources, order.bytes_max)
    witnesses = (one.verifier.public_key for one in order.config.witness)
    verdict = verify(order.out, frozenset({key.public, *witnesses}))
    if verdict.wrong is not None:
        raise Rejected(f"the archive does not hold, so it is of no use: {verdict.wrong}")
    size = order.out.stat().st_size
    lines = [f"{order.out}: {len(sources)} files, {size:,} bytes, {len(case.entries)} entries."]
    lines += [f"Not in it: {what}: {why}." for what, why in sorted(case.absent.items())]
    return [*lines, verdict.back_dating]


def _wait(at: sqlite3.Connection, position: int, config: GatewayConfig) -> None:
    """Until the gateway has signed a checkpoint over this entry, and a witness has seen it.

    A witness that stays away is not waited for; that it has not seen it is said.
    """
    end = time.monotonic() + config.checkpoint_s + WAIT_S
    is_witnessed = bool(config.witness)
    while tree.covering(at, position, is_witnessed=is_witnessed) is None:
        if time.monotonic() >= end:
            if tree.covering(at, position, is_witnessed=False) is not None:
                return
            raise Rejected(f"entry {position} is under no checkpoint yet; try again in a minute")
        time.sleep(POLL_S)


def _write(out: Path, sources: list[Source], bytes_max: int) -> None:
    draft = out.with_name(out.name + ".new")
    try:
        with draft.open("wb") as file:
            write(file, sources, bytes_max=bytes_max)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(out)
    except BadContainer as error:
        raise Rejected(f"the archive would be too large: {error}") from error
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


class _Archive:
    """Puts the files of one case together."""

    def __init__(
        self, order: Order, state: Path, key: Key, case: Case, at: sqlite3.Connection
    ) -> None:
        self._order: Final = order
        self._state: Final = state
        self._key: Final = key
        self._case: Final = case
        self._at: Final = at
        self._node: Final = node_in(tree.reader(at))
        self._files: dict[str, bytes | Path] = {}

    def sources(self, clock: Clock) -> list[Source]:
        """All files in their order, the manifest first."""
        used: dict[int, Kept] = {}
        for found in self._case.in_order:
            kept = self._checkpoint(found)
            used[kept.size] = kept
            self._add_entry(found, kept)
        self._add_checkpoints(used)
        for change in self._case.changes:
            self._files[form.change(change.number)] = form.envelope(change.signed)
        self._add_keys()
        self._add_pictures()
        models = passports.found(self._case, self._order.passports, self._state)
        self._files |= {f"passports/{sha256}.json": path for sha256, path in models.items()}
        self._add_words(clock, models)
        return [Source(form.MANIFEST, self._manifest(clock)), *self._listed()]

    def _checkpoint(self, found: Found) -> Kept:
        """The earliest that somebody else has seen, or the gateway's own."""
        position = found.leaf.position
        kept = tree.covering(self._at, position, is_witnessed=True) or tree.covering(
            self._at, position, is_witnessed=False
        )
        if kept is None:
            raise Rejected(f"entry {position} is under no checkpoint")
        return kept

    def _add_entry(self, found: Found, kept: Kept) -> None:
        position = found.leaf.position
        proof = merkle.inclusion(found.leaf.place, kept.size, self._node)
        files = self._files
        files[form.entry(position, "leaf")] = encode(found.leaf)
        files[form.entry(position, "proof.json")] = form.written(
            form.Proof(position=position, size=kept.size, hashes=tuple(h.hex() for h in proof))
        )
        if found.is_erased:
            self._case.absent[f"body of entry {position}"] = "erased by retention"
        elif found.leaf.keyid:
            signed = SignedBytes(body=found.body, keyid=found.leaf.keyid, sig=found.leaf.signature)
            files[form.entry(position, "dsse.json")] = form.envelope(signed)
        elif found.body:
            files[form.entry(position, "body")] = found.body

    def _add_checkpoints(self, kept: dict[int, Kept]) -> None:
        newest = tree.latest(self._at)
        if newest is not None:
            kept.setdefault(newest.size, newest)
        sizes = sorted(kept)
        growths = []
        for old, size in pairwise(sizes):
            proof = tuple(one.hex() for one in tree.grown(self._at, old, size))
            growths.append(form.Growth(old=old, size=size, hashes=proof))
        self._files[form.CONSISTENCY] = form.written(tuple(growths))
        for size in sizes:
            self._files[form.checkpoint(size)] = kept[size].note.encode()
        keys = "".join(f"{one.verifier}\n" for one in self._order.config.witness)
        self._files[form.WITNESSES] = keys.encode()

    def _add_keys(self) -> None:
        self._files[form.key(self._key.keyid)] = form.pem(self._key.public)
        for found in self._case.in_order:
            if isinstance(message := found.message, KeyEnrolled):
                self._files[form.key(message.keyid)] = form.pem(message.public_key)

    def _add_pictures(self) -> None:
        for sha256, picture in sorted(self._case.pictures.items()):
            path = self._state / "blobs" / sha256[:2] / sha256
            if path.exists():
                ending = ENDINGS.get(picture.media_type, "bin")
                self._files[f"pictures/{sha256}.{ending}"] = path
            else:
                self._case.absent[f"picture {sha256}"] = "it has not arrived, or was erased"

    def _add_words(self, clock: Clock, models: dict[str, Path]) -> None:
        told = Told(
            case=self._case,
            gateway=str(self._order.config.source),
            key=self._key.public,
            made_at=clock.utc_now(),
            notes=tuple(
                body.decode()
                for name, body in sorted(self._files.items())
                if name.endswith(".checkpoint") and isinstance(body, bytes)
            ),
            pictures={
                name: content
                for name, content in self._files.items()
                if name.startswith("pictures/") and isinstance(content, Path)
            },
            passports=models,
        )
        self._files[form.REPORT] = report.written(told).encode()
        self._files[form.README] = readme.written(told).encode()

    def _manifest(self, clock: Clock) -> bytes:
        files = []
        for source in self._listed():
            digest, size = hashlib.sha256(), 0
            for piece in source.pieces():
                digest.update(piece)
                size += len(piece)
            files.append(form.File(name=source.name, size_bytes=size, sha256=digest.hexdigest()))
        manifest = form.Manifest(
            format=form.FORMAT,
            alert=self._order.alert,
            gateway=str(self._order.config.source),
            public_key=self._key.public,
            version=version("greenlane"),
            made_at=clock.utc_now(),
            files=tuple(files),
            absent=tuple(
                form.Absent(what=what, why=why) for what, why in sorted(self._case.absent.items())
            ),
        )
        body = form.written(manifest)
        signed = SignedBytes(
            body=body, keyid=self._key.keyid, sig=self._key.sign(body, form.MANIFEST_TYPE)
        )
        return form.envelope(signed, form.MANIFEST_TYPE)

    def _listed(self) -> list[Source]:
        return [Source(name, self._files[name]) for name in sorted(self._files)]

"""What a forger does to an archive: takes it apart, changes it, and puts it together again."""

import hashlib
import zipfile
from pathlib import Path

import msgspec

from contract.messages import SignedBytes
from contract.signing import Key
from greenlane.evidence import form
from greenlane.evidence.container import Source, write
from greenlane.evidence.form import File, Manifest
from greenlane.evidence.verdict import Verdict
from greenlane.evidence.verify import verify

Files = dict[str, bytes]


def taken_apart(archive: Path) -> Files:
    """The files, as any tool that opens zip files sees them."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def put_together(files: Files, path: Path) -> Path:
    """A container that is well formed, whatever is in it."""
    with path.open("wb") as file:
        write(file, [Source(name, body) for name, body in files.items()])
    return path


def signed_again(files: Files, key: Key) -> Files:
    """The work of somebody who has the gateway's own key: the manifest fits whatever is there."""
    old = form.read(form.opened(files[form.MANIFEST], form.MANIFEST_TYPE).body, Manifest)
    rest = {name: files[name] for name in sorted(files) if name != form.MANIFEST}
    listed = tuple(
        File(name=name, size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest())
        for name, body in rest.items()
    )
    body = form.written(msgspec.structs.replace(old, files=listed, public_key=key.public))
    signed = SignedBytes(body=body, keyid=key.keyid, sig=key.sign(body, form.MANIFEST_TYPE))
    return {form.MANIFEST: form.envelope(signed, form.MANIFEST_TYPE), **rest}


def judged(files: Files, folder: Path, trusted: frozenset[bytes]) -> Verdict:
    """What a court would be told."""
    return verify(put_together(files, folder / "forged.zip"), trusted)

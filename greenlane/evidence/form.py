"""What stands in an archive: the names of its files, and the structs in those that are JSON. Pure.

    manifest.dsse.json                 every file with its SHA-256, signed by the gateway
    README.txt, report.html            for people; only the manifest's signature vouches for them
    entries/0000090113.leaf            an entry of the journal, as it is hashed into the tree
    entries/0000090113.dsse.json       the message, as its sender signed it
    entries/0000090113.body            what a device said that signs nothing
    entries/0000090113.proof.json      that the leaf is in the tree under a checkpoint
    checkpoints/0000090200.checkpoint  signed by the gateway, cosigned by witnesses
    checkpoints/consistency.json       that each of them only grew out of the one before
    changes/0000000012.dsse.json       what the judge said about this alert, signed by the gateway
    pictures/SHA256.png                by the SHA-256 of their bytes
    passports/SHA256.json              of the model, by its weights; the scan names its bytes
    keys/KEYID.pem, keys/witnesses.txt public keys, for openssl and for who trusts nobody yet

JSON is written in one way only; what reads otherwise is refused.
"""

import base64
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from contract.messages import SignedBytes
from contract.wire import JSON

FORMAT: Final = 1
MANIFEST: Final = "manifest.dsse.json"
README: Final = "README.txt"
REPORT: Final = "report.html"
CONSISTENCY: Final = "checkpoints/consistency.json"
WITNESSES: Final = "keys/witnesses.txt"
MANIFEST_TYPE: Final = "application/vnd.greenlane.evidence+json"
ENDINGS: Final = ("leaf", "dsse.json", "body", "proof.json")
"""Of the files of an entry."""
ENTRIES_MAX: Final = 2_000
"""Entries of one archive."""
_PEM: Final = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key (RFC 8410)."""

T = TypeVar("T")


class BadForm(ValueError):
    """A file is not written as ours are."""


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is left out, nothing is added."""


class File(_Strict, frozen=True, kw_only=True):
    """One file of the archive."""

    name: str
    size_bytes: int
    sha256: str


class Absent(_Strict, frozen=True, kw_only=True):
    """What belongs to the alert and is not here, and why."""

    what: str
    why: str


class Manifest(_Strict, frozen=True, kw_only=True):
    """What the gateway vouches for by its signature."""

    format: int
    alert: str
    gateway: str
    public_key: bytes
    """The gateway's."""
    version: str
    made_at: datetime
    files: tuple[File, ...]
    absent: tuple[Absent, ...] = ()


class Signature(_Strict, frozen=True, kw_only=True):
    """Of a DSSE envelope."""

    keyid: str
    sig: bytes


class Envelope(_Strict, frozen=True, kw_only=True):
    """A DSSE envelope with one signature."""

    payload: bytes
    payload_type: str = msgspec.field(name="payloadType")
    signatures: tuple[Signature, ...]


class Proof(_Strict, frozen=True, kw_only=True):
    """That a leaf is in the tree of so many leaves; hashes from the leaf upwards, in hex."""

    position: int
    size: int
    hashes: tuple[str, ...]


class Growth(_Strict, frozen=True, kw_only=True):
    """That the tree of ``old`` leaves is how that of ``size`` begins; hashes in hex."""

    old: int
    size: int
    hashes: tuple[str, ...]


def entry(position: int, ending: str) -> str:
    """The name of a file about an entry."""
    return f"entries/{position:010d}.{ending}"


def checkpoint(size: int) -> str:
    """The name of a checkpoint's file."""
    return f"checkpoints/{size:010d}.checkpoint"


def change(number: int) -> str:
    """The name of a change's file."""
    return f"changes/{number:010d}.dsse.json"


def key(keyid: str) -> str:
    """The name of a public key's file."""
    return f"keys/{keyid}.pem"


def pem(public_key: bytes) -> bytes:
    """A public key as `openssl` reads it."""
    coded = base64.b64encode(_PEM + public_key).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{coded}\n-----END PUBLIC KEY-----\n".encode()


def envelope(signed: SignedBytes, payload_type: str = JSON) -> bytes:
    """The file of a DSSE envelope."""
    return written(
        Envelope(
            payload=signed.body,
            payload_type=payload_type,
            signatures=(Signature(keyid=signed.keyid, sig=signed.sig),),
        )
    )


def written(value: object) -> bytes:
    """JSON as we write it."""
    return msgspec.json.encode(value) + b"\n"


def read(body: bytes, kind: type[T]) -> T:
    """Read JSON that `written` wrote, and nothing else; raise `BadForm`."""
    try:
        value = msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadForm(f"it cannot be read: {error}") from error
    if written(value) != body:
        raise BadForm("it is not written as we write it")
    return value


def hashes(texts: tuple[str, ...]) -> list[bytes]:
    """The hashes of a proof; raise `BadForm`."""
    try:
        found = [bytes.fromhex(text) for text in texts]
    except ValueError as error:
        raise BadForm("a hash that is not in hex") from error
    if [one.hex() for one in found] != list(texts):
        raise BadForm("a hash that is not written as we write it")
    return found


def opened(body: bytes, payload_type: str = JSON) -> SignedBytes:
    """What is in the file of an envelope, its signature not verified; raise `BadForm`."""
    found = read(body, Envelope)
    if found.payload_type != payload_type or len(found.signatures) != 1:
        raise BadForm("it is no envelope of this kind with one signature")
    only = found.signatures[0]
    return SignedBytes(body=found.payload, keyid=only.keyid, sig=only.sig)

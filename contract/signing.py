"""Ed25519 signatures over the DSSE pre-authentication encoding of the exact bytes.

DSSE: https://github.com/secure-systems-lab/dsse, protocol.md. The key id is the first half of the
SHA-256 of the public key, in hex: a hint to find the key by, never a proof.
"""

import base64
import hashlib
import os
from pathlib import Path
from typing import Final, Self

import nacl.bindings
import nacl.exceptions
import nacl.signing

from contract.link import Rejected
from contract.messages import SignedBytes
from contract.whole_file import write_whole
from contract.wire import JSON

KEY_BYTES: Final = 32
KEY_FILE_BYTES_MAX: Final = 1_024
_PKCS8: Final = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before the 32 bytes of an Ed25519 seed in PKCS #8."""


class BadSignature(ValueError):
    """These bytes were not signed with this key."""


def encode(envelope: bytes, payload_type: str = JSON) -> bytes:
    """The pre-authentication encoding (PAE) of DSSE 1.0."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(envelope), envelope)


def keyid_of(public_key: bytes) -> str:
    """The name that a public key goes by: 32 hex digits."""
    return hashlib.sha256(public_key).hexdigest()[:32]


def key_in(path: Path) -> bytes:
    """The 32 bytes that stand in a file in hex; raises `Rejected`, or `OSError`."""
    with path.open("rb") as file:
        text = file.read(KEY_FILE_BYTES_MAX)
    try:
        key = bytes.fromhex(text.decode())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Rejected(
            f"{path} does not hold a key ({2 * KEY_BYTES} hex digits): put it back from a backup; "
            "where there is none, remove it and enrol anew"
        )
    return key


class Key:
    """A private key; it never leaves the box that made it."""

    def __init__(self, seed: bytes) -> None:
        self._seed: Final = seed
        self._secret: Final = nacl.signing.SigningKey(seed)
        self.public: Final[bytes] = bytes(self._secret.verify_key)
        self.keyid: Final = keyid_of(self.public)

    @classmethod
    def make(cls) -> Self:
        """Make a new key from the system's randomness."""
        return cls(os.urandom(KEY_BYTES))

    @classmethod
    def load_or_make(cls, path: Path) -> Self:
        """Read the key in the file, or make one there that only its owner may read.

        Raises `Rejected` for a file that holds something else: it is never written over.
        """
        try:
            return cls(key_in(path))
        except FileNotFoundError:
            pass
        path.parent.mkdir(parents=True, exist_ok=True)
        seed = os.urandom(KEY_BYTES)
        write_whole(path, seed.hex() + "\n")
        return cls(seed)

    def sign(self, envelope: bytes, payload_type: str = JSON) -> bytes:
        """The 64 bytes of the signature."""
        return self._secret.sign(encode(envelope, payload_type)).signature

    def sign_text(self, text: bytes) -> bytes:
        """The 64 bytes of a signature over just this: for notes (`contract.proof.note`).

        Never over what begins like an encoding of DSSE: that is for `sign`.
        """
        if text.startswith(b"DSSEv1 "):
            raise ValueError("this would pass for a message")
        return self._secret.sign(text).signature

    def pem(self) -> str:
        """The private key in PKCS #8, as TLS libraries read it (RFC 8410)."""
        body = base64.b64encode(_PKCS8 + self._seed).decode()
        return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"

    def seal(self, envelope: bytes) -> SignedBytes:
        """The envelope with its signature and key id, as it stands in journals and exports."""
        return SignedBytes(body=envelope, keyid=self.keyid, sig=self.sign(envelope))

    def __repr__(self) -> str:
        return f"Key({self.keyid})"


def rotation(source: str, old_keyid: str, public_key: bytes) -> bytes:
    """What the next key of a source signs, so that nobody can give it a key that it lacks."""
    return b"greenlane rotation 1|%b|%b|%b" % (
        source.encode().hex().encode(),
        old_keyid.encode(),
        public_key.hex().encode(),
    )


def verify(public_key: bytes, envelope: bytes, sig: bytes, payload_type: str = JSON) -> None:
    """Raise `BadSignature` unless ``sig`` is this key's over these bytes. Releases the GIL."""
    verify_text(public_key, encode(envelope, payload_type), sig)


def verify_text(public_key: bytes, text: bytes, sig: bytes) -> None:
    """Raise `BadSignature` unless ``sig`` is this key's over just this text."""
    try:
        nacl.bindings.crypto_sign_open(sig + text, public_key)
    except (nacl.exceptions.CryptoError, ValueError, TypeError) as error:
        raise BadSignature("the signature does not match the key") from error

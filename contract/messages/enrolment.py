"""How a key is entered, and how its certificate is renewed."""

from typing import Annotated, ClassVar

from msgspec import Meta

from contract.messages.fields import Instant, Name, Text
from contract.messages.message import Message

Pem = Annotated[str, Meta(max_length=8_000)]
TlsKey = Annotated[bytes, Meta(max_length=32)]


class EnrolAsked(Message, frozen=True, kw_only=True):
    """A source would like its key entered (1 of 4)."""

    type: ClassVar[str] = "enrol.asked"
    public_key: bytes
    code: Name
    """The public name of the one-time code; the secret half never travels."""
    tls_key: TlsKey = b""
    """The Ed25519 key that it would like a certificate for; none if it needs none."""


class EnrolChallenged(Message, frozen=True, kw_only=True):
    """The gateway's nonce and key (2 of 4); `mac` proves that it knows the one-time code."""

    type: ClassVar[str] = "enrol.challenged"
    nonce: bytes
    public_key: bytes
    mac: bytes
    authority: Pem = ""
    """The certificate of the authority that signs the broker's and the source's."""


class EnrolProved(Message, frozen=True, kw_only=True):
    """The nonce signed with the key, and the proof of the one-time code (3 of 4)."""

    type: ClassVar[str] = "enrol.proved"
    public_key: bytes
    code: Name
    nonce: bytes
    sig: bytes
    mac: bytes
    tls_key: TlsKey = b""
    tls_sig: bytes = b""
    """The same statement, signed with the key for TLS."""


class EnrolAnswered(Message, frozen=True, kw_only=True):
    """The end of it (4 of 4): entered in the journal, or refused and why."""

    type: ClassVar[str] = "enrol.answered"
    is_enrolled: bool
    reason: Text = ""
    certificate: Pem = ""
    authority: Pem = ""
    renew_at: Instant | None = None
    """From then on the source asks for the next certificate."""


class CertificateAsked(Message, frozen=True, kw_only=True):
    """An enrolled source would like its next certificate; signed with its enrolled key.

    `tls_sig` is the signature of the key for TLS over the public key that signs the message.
    """

    type: ClassVar[str] = "certificate.asked"
    tls_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    tls_sig: bytes

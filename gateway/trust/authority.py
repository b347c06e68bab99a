"""A small certificate authority of the post: who may speak to its broker, and under which name.

It lies in ``authority/`` of the state directory: ``ca.key`` (never leaves), ``ca.crt``, ``ca.crl``
(which certificates count no more), and the certificates of the broker and of the gateway itself.
Agents get theirs at their enrolment.
"""

import asyncio
import logging
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from contract.clock import Clock
from contract.identifiers import Source
from contract.link import Rejected
from contract.whole_file import write_whole
from gateway.trust import forms
from gateway.trust.register import Register

LASTS: Final = timedelta(days=3_650)
"""The authority itself."""
BROKER_LASTS: Final = timedelta(days=825)
SOURCE_LASTS: Final = timedelta(days=90)
"""An agent, the gateway, the command center; each renews its own when two thirds have passed."""
LIST_EVERY: Final = timedelta(days=7)
"""A new list, even if nothing changed: a broker lets nobody in by one that has ended."""
HOSTS_MAX: Final = 20
OWN: Final = "gateway"
LOOK_EVERY_S: Final = 3_600.0
MEND: Final = "put both back from a backup: without them every box would have to enrol anew"
PEM_BYTES_MAX: Final = 64 * 1024
"""Of a key or a certificate."""
_UNUSABLE: Final = (OSError, ValueError, TypeError, UnsupportedAlgorithm)
"""What the library says of files that are none, of another kind, or behind a pass phrase."""
_CLIENT: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_log: Final = logging.getLogger(__name__)


class Issued(NamedTuple):
    """A certificate (PEM) and when its owner should ask for the next."""

    certificate: str
    renew_at: datetime
    serial: str
    ends_at: datetime


class Authority:
    """The authority of one post."""

    def __init__(
        self, folder: Path, key: ec.EllipticCurvePrivateKey, own: x509.Certificate
    ) -> None:
        self.folder: Final = folder
        self._key: Final = key
        self._own: Final = own

    @classmethod
    def load(cls, folder: Path) -> "Authority | None":
        """The authority whose files are here; none if there is none. Raises `Rejected`."""
        if not (folder / "ca.key").exists():
            return None
        try:
            key = serialization.load_pem_private_key(_bytes(folder / "ca.key"), None)
            own = x509.load_pem_x509_certificate(_bytes(folder / "ca.crt"))
            is_pair = own.public_key() == key.public_key()
        except _UNUSABLE as error:
            raise Rejected(f"the authority in {folder} cannot be read: {error}; {MEND}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not is_pair:
            raise Rejected(f"{folder}/ca.key is not the key of {folder}/ca.crt; {MEND}")
        return cls(folder, key, own)

    @classmethod
    def make(cls, folder: Path, post: str, now: datetime) -> "Authority":
        """A new one; its key and certificate are on the disk when it returns."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        name = f"Greenlane authority of {post}"
        own = forms.root(key.public_key(), name, now, LASTS).sign(key, hashes.SHA256())
        write_whole(folder / "ca.crt", forms.pem(own))
        made = cls(folder, key, own)
        made.keep_list((), now)
        write_whole(folder / "ca.key", forms.key_pem(key))  # last: with it the authority is there
        return made

    @property
    def pem(self) -> str:
        """Its certificate, by which all others are checked."""
        return forms.pem(self._own)

    def issue(self, name: str, tls_key: bytes, now: datetime) -> Issued:
        """A certificate for a source of this name and its Ed25519 key; raises `Rejected`."""
        try:
            public = ed25519.Ed25519PublicKey.from_public_bytes(tls_key)
        except ValueError as error:
            raise Rejected("the key for TLS is no Ed25519 key") from error
        return self._issue(name, public, now)

    def issue_own(self, name: str, now: datetime) -> None:
        """Key and certificate of a client on this machine, in files ``name.key`` and ``.crt``."""
        key = ec.generate_private_key(ec.SECP256R1())
        self._keep(name, key, self._issue(name, key.public_key(), now).certificate)

    def issue_client(self, name: str, now: datetime) -> None:
        """For somebody whom the broker's access list names; raises `Rejected` for a taken name."""
        taken = {Source.parse(one.source).name for one in Register(self.folder).papers}
        if name in (OWN, "ca", "broker", "command-center") or name in taken:
            raise Rejected(f"{name} is the name of one of our own: it could speak as that one")
        if not _CLIENT.fullmatch(name):
            raise Rejected("a client's name has up to 32 of a-z, 0-9 and hyphens")
        self.issue_own(name, now)

    def issue_broker(self, hosts: Sequence[str], now: datetime) -> None:
        """Key and certificate of the broker, for the names and addresses by which it is reached."""
        if not 0 < len(hosts) <= HOSTS_MAX:
            raise Rejected(f"a broker has 1 to {HOSTS_MAX} names")
        key = ec.generate_private_key(ec.SECP256R1())
        named = x509.SubjectAlternativeName(list(map(forms.host, hosts)))
        certificate = (
            forms.leaf(key.public_key(), hosts[0], self._own, now, BROKER_LASTS)
            .add_extension(named, critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self._keep("broker", key, forms.pem(certificate))

    def is_due(self, name: str, now: datetime) -> bool:
        """Whether two thirds of the life of ``name.crt`` have passed, or there is none."""
        try:
            it = x509.load_pem_x509_certificate(_bytes(self.folder / f"{name}.crt"))
        except _UNUSABLE:
            return True
        begun, ends = it.not_valid_before_utc, it.not_valid_after_utc
        return now >= begun + (ends - begun) * 2 / 3

    def keep_list(self, serials: Collection[str], now: datetime) -> bool:
        """Write ``ca.crl`` if other certificates are revoked, or in time; whether it was written.

        Raises `OSError`.
        """
        path = self.folder / "ca.crl"
        if self._listed(path, now) == {*serials}:
            return False
        signed = forms.revocations(serials, self._own, now).sign(self._key, hashes.SHA256())
        write_whole(path, signed.public_bytes(serialization.Encoding.PEM))
        return True

    def _listed(self, path: Path, now: datetime) -> set[str] | None:
        """The serials in the list that is there; none if no broker should go on with it.

        It cannot be read, is another authority's, is a week old, or of a day that is still to come:
        the clock was wrong, and until then nobody would be let in.
        """
        try:
            known = x509.load_pem_x509_crl(path.read_bytes())
            is_due = not forms.made_at(known) <= now < forms.made_at(known) + LIST_EVERY
            if is_due or not known.is_signature_valid(self._key.public_key()):
                return None
            return {f"{one.serial_number:x}" for one in known}
        except _UNUSABLE:
            return None

    def _issue(self, name: str, public: forms.PublicKey, now: datetime) -> Issued:
        certificate = (
            forms.leaf(public, name, self._own, now, SOURCE_LASTS)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        serial = f"{certificate.serial_number:x}"
        return Issued(
            forms.pem(certificate), now + SOURCE_LASTS * 2 / 3, serial, now + SOURCE_LASTS
        )

    def _keep(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: str) -> None:
        write_whole(self.folder / f"{name}.key", forms.key_pem(key))
        write_whole(self.folder / f"{name}.crt", certificate)


async def keep_own(folder: Path, clock: Clock) -> None:
    """Renew the gateway's own certificate in time, until cancelled; nothing without an authority.

    The next link uses it; the broker's is renewed by a person, who has to hand it over.
    """
    while True:
        await asyncio.to_thread(_renew_own, folder, clock.utc_now())
        await clock.sleep(LOOK_EVERY_S)


def _renew_own(folder: Path, now: datetime) -> None:
    try:
        authority = Authority.load(folder)
        if authority is None or not authority.is_due(OWN, now):
            return
        authority.issue_own(OWN, now)
    except (Rejected, OSError) as error:
        _log.warning("the gateway keeps its old certificate: %s", error)
    else:
        _log.info("the gateway has a new certificate")


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(PEM_BYTES_MAX)

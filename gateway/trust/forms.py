"""Certificates and lists of revoked ones as X.509 has them, before the authority signs. Pure.

All of them begin yesterday: whoever checks one may have a clock that is behind ours.
"""

import ipaddress
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

BACKDATED: Final = timedelta(hours=24)
"""A box without a battery clock may wake up yesterday, and so may the broker: one whose clock is
before a list's beginning lets nobody in."""
LIST_LASTS: Final = timedelta(days=365)
NAME_CHARS_MAX: Final = 64

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


def root(
    public: ec.EllipticCurvePublicKey, name: str, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    """The authority's own."""
    return (
        _begun(public, named(name), named(name), now, lasts)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_authority=True), critical=True)
    )


def leaf(
    public: PublicKey, name: str, by: x509.Certificate, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    """Somebody's, by the authority of this certificate."""
    return (
        _begun(public, named(name), by.subject, now, lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_authority=False), critical=True)
        .add_extension(_signer(by), critical=False)
    )


def revocations(
    serials: Collection[str], by: x509.Certificate, now: datetime
) -> x509.CertificateRevocationListBuilder:
    """The list of these (in hex), numbered by when it was made."""
    built = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.subject)
        .last_update(now - BACKDATED)
        .next_update(now + LIST_LASTS)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(_signer(by), critical=False)
    )
    for serial in sorted(serials):
        one = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
        built = built.add_revoked_certificate(one.revocation_date(now - BACKDATED).build())
    return built


def made_at(found: x509.CertificateRevocationList) -> datetime:
    """When a list of ours was made; one that was not dated back is as good as a day older."""
    return found.last_update_utc + BACKDATED


def named(text: str) -> x509.Name:
    """A common name, and nothing else."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:NAME_CHARS_MAX])])


def host(text: str) -> x509.GeneralName:
    """A name or an address by which a server is reached."""
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def pem(certificate: x509.Certificate) -> str:
    """A certificate as its file has it."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    """A private key as its file has it, without a pass phrase."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _begun(
    public: PublicKey, name: x509.Name, by: x509.Name, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _signer(by: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())  # type: ignore[arg-type]  # an authority's key signs


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )

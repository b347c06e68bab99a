"""Until when certificates count: the few bytes of X.509 that say it, without a library.

Certificate ::= SEQUENCE { tbs SEQUENCE { [0] version, serial, algorithm, issuer, validity … } … }
Validity    ::= SEQUENCE { notBefore Time, notAfter Time }
"""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from greenlane.doctor.finding import Finding, advice, well

SOON: Final = timedelta(days=30)
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17
_LONG: Final = 0x80


class NoCertificate(ValueError):
    """These bytes are none."""


def ends_at(der: bytes) -> datetime:
    """When a certificate (DER) ends, UTC; raises `NoCertificate`."""
    try:
        _, certificate, _ = _taken(der)
        _, rest, _ = _taken(certificate)
        tag, _, after = _taken(rest)
        rest = after if tag == _VERSION else rest
        for _ in ("serial", "algorithm", "issuer"):
            _, _, rest = _taken(rest)
        _, validity, _ = _taken(rest)
        _, _, rest = _taken(validity)
        tag, time, _ = _taken(rest)
        text = time.decode("ascii")
        if tag == _UTC_TIME:  # two digits of the year: 50 to 99 are of the last century
            text = ("19" if text[0] >= "5" else "20") + text
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, ValueError) as error:
        raise NoCertificate(f"no certificate: {error}") from error


def _taken(data: bytes) -> tuple[int, bytes, bytes]:
    """The first element: its tag, what is in it, and what follows it."""
    tag, length, at = data[0], data[1], 2
    if length & _LONG:
        more = length & ~_LONG
        length, at = int.from_bytes(data[at : at + more], "big"), at + more
    if len(data) < at + length:
        raise NoCertificate("cut off")
    return tag, data[at : at + length], data[at + length :]


def all_in(path: Path) -> list[datetime]:
    """When each certificate in a PEM file ends; raises `NoCertificate` or `OSError`."""
    text = path.read_text()
    pems = [BEGIN + part.partition(END)[0] + END for part in text.split(BEGIN)[1:]]
    if not pems:
        raise NoCertificate("there is no certificate in it")
    return [ends_at(ssl.PEM_cert_to_DER_cert(pem)) for pem in pems]


def look(about: str, path: Path, now: datetime) -> Finding:
    """Whether the certificates in a file count, and for how long."""
    try:
        ends = min(all_in(path))
    except (OSError, ValueError) as error:
        return advice(about, f"{path} cannot be read: {error}")
    if ends <= now:
        return advice(about, f"{path} ended on {ends:%Y-%m-%d}: make a new one")
    if ends - now < SOON:
        return advice(about, f"{path} ends on {ends:%Y-%m-%d}: make a new one soon")
    return well(about, f"{path} counts until {ends:%Y-%m-%d}")

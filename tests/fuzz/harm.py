"""Files of keys and certificates, harmed."""

from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import strategies as st

HUGE: Final = 4 * 1024 * 1024


def encrypted() -> bytes:
    """A private key behind a pass phrase."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    )


def of_rsa() -> bytes:
    """A private key that is not of our kind."""
    return rsa.generate_private_key(65_537, 2_048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


WRONG: Final = (
    *(b"", b"\n", b"\x00" * 700, b"\xff\xfe", b"aa" * 31, b"aa" * 33, "ä".encode() * 32),
    *(b"a" * HUGE, encrypted(), of_rsa(), b"-----BEGIN CERTIFICATE-----\n"),
    b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    b"-----BEGIN CERTIFICATE-----\n" + b"A" * HUGE + b"\n-----END CERTIFICATE-----\n",
    b"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n",
)
"""What an editor, a full disk, a wrong copy or a stranger leave."""


@st.composite
def harmed(draw: st.DrawFn, *good: bytes) -> bytes:
    """A good file cut, with bytes changed; another file; or something else altogether."""
    if draw(st.booleans()):
        return draw(st.one_of(st.sampled_from(WRONG), st.binary(max_size=80)))
    body = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(body[: draw(st.integers(0, len(body)))])

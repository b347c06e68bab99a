"""How a key is entered: the box signs the gateway's nonce, and both prove that they know a code.

The one-time code is ``name-secret``. The name travels, the secret never does: it keys the two MACs
by which the box knows the gateway, and the gateway the box. Everything here is pure but `enrol` and
`enrol_certified`. Where the broker wants certificates, the box shows a second key, for TLS; the
MACs cover that key and the authority's certificate, so the enrolment needs no TLS itself.
"""

import asyncio
import hmac
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from msgspec import structs

from contract.clock import Clock, stamp
from contract.identifiers import Source
from contract.link import Dial, Link, Packet, Rejected, Unavailable
from contract.messages import (
    EnrolAnswered,
    EnrolAsked,
    EnrolChallenged,
    EnrolProved,
    KeyEnrolled,
    Message,
    Refused,
    Unreadable,
    compose,
    read,
)
from contract.signing import KEY_BYTES, BadSignature, Key, keyid_of, verify
from contract.topics import leaf_of, topic

NONCE_BYTES: Final = 32
ANSWER_S_MAX: Final = 10.0
_SAYS: Final = b"greenlane enrolment 1"


class Code(NamedTuple):
    """A one-time code."""

    name: str
    secret: str

    @classmethod
    def parse(cls, text: str) -> "Code":
        """Take ``name-secret`` apart; raise `Rejected` if it is not that."""
        name, dash, secret = text.strip().partition("-")
        if not (name and dash and secret):
            raise Rejected("that is not an enrolment code: it looks like name-secret")
        return cls(name, secret)

    def __str__(self) -> str:
        return f"{self.name}-{self.secret}"


class _Facts(NamedTuple):
    """What both sides must agree on."""

    source: str
    nonce: bytes
    agent_key: bytes
    gateway_key: bytes
    tls_key: bytes = b""
    authority: str = ""

    def mac(self, secret: str, who: bytes) -> bytes:
        """HMAC-SHA-256 by which ``who`` proves that it knows the secret."""
        return hmac.digest(secret.encode(), b"|".join((who, self.statement())), "sha256")

    def statement(self) -> bytes:
        """What the box signs with the key that it wants entered."""
        parts = [self.source.encode(), self.nonce, self.agent_key, self.gateway_key]
        if self.tls_key or self.authority:  # who knows of neither says what it always said
            parts += [self.tls_key, self.authority.encode()]
        return b"|".join((_SAYS, *(part.hex().encode() for part in parts)))


class Enrolled(NamedTuple):
    """What a box has after its enrolment: the gateway's public key, and its papers for TLS."""

    gateway_key: bytes
    answer: EnrolAnswered


def challenge(
    source: str, asked: EnrolAsked, *, secret: str, nonce: bytes, key: Key, authority: str = ""
) -> Message:
    """The gateway's answer to `EnrolAsked`; ``authority`` (PEM) if it issues certificates."""
    if len(asked.public_key) != KEY_BYTES or len(asked.tls_key) not in (0, KEY_BYTES):
        return EnrolAnswered(is_enrolled=False, reason="the key is no Ed25519 public key")
    authority = authority if asked.tls_key else ""
    facts = _Facts(source, nonce, asked.public_key, key.public, asked.tls_key, authority)
    return EnrolChallenged(
        nonce=nonce,
        public_key=key.public,
        mac=facts.mac(secret, b"gateway"),
        authority=authority,
    )


def check(
    source: str,
    proved: EnrolProved,
    *,
    secret: str,
    nonce: bytes,
    gateway_key: bytes,
    authority: str = "",
) -> KeyEnrolled:
    """The entry for the journal; raise `Rejected` if the proof is none."""
    authority = authority if proved.tls_key else ""
    facts = _Facts(source, nonce, proved.public_key, gateway_key, proved.tls_key, authority)
    if proved.nonce != nonce or not hmac.compare_digest(proved.mac, facts.mac(secret, b"agent")):
        raise Rejected("the enrolment code is wrong, used, or too old; ask for a new one")
    try:
        verify(proved.public_key, facts.statement(), proved.sig)
        if proved.tls_key:
            verify(proved.tls_key, facts.statement(), proved.tls_sig)
    except BadSignature as error:
        raise Rejected("the box does not hold the key that it shows") from error
    return KeyEnrolled(
        source=source,
        keyid=keyid_of(proved.public_key),
        public_key=proved.public_key,
        by=f"code {proved.code}",
    )


def prove(
    source: str, challenged: EnrolChallenged, *, code: Code, key: Key, tls: Key | None = None
) -> EnrolProved:
    """The box's answer to the challenge; raise `Rejected` if this is not the code's gateway."""
    tls_key = tls.public if tls else b""
    facts = _Facts(
        *(source, challenged.nonce, key.public, challenged.public_key, tls_key),
        challenged.authority,
    )
    if not hmac.compare_digest(challenged.mac, facts.mac(code.secret, b"gateway")):
        raise Rejected("this gateway does not know the code: wrong gateway, or a mistyped code")
    return EnrolProved(
        public_key=key.public,
        code=code.name,
        nonce=challenged.nonce,
        sig=key.sign(facts.statement()),
        mac=facts.mac(code.secret, b"agent"),
        tls_key=tls_key,
        tls_sig=tls.sign(facts.statement()) if tls else b"",
    )


def new_nonce() -> bytes:
    """A nonce that nobody can foresee."""
    return os.urandom(NONCE_BYTES)


async def enrol(dial: Dial, *, source: Source, key: Key, code: str, clock: Clock) -> bytes:
    """Enter ``key`` at the gateway; returns the gateway's public key, to be kept.

    Raises `Rejected` with what to do, or `Unavailable` if no gateway answers.
    """
    enrolled = await enrol_certified(dial, source=source, key=key, tls=None, code=code, clock=clock)
    return enrolled.gateway_key


async def enrol_certified(
    dial: Dial, *, source: Source, key: Key, tls: Key | None, code: str, clock: Clock
) -> Enrolled:
    """As `enrol`; with ``tls``, the key for TLS, the answer holds its certificate."""
    known = Code.parse(code)
    async with answering(dial, source) as link:
        asked = EnrolAsked(
            public_key=key.public, code=known.name, tls_key=tls.public if tls else b""
        )
        first, _ = await exchange(link, source, asked, clock)
        if isinstance(first, EnrolAnswered):
            raise Rejected(first.reason)
        if not isinstance(first, EnrolChallenged):
            raise Rejected("the gateway answers something else than a challenge")
        proof = prove(source, first, code=known, key=key, tls=tls)
        second, packet = await exchange(link, source, proof, clock)
    answer = accepted(second, packet, first.public_key if tls else b"")
    if tls and not (answer.certificate and first.authority == answer.authority):
        raise Rejected(
            "this gateway issues no certificates: greenlane gateway authority makes it able to; "
            "or take enrol_port out of [broker] and name certificates of your own"
        )
    return Enrolled(first.public_key, answer)


def accepted(message: Message, packet: Packet, gateway_key: bytes) -> EnrolAnswered:
    """The answer, if it is a yes; signed with ``gateway_key`` unless that is empty."""
    if not isinstance(message, EnrolAnswered):
        raise Rejected("an unexpected answer")
    if not message.is_enrolled:
        raise Rejected(message.reason)
    if gateway_key:
        try:
            verify(gateway_key, packet.body, packet.sig)
        except BadSignature as error:
            raise Rejected("somebody else than the gateway answers") from error
    return message


@asynccontextmanager
async def answering(dial: Dial, source: Source) -> AsyncIterator[Link]:
    """A link on which the gateway's answers to ``source`` are heard, for `ANSWER_S_MAX`."""
    async with dial(f"{source.post}-{source.name}-enrol-{os.urandom(4).hex()}") as link:
        await link.subscribe(topic(source, "enrol-told"))
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                yield link
        except TimeoutError as error:
            raise Unavailable("no gateway answers; is it running, and for this post?") from error


async def exchange(
    link: Link, source: Source, message: Message, clock: Clock, key: Key | None = None
) -> tuple[Message, Packet]:
    """Say one thing, signed with ``key`` if there is one; the first answer, and how it came."""
    body = compose(message, source=source, stamp=stamp(clock))
    asked = Packet(topic=topic(source, leaf_of(type(message))), body=body)
    if key is not None:
        asked = structs.replace(asked, keyid=key.keyid, sig=key.sign(body))
    await link.publish([asked])
    async for batch in link.receive():
        for packet in batch:
            try:
                return read(packet.body).message(), packet
            except (Unreadable, Refused) as error:
                raise Rejected(f"the gateway's answer cannot be read: {error}") from error
    raise Unavailable("the link ended")

"""How a key is entered: the box signs the gateway's nonce, and both prove that they know a code.

The one-time code is ``name-secret``. The name travels, the secret never does: it keys the two MACs
by which the box knows the gateway, and the gateway the box. Everything here is pure but `enrol`.
"""

import asyncio
import hmac
import os
from typing import Final, NamedTuple

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

    def mac(self, secret: str, who: bytes) -> bytes:
        """HMAC-SHA-256 by which ``who`` proves that it knows the secret."""
        return hmac.digest(secret.encode(), b"|".join((who, self.statement())), "sha256")

    def statement(self) -> bytes:
        """What the box signs with the key that it wants entered."""
        parts = (self.source.encode(), self.nonce, self.agent_key, self.gateway_key)
        return b"|".join((_SAYS, *(part.hex().encode() for part in parts)))


def challenge(source: str, asked: EnrolAsked, *, secret: str, nonce: bytes, key: Key) -> Message:
    """The gateway's answer to `EnrolAsked`."""
    if len(asked.public_key) != KEY_BYTES:
        return EnrolAnswered(is_enrolled=False, reason="the key is no Ed25519 public key")
    facts = _Facts(source, nonce, asked.public_key, key.public)
    return EnrolChallenged(nonce=nonce, public_key=key.public, mac=facts.mac(secret, b"gateway"))


def check(
    source: str, proved: EnrolProved, *, secret: str, nonce: bytes, gateway_key: bytes
) -> KeyEnrolled:
    """The entry for the journal; raise `Rejected` if the proof is none."""
    facts = _Facts(source, nonce, proved.public_key, gateway_key)
    if proved.nonce != nonce or not hmac.compare_digest(proved.mac, facts.mac(secret, b"agent")):
        raise Rejected("the enrolment code is wrong, used, or too old; ask for a new one")
    try:
        verify(proved.public_key, facts.statement(), proved.sig)
    except BadSignature as error:
        raise Rejected("the box does not hold the key that it shows") from error
    return KeyEnrolled(
        source=source,
        keyid=keyid_of(proved.public_key),
        public_key=proved.public_key,
        by=f"code {proved.code}",
    )


def prove(source: str, challenged: EnrolChallenged, *, code: Code, key: Key) -> EnrolProved:
    """The box's answer to the challenge; raise `Rejected` if this is not the code's gateway."""
    facts = _Facts(source, challenged.nonce, key.public, challenged.public_key)
    if not hmac.compare_digest(challenged.mac, facts.mac(code.secret, b"gateway")):
        raise Rejected("this gateway does not know the code: wrong gateway, or a mistyped code")
    return EnrolProved(
        public_key=key.public,
        code=code.name,
        nonce=challenged.nonce,
        sig=key.sign(facts.statement()),
        mac=facts.mac(code.secret, b"agent"),
    )


def new_nonce() -> bytes:
    """A nonce that nobody can foresee."""
    return os.urandom(NONCE_BYTES)


async def enrol(dial: Dial, *, source: Source, key: Key, code: str, clock: Clock) -> bytes:
    """Enter ``key`` at the gateway; returns the gateway's public key, to be kept.

    Raises `Rejected` with what to do, or `Unavailable` if no gateway answers.
    """
    known = Code.parse(code)
    async with dial(f"{source.post}-{source.name}-enrol-{os.urandom(4).hex()}") as link:
        await link.subscribe(topic(source, "enrol-told"))
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                asked = EnrolAsked(public_key=key.public, code=known.name)
                first = await _exchange(link, source, asked, clock)
                if isinstance(first, EnrolAnswered):
                    raise Rejected(first.reason)
                if not isinstance(first, EnrolChallenged):
                    raise Rejected("the gateway answers something else than a challenge")
                proof = prove(source, first, code=known, key=key)
                second = await _exchange(link, source, proof, clock)
        except TimeoutError as error:
            raise Unavailable("no gateway answers; is it running, and for this post?") from error
    if not isinstance(second, EnrolAnswered) or not second.is_enrolled:
        reason = second.reason if isinstance(second, EnrolAnswered) else "an unexpected answer"
        raise Rejected(reason)
    return first.public_key


async def _exchange(link: Link, source: Source, message: Message, clock: Clock) -> Message:
    body = compose(message, source=source, stamp=stamp(clock))
    await link.publish([Packet(topic=topic(source, leaf_of(type(message))), body=body)])
    async for batch in link.receive():
        for packet in batch:
            try:
                return read(packet.body).message()
            except (Unreadable, Refused) as error:
                raise Rejected(f"the gateway's answer cannot be read: {error}") from error
    raise Unavailable("the link ended")

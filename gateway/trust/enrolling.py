"""Enters keys: answers sources that ask, and journals the key of each that proves itself.

Where the post has an authority, a source gets its certificate with it, and later the next one.
"""

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from contract.clock import Clock
from contract.delivery import enrolment
from contract.identifiers import Source
from contract.link import Packet, Rejected, Unavailable
from contract.messages import (
    CertificateAsked,
    EnrolAnswered,
    EnrolAsked,
    EnrolProved,
    Message,
    Refused,
    Unreadable,
    read,
)
from contract.signing import BadSignature, verify
from contract.topics import source_of
from gateway.journal.journal import Journal
from gateway.trust.codes import Codes
from gateway.trust.keys import Keys
from gateway.trust.register import EACH_MAX, Paper, Register
from gateway.voice import NAME, Voice

if TYPE_CHECKING:
    from gateway.trust.authority import Authority

NONCES_MAX: Final = 1_000
"""Challenges that wait for their proof; the oldest gives way."""
NONCE_S: Final = 60.0
TRIES_MAX: Final = 10
"""Wrong proofs of one code; then it is used up."""
_log: Final = logging.getLogger(__name__)


class _Nonce(NamedTuple):
    nonce: bytes
    until: float


class Enrolling:
    """The gateway's side of `contract.delivery.enrolment`."""

    def __init__(
        self,
        journal: Journal,
        *,
        codes: Codes,
        keys: Keys,
        voice: Voice,
        clock: Clock,
        authority: "Authority | None" = None,
        register: Register | None = None,
    ) -> None:
        self._journal: Final = journal
        self._codes: Final = codes
        self._keys: Final = keys
        self._voice: Final = voice
        self._clock: Final = clock
        self._authority: Final = authority
        self._register: Final = register
        self._nonces: dict[tuple[str, str], _Nonce] = {}
        self._tries: dict[str, int] = {}

    async def take(self, packet: Packet) -> Packet | None:
        """The answer to a packet on the leaf ``enrol``; none if nobody could be answered."""
        source = source_of(packet.topic)
        if source is None or source.name == NAME:
            return None
        try:
            event = read(packet.body)
            message = event.message()
        except (Unreadable, Refused):
            return None
        if event.source != source:
            return None
        answer = await self._answer(source, packet, message)
        return None if answer is None else self._voice.packet(answer, source)

    async def _answer(self, source: Source, packet: Packet, message: Message) -> Message | None:
        match message:
            case EnrolAsked():
                return self._challenge(source, message)
            case EnrolProved():
                return await self._check(source, message)
            case CertificateAsked():
                return self._next_certificate(source, packet, message)
        return None

    def _challenge(self, source: str, asked: EnrolAsked) -> Message:
        secret = self._codes.secret(asked.code, source)
        if secret is None:
            return _no("there is no such code for this source; ask for a new one")
        nonce = enrolment.new_nonce()
        self._nonces[source, asked.code] = _Nonce(nonce, self._now + NONCE_S)
        while len(self._nonces) > NONCES_MAX:
            del self._nonces[next(iter(self._nonces))]
        return enrolment.challenge(
            *(source, asked),
            secret=secret,
            nonce=nonce,
            key=self._voice.key,
            authority=self._pem,
        )

    async def _check(self, source: Source, proved: EnrolProved) -> EnrolAnswered:
        secret = self._codes.secret(proved.code, source)
        nonce = self._nonces.pop((source, proved.code), None)
        if secret is None or nonce is None or nonce.until < self._now:
            return _no("the challenge or the code is too old; try again, or ask for a new code")
        try:
            enrolled = enrolment.check(
                source,
                proved,
                secret=secret,
                nonce=nonce.nonce,
                gateway_key=self._voice.key.public,
                authority=self._pem,
            )
        except Rejected as error:
            self._failed(proved.code)
            return _no(str(error))
        if self._keys.is_revoked(source, enrolled.keyid):
            return _no("this key was revoked: enrol with a new one, by --new-key")
        try:
            self._codes.use_up(proved.code)  # before the entry: a code never counts twice
            await self._journal.append([self._voice.say(enrolled)])
        except Unavailable as error:
            return _no(f"the gateway cannot keep the key now: {error}; ask for a new code later")
        self._keys.enrolled(enrolled)
        _log.info("%s enrolled the key %s by %s", source, enrolled.keyid, enrolled.by)
        return self._certified(source, enrolled.keyid, proved.tls_key)

    def _next_certificate(
        self, source: Source, packet: Packet, asked: CertificateAsked
    ) -> EnrolAnswered | None:
        """For a source that is enrolled; none for who does not show that it is that source."""
        public = self._keys.find(source, packet.keyid)
        if public is None:
            return None
        try:
            verify(public, packet.body, packet.sig)
            verify(asked.tls_key, public, asked.tls_sig)
        except BadSignature:
            return None
        if packet.keyid not in self._keys.counting(source):
            return _no("this key was revoked")
        now = self._clock.utc_now()
        if self._register is not None and self._register.count(source, now) >= EACH_MAX:
            return _no(f"{EACH_MAX} certificates of this box count already; enrol it anew")
        return self._certified(source, packet.keyid, asked.tls_key)

    def _certified(self, source: Source, keyid: str, tls_key: bytes) -> EnrolAnswered:
        """A yes, with a certificate if one was asked for and somebody here can issue it."""
        if not tls_key or self._authority is None:
            return EnrolAnswered(is_enrolled=True)
        try:
            issued = self._authority.issue(source.name, tls_key, self._clock.utc_now())
            if self._register is not None:
                self._register.enter(
                    Paper(
                        serial=issued.serial,
                        source=str(source),
                        keyid=keyid,
                        ends_at=issued.ends_at,
                    )
                )
        except (Rejected, Unavailable) as error:
            return _no(str(error))
        _log.info("%s has a certificate, to be renewed after %s", source, issued.renew_at)
        return EnrolAnswered(
            is_enrolled=True,
            certificate=issued.certificate,
            authority=self._authority.pem,
            renew_at=issued.renew_at,
        )

    @property
    def _pem(self) -> str:
        return self._authority.pem if self._authority else ""

    def _failed(self, code: str) -> None:
        self._tries[code] = self._tries.get(code, 0) + 1
        if self._tries[code] >= TRIES_MAX:
            del self._tries[code]
            self._codes.use_up(code)
            _log.warning("the enrolment code %s is void after %d wrong proofs", code, TRIES_MAX)

    @property
    def _now(self) -> float:
        return self._clock.monotonic_ns() / 1e9


def _no(reason: str) -> EnrolAnswered:
    return EnrolAnswered(is_enrolled=False, reason=reason)

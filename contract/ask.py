"""Questions over a link: MQTT 5 request and response (section 4.10 of the standard)."""

import asyncio
import itertools
import logging
from typing import Final

from contract.clock import Clock, stamp
from contract.link import Link, Packet, Rejected, Unavailable
from contract.messages import AskRefused, Message, Refused, Unreadable, compose, read
from contract.signing import BadSignature, Key, verify
from contract.topics import leaf_of, topic
from contract.wire import JSON

QUESTIONS_MAX: Final = 64
"""Questions of one asker that wait for an answer."""
ANSWER_S_MAX: Final = 10.0
_log: Final = logging.getLogger(__name__)


class Asker:
    """Asks over a link that somebody else receives from, and hands `told` what arrived.

    ``public_key`` is that of who is asked: then only what it signed, as the answer to this very
    question, is an answer.
    """

    def __init__(
        self, link: Link, *, me: str, session: str, clock: Clock, public_key: bytes = b""
    ) -> None:
        self._link: Final = link
        self._me: Final = me
        self._clock: Final = clock
        self._public_key: Final = public_key
        self.reply_to: Final = topic(me, "told") + f"/{session}"
        self._waiting: dict[bytes, asyncio.Future[Message]] = {}
        self._numbers: Final = itertools.count(1)

    async def ask(self, whom: str, question: Message) -> Message:
        """The answer; `Unavailable` after `ANSWER_S_MAX`, `Rejected` if there is none."""
        if len(self._waiting) >= QUESTIONS_MAX:
            raise Unavailable(f"{QUESTIONS_MAX} questions wait for an answer already")
        correlation = str(next(self._numbers)).encode()
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[correlation] = answer
        body = compose(question, source=self._me, stamp=stamp(self._clock))
        packet = Packet(
            topic=topic(whom, leaf_of(type(question))),
            body=body,
            reply_to=self.reply_to,
            correlation=correlation,
        )
        try:
            await self._link.publish([packet])
            # Not wait_for: until Python 3.12 it drops a cancellation that meets the answer.
            async with asyncio.timeout(ANSWER_S_MAX):
                message = await answer
        except TimeoutError as error:
            raise Unavailable(f"{whom} does not answer") from error
        finally:
            del self._waiting[correlation]
        if isinstance(message, AskRefused):
            raise Rejected(message.reason)
        return message

    def told(self, packet: Packet) -> None:
        """Take a packet that arrived on `reply_to`."""
        answer = self._waiting.get(packet.correlation)
        if answer is None or answer.done():
            return
        if not self._is_genuine(packet):
            # Not an answer: the true one may still come.
            return
        try:
            answer.set_result(read(packet.body).message())
        except (Unreadable, Refused) as error:
            answer.set_exception(Rejected(f"an answer that cannot be read: {error}"))

    def end(self) -> None:
        """The link is gone, and with it where answers would come: who waits is `Unavailable`."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Unavailable("the link broke before the answer came"))
                answer.exception()  # who is still publishing hears it from the link

    def _is_genuine(self, packet: Packet) -> bool:
        if not self._public_key:
            return True
        bound = _bound(self.reply_to, packet.correlation)
        try:
            verify(self._public_key, packet.body, packet.sig, bound)
        except BadSignature:
            _log.warning("an answer on %s was not signed by who was asked", packet.topic)
            return False
        return True


def answer(
    question: Packet, message: Message, *, me: str, clock: Clock, key: Key | None = None
) -> Packet:
    """The packet that carries an answer back; signed with ``key``, as the answer to just this."""
    body = compose(message, source=me, stamp=stamp(clock))
    bound = _bound(question.reply_to, question.correlation)
    return Packet(
        topic=question.reply_to,
        body=body,
        keyid=key.keyid if key else "",
        sig=key.sign(body, bound) if key else b"",
        correlation=question.correlation,
    )


def _bound(reply_to: str, correlation: bytes) -> str:
    """The payload type that is signed: an old answer cannot be said again to a new question."""
    return f"{JSON}; answers={reply_to}; number={correlation.hex()}"

"""Questions over a link: MQTT 5 request and response (section 4.10 of the standard)."""

import asyncio
import itertools
from typing import Final

from contract.clock import Clock, stamp
from contract.link import Link, Packet, Rejected, Unavailable
from contract.messages import AskRefused, Message, Refused, Unreadable, compose, read
from contract.topics import leaf_of, topic

QUESTIONS_MAX: Final = 64
"""Questions of one asker that wait for an answer."""
ANSWER_S_MAX: Final = 10.0


class Asker:
    """Asks over a link that somebody else receives from, and hands `told` what arrived."""

    def __init__(self, link: Link, *, me: str, session: str, clock: Clock) -> None:
        self._link: Final = link
        self._me: Final = me
        self._clock: Final = clock
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
        try:
            answer.set_result(read(packet.body).message())
        except (Unreadable, Refused) as error:
            answer.set_exception(Rejected(f"an answer that cannot be read: {error}"))


def answer(question: Packet, message: Message, *, me: str, clock: Clock) -> Packet:
    """The packet that carries an answer back."""
    return Packet(
        topic=question.reply_to,
        body=compose(message, source=me, stamp=stamp(clock)),
        correlation=question.correlation,
    )

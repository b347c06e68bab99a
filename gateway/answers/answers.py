"""Answers whoever asks over the link, a few at a time; `known` has what is asked for."""

import asyncio
from typing import Final

from contract.link import Packet, Rejected, Unavailable
from contract.messages import AskRefused, Message, Refused, Unreadable, read
from gateway.answers.known import Known
from gateway.outlet import Outlet
from gateway.voice import Voice

QUESTIONS_MAX: Final = 256
"""Questions that wait; who asks more is told to try later."""
AT_ONCE_MAX: Final = 4


class Answers:
    """Whoever asks on the gateway's leaf ``ask`` is answered here."""

    def __init__(self, outlet: Outlet, known: Known, voice: Voice) -> None:
        self._outlet: Final = outlet
        self._known: Final = known
        self._voice: Final = voice
        self._questions: Final[asyncio.Queue[Packet]] = asyncio.Queue(QUESTIONS_MAX)

    def take(self, packet: Packet) -> None:
        """A question arrived."""
        if not packet.reply_to:
            return
        try:
            self._questions.put_nowait(packet)
        except asyncio.QueueFull:
            self._say(packet, AskRefused(reason="The gateway has too many questions; ask later."))

    async def run(self) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(AT_ONCE_MAX):
                tasks.create_task(self._work(), name=f"answers {number}")

    async def _work(self) -> None:
        while True:
            packet = await self._questions.get()
            try:
                reply = await self._known.told(read(packet.body).message())
            except (Unreadable, Refused) as error:
                reply = AskRefused(reason=f"The question cannot be read: {error}"[:500])
            except (Rejected, Unavailable) as error:
                reply = AskRefused(reason=str(error)[:500])
            self._say(packet, reply)

    def _say(self, question: Packet, reply: Message) -> None:
        self._outlet.say([self._voice.answer(question, reply)])

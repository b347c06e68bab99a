"""Says to the outbox, and waits for as long as the outbox cannot: the disk may be full for a day.

While it waits nobody asks the devices for more: folders keep their pictures, readers their lines.
"""

import logging
from typing import Final

from contract.clock import Clock
from contract.delivery.outbox import Outbox
from contract.delivery.source_end import Said
from contract.link import Unavailable
from contract.messages import Message, Refused, Stream

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0


class Speaker:
    """The outbox, as the devices' side of the agent sees it."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox: Final = outbox
        self._clock: Final = clock
        self._is_stuck = False

    async def say(self, *said: Said) -> bool:
        """Say it; durable when this returns. False if a part of it is nothing one could say."""
        while True:
            try:
                await self._outbox.say(*said)
            except Unavailable as error:
                self._note(str(error))
                await self._clock.sleep(RETRY_S)
                continue
            except Refused as error:
                log.error("nobody could read this", extra={"reason": str(error)})  # noqa: TRY400 - the reason says it
                return False
            self._note("")
            return True

    async def recent(self, stream: Stream, limit: int) -> list[Message]:
        """What was said last and is still held, newest first."""
        return await self._outbox.call(self._outbox.end.recent, stream, limit)

    def _note(self, reason: str) -> None:
        """Log once when the outbox stops, and once when it takes again."""
        if bool(reason) == self._is_stuck:
            return
        self._is_stuck = bool(reason)
        if reason:
            log.error("outbox takes nothing: devices wait", extra={"reason": reason})
        else:
            log.info("outbox takes again")

"""Answers questions over the link: changes, histories, pictures, evidence, and what is here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from contract.ask import answer
from contract.clock import Clock
from contract.link import Packet, Rejected, Unavailable
from contract.messages import (
    AskRefused,
    BlobAsked,
    BlobTold,
    ChangesAsked,
    ChangesTold,
    CheckpointAsked,
    CheckpointTold,
    CompletenessAsked,
    EvidenceAsked,
    HistoryAsked,
    HistoryTold,
    Message,
    Refused,
    SeriesAsked,
    SeriesTold,
    Unreadable,
    read,
)
from contract.signing import Key
from gateway.answers.exports import Exports
from gateway.answers.signs import Signs
from gateway.journal.blobs import Blobs
from gateway.notary.notary import Notary
from gateway.outlet import Outlet
from gateway.timeseries.history import History

QUESTIONS_MAX: Final = 256
"""Questions that wait; who asks more is told to try later."""
AT_ONCE_MAX: Final = 4
PIECE_BYTES_MAX: Final = 512 * 1024
"""Bytes of a picture in one answer."""
_log: Final = logging.getLogger(__name__)


class Answers:
    """Whoever asks on the gateway's leaf ``ask`` is answered here."""

    def __init__(
        self,
        outlet: Outlet,
        *,
        me: str,
        changes: Callable[[str | None, int], Awaitable[ChangesTold]],
        blobs: Blobs,
        history: History | None,
        signs: Signs,
        clock: Clock,
        key: Key | None = None,
        notary: Notary | None = None,
        exports: Exports | None = None,
    ) -> None:
        self._outlet: Final = outlet
        self._me: Final = me
        self._changes: Final = changes
        self._blobs: Final = blobs
        self._history: Final = history
        self._signs: Final = signs
        self._clock: Final = clock
        self._key: Final = key
        self._notary: Final = notary
        self._exports: Final = exports
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
                reply = await self._answered(read(packet.body).message())
            except (Unreadable, Refused) as error:
                reply = AskRefused(reason=f"The question cannot be read: {error}"[:500])
            except (Rejected, Unavailable) as error:
                reply = AskRefused(reason=str(error)[:500])
            self._say(packet, reply)

    def _say(self, question: Packet, reply: Message) -> None:
        told = answer(question, reply, me=self._me, clock=self._clock, key=self._key)
        self._outlet.say([told])

    async def _answered(self, question: Message) -> Message:
        match question:
            case ChangesAsked(epoch=epoch, after=after):
                return await self._changes(epoch, after)
            case BlobAsked(sha256=sha256, offset_bytes=offset):
                piece = await asyncio.to_thread(self._blobs.read, sha256, offset, PIECE_BYTES_MAX)
                return BlobTold(
                    size_bytes=piece.size_bytes, media_type=piece.media_type, piece=piece.piece
                )
            case HistoryAsked() | SeriesAsked():
                return await self._from_store(question)
            case CompletenessAsked():
                return await self._signs.told(question)
            case CheckpointAsked():
                return CheckpointTold(checkpoint=self._checkpoint())
            case EvidenceAsked() if self._exports is not None:
                return await self._exports.told(question)
        raise Rejected("That is no question a gateway answers.")

    async def _from_store(self, asked: HistoryAsked | SeriesAsked) -> Message:
        if isinstance(asked, SeriesAsked):
            names = await self._store().series()
            return SeriesTold(series=tuple((n.device, n.metric, n.unit) for n in names))
        told = await self._store().points(
            asked.device, asked.metric, asked.start, asked.end, asked.points
        )
        return HistoryTold(points=tuple(told.points), unit=told.unit, step_s=told.step_s)

    def _checkpoint(self) -> str:
        if self._notary is None or self._notary.newest is None:
            raise Rejected("This gateway has signed nothing yet; ask again in a minute.")
        return self._notary.newest.note

    def _store(self) -> History:
        if self._history is None:
            raise Rejected("This gateway keeps no time series: its configuration names no sink.")
        return self._history

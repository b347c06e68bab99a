"""What a gateway can be asked for: changes, histories, pictures, evidence, and what is here."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from contract.link import Rejected
from contract.messages import (
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
    SeriesAsked,
    SeriesTold,
)
from gateway.answers.exports import Exports
from gateway.answers.signs import Signs
from gateway.journal.blobs import Blobs
from gateway.notary.notary import Notary
from gateway.timeseries.history import History

PIECE_BYTES_MAX: Final = 512 * 1024
"""Bytes of a picture in one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Where each of it is."""

    changes: Callable[[str | None, int], Awaitable[ChangesTold]]
    """Those after a number of an epoch."""
    blobs: Blobs
    history: History | None
    """None where no sink is configured that keeps one."""
    signs: Signs
    notary: Notary
    exports: Exports

    async def told(self, question: Message) -> Message:
        """The answer; `Rejected` if there is none, `Unavailable` for now."""
        match question:
            case ChangesAsked(epoch=epoch, after=after):
                return await self.changes(epoch, after)
            case BlobAsked(sha256=sha256, offset_bytes=offset):
                piece = await asyncio.to_thread(self.blobs.read, sha256, offset, PIECE_BYTES_MAX)
                return BlobTold(
                    size_bytes=piece.size_bytes, media_type=piece.media_type, piece=piece.piece
                )
            case HistoryAsked() | SeriesAsked():
                return await self._from_store(question)
            case CompletenessAsked():
                return await self.signs.told(question)
            case CheckpointAsked():
                return CheckpointTold(checkpoint=self._checkpoint())
            case EvidenceAsked():
                return await self.exports.told(question)
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
        if self.notary.newest is None:
            raise Rejected("This gateway has signed nothing yet; ask again in a minute.")
        return self.notary.newest.note

    def _store(self) -> History:
        if self.history is None:
            raise Rejected("This gateway keeps no time series: its configuration names no sink.")
        return self.history

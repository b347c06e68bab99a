"""From a finished picture to a scan that is said: look, say, send the original, put it away.

Each step may be the last before the power goes. The picture stays in the driver's hands until
everything is durable, so the worst that a crash leaves is a picture that is found *again*; then
the outbox is asked whether its scan was said already. The parts may be said twice: they are
addressed by their content, and the gateway has a picture once however often it comes.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Final

from contract.delivery.source_end import Said
from contract.messages import (
    PART_BYTES_MAX,
    BlobPart,
    Detection,
    ModelUsed,
    Picture,
    ScanCompleted,
    ScanFailed,
)
from edge.detector import PictureError, Scan
from edge.driver import PictureFound
from edge.speaker import Speaker

log = logging.getLogger(__name__)

PARTS_AT_ONCE: Final = 8
"""Blob parts in one transaction: 1 MiB, so that seals and readings never wait long."""
REMEMBERED_MAX: Final = 2_000
"""Events among which the scan of a picture that was found again is looked for."""
UNKNOWN_TYPE: Final = "application/octet-stream"

Outcome = ScanCompleted | ScanFailed
Detect = Callable[[bytes], Awaitable[Scan]]
"""Look at a picture; raises `PictureError` if it cannot be read."""


class Scans:
    """Looks at pictures, one after the other for each scanner."""

    def __init__(self, speaker: Speaker, detect: Detect, model: ModelUsed) -> None:
        self._speaker: Final = speaker
        self._detect: Final = detect
        self._model: Final = model

    async def take(self, device: str, found: PictureFound, at: datetime) -> None:
        """Do all that follows from a picture; when it returns, the picture has been put away."""
        outcome = await self._said_before(device, found) if found.is_again else None
        if outcome is None:
            outcome = await self._look(device, found)
            if not await self._speaker.say(Said(outcome, at)):
                outcome = _failed(device, found, "what the model saw cannot be said")
                await self._speaker.say(Said(outcome, at))
        await self._say_parts(found, at)
        why_failed = outcome.reason if isinstance(outcome, ScanFailed) else ""
        if why_failed:
            names = {"device": device, "picture": found.name, "reason": why_failed}
            log.warning("scan failed", extra=names)
        await found.settle(why_failed)

    async def _look(self, device: str, found: PictureFound) -> Outcome:
        if found.why_not:
            return _failed(device, found, found.why_not)
        try:
            scan = await self._detect(found.body)
        except PictureError as error:
            return _failed(device, found, str(error))
        return ScanCompleted(
            device=device,
            subject=found.subject,
            picture=_picture(found, scan.width, scan.height),
            detections=tuple(
                Detection(label=d.kind, score=d.score, box=d.box) for d in scan.detections
            ),
            model=self._model,
            milliseconds=scan.milliseconds,
        )

    async def _said_before(self, device: str, found: PictureFound) -> Outcome | None:
        """What was said of this picture before the crash that left it half done, if anything."""
        for message in await self._speaker.recent("events", REMEMBERED_MAX):
            if not isinstance(message, ScanCompleted | ScanFailed):
                continue
            if message.device == device and _sha256_of(message) == found.sha256:
                names = {"device": device, "picture": found.name}
                log.info("scan was said before a restart", extra=names)
                return message
        return None

    async def _say_parts(self, found: PictureFound, at: datetime) -> None:
        parts = list(_parts(found))
        for start in range(0, len(parts), PARTS_AT_ONCE):
            chosen = parts[start : start + PARTS_AT_ONCE]
            await self._speaker.say(*(Said(part, at, raw) for part, raw in chosen))


def _sha256_of(outcome: Outcome) -> str:
    return outcome.picture.sha256 if outcome.picture else ""


def _failed(device: str, found: PictureFound, reason: str) -> ScanFailed:
    return ScanFailed(
        device=device,
        subject=found.subject,
        picture=_picture(found, 0, 0) if found.body else None,
        reason=reason,
    )


def _picture(found: PictureFound, width_px: int, height_px: int) -> Picture:
    return Picture(
        sha256=found.sha256,
        size_bytes=len(found.body),
        media_type=found.media_type or UNKNOWN_TYPE,
        width_px=width_px,
        height_px=height_px,
    )


def _parts(found: PictureFound) -> Iterator[tuple[BlobPart, bytes]]:
    for offset in range(0, len(found.body), PART_BYTES_MAX):
        raw = found.body[offset : offset + PART_BYTES_MAX]
        part = BlobPart(
            sha256=found.sha256,
            size_bytes=len(found.body),
            media_type=found.media_type or UNKNOWN_TYPE,
            offset_bytes=offset,
            part_sha256=hashlib.sha256(raw).hexdigest(),
            part_bytes=len(raw),
        )
        yield part, raw

"""From a finished picture to a scan that is said: look, say, send the original, put it away.

Each step may be the last before the power goes. The picture stays in the driver's hands until
everything is durable, so the worst that a crash leaves is a picture that is found *again*; then
the outbox is asked whether its scan was said already. The parts may be said twice: they are
addressed by their content, and the gateway has a picture once however often it comes.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from contract.delivery.source_end import Said
from contract.messages import (
    Detection,
    Likelihood,
    ModelUsed,
    Picture,
    ReadingsTaken,
    ScanCompleted,
    ScanFailed,
)
from edge.blob import Blob
from edge.detector import Detection as Seen
from edge.detector import PictureError, Scan
from edge.drift import Drift
from edge.driver import PictureFound
from edge.speaker import Speaker

log = logging.getLogger(__name__)

PARTS_AT_ONCE: Final = 8
"""Blob parts in one transaction: 1 MiB, so that seals and readings never wait long."""
REMEMBERED_MAX: Final = 2_000
"""Events among which the scan of a picture that was found again is looked for."""
MEASURED_ON_MAX: Final = 80
"""Characters, by the contract; a passport may say more."""
UNKNOWN_TYPE: Final = "application/octet-stream"
VIEW_TYPE: Final = "image/png"

Outcome = ScanCompleted | ScanFailed
Detect = Callable[[bytes], Awaitable[Scan]]
"""Look at a picture; raises `PictureError` if it cannot be read."""


class Scans:
    """Looks at pictures, one after the other for each scanner."""

    def __init__(
        self, speaker: Speaker, detect: Detect, model: ModelUsed, drift: Drift | None = None
    ) -> None:
        self._speaker: Final = speaker
        self._detect: Final = detect
        self._model: Final = model
        self._drift: Final = drift

    async def take(self, device: str, found: PictureFound, at: datetime) -> None:
        """Do all that follows from a picture; when it returns, the picture has been put away."""
        parts = _parts_of(found, at)
        outcome = await self._said_before(device, found) if found.is_again else None
        if outcome is None:
            outcome, parts = await self._say_scan(device, found, at, parts)
        for start in range(0, len(parts), PARTS_AT_ONCE):
            await self._speaker.say(*parts[start : start + PARTS_AT_ONCE])
        why_failed = outcome.reason if isinstance(outcome, ScanFailed) else ""
        if why_failed:
            names = {"device": device, "picture": found.name, "reason": why_failed}
            log.warning("scan failed", extra=names)
        await found.settle(why_failed)

    async def _say_scan(
        self, device: str, found: PictureFound, at: datetime, parts: list[Said]
    ) -> tuple[Outcome, list[Said]]:
        """Say what came of looking; returns it, and the parts that are still to be said."""
        outcome, aside = await self._look(device, found, at)
        # A picture of one part goes along: one transaction, one fsync. A larger one waits behind.
        along, behind = (parts, []) if len(parts) == 1 else ([], parts)
        if not await self._speaker.say(Said(outcome, at), *along):
            outcome = _failed(device, found, "what the model saw cannot be said")
            await self._speaker.say(Said(outcome, at))
        if aside is not None:
            await self._speaker.say(Said(aside, at))
        return outcome, behind

    async def _look(
        self, device: str, found: PictureFound, at: datetime
    ) -> tuple[Outcome, ReadingsTaken | None]:
        """What came of looking, and now and then how its pictures have changed."""
        if found.why_not:
            return _failed(device, found, found.why_not), None
        try:
            scan = await self._detect(found.view or found.body)
        except PictureError as error:
            return _failed(device, found, str(error)), None
        aside = self._drift.saw(device, scan, at) if self._drift else None
        return self._completed(device, found, scan), aside

    def _completed(self, device: str, found: PictureFound, scan: Scan) -> ScanCompleted:
        return ScanCompleted(
            device=device,
            subject=found.subject,
            picture=_picture(_shown(found), scan.width, scan.height),
            original=_picture(_file(found), scan.width, scan.height) if found.view else None,
            detections=tuple(_detection(one, scan.weighed_on) for one in scan.detections),
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


def _detection(seen: Seen, weighed_on: str) -> Detection:
    step = seen.likelihood
    if step is None:
        return Detection(label=seen.kind, score=seen.score, box=seen.box)
    on = weighed_on[:MEASURED_ON_MAX]
    likelihood = Likelihood(ratio=step.ratio, low=step.low, high=step.high, measured_on=on)
    return Detection(label=seen.kind, score=seen.score, box=seen.box, likelihood=likelihood)


def _parts_of(found: PictureFound, at: datetime) -> list[Said]:
    """What is sent of it: what is looked at, and the file where that is another."""
    blobs = [_shown(found), *([_file(found)] if found.view else [])]
    return [said for blob in blobs for said in blob.said(at)]


def _file(found: PictureFound) -> Blob:
    """The file as the machine wrote it."""
    return Blob(found.body, found.sha256, found.media_type or UNKNOWN_TYPE)


def _shown(found: PictureFound) -> Blob:
    """What is looked at."""
    if not found.view:
        return _file(found)
    return Blob.of(found.view, VIEW_TYPE)


def _sha256_of(outcome: Outcome) -> str:
    """The hash of the file that it is about."""
    if isinstance(outcome, ScanCompleted) and outcome.original:
        return outcome.original.sha256
    return outcome.picture.sha256 if outcome.picture else ""


def _failed(device: str, found: PictureFound, reason: str) -> ScanFailed:
    return ScanFailed(
        device=device,
        subject=found.subject,
        picture=_picture(_file(found), 0, 0) if found.body else None,
        reason=reason,
    )


def _picture(blob: Blob, width_px: int, height_px: int) -> Picture:
    return Picture(
        sha256=blob.sha256,
        size_bytes=len(blob.body),
        media_type=blob.media_type,
        width_px=width_px,
        height_px=height_px,
    )

"""The newest scans, and whether their pictures have arrived whole: a pure fold."""

import hashlib
from typing import Final

import msgspec

from contract.identifiers import Source
from contract.messages import Scan, ScanChanged, ScanCompleted, ScanFailed
from gateway.entry import Entry

SCANS_MAX: Final = 500
"""Scans that are remembered; older ones stay in the journal."""
BLOBS_MAX: Final = 5_000
"""Blobs that are remembered as kept before a scan names them."""
ID_DIGITS: Final = 20


class Scans(msgspec.Struct):
    """Scans by id, and kept blobs by hash, the oldest first."""

    scans: dict[str, Scan] = {}
    blobs: dict[str, None] = {}

    def completed(self, entry: Entry, scan: ScanCompleted) -> ScanChanged:
        """A picture went through a model."""
        return self._put(
            Scan(
                id=_id(entry),
                source=entry.source,
                device=scan.device,
                post=str(Source(entry.source).post),
                subject=scan.subject,
                observed_at=entry.observed_at or entry.received_at,
                picture=scan.picture,
                is_kept=scan.picture.sha256 in self.blobs,
                detections=scan.detections,
                model=scan.model,
                milliseconds=scan.milliseconds,
            )
        )

    def failed(self, entry: Entry, scan: ScanFailed) -> ScanChanged:
        """A picture could not be looked at."""
        return self._put(
            Scan(
                id=_id(entry),
                source=entry.source,
                device=scan.device,
                post=str(Source(entry.source).post),
                subject=scan.subject,
                observed_at=entry.observed_at or entry.received_at,
                picture=scan.picture,
                is_kept=scan.picture is not None and scan.picture.sha256 in self.blobs,
                failed=scan.reason,
            )
        )

    def kept(self, sha256: str) -> list[ScanChanged]:
        """A blob arrived whole: the scans that show it."""
        self.blobs[sha256] = None
        if len(self.blobs) > BLOBS_MAX:
            del self.blobs[next(iter(self.blobs))]
        changes = []
        for id_, scan in self.scans.items():
            if scan.picture and scan.picture.sha256 == sha256 and not scan.is_kept:
                self.scans[id_] = msgspec.structs.replace(scan, is_kept=True)
                changes.append(ScanChanged(scan=self.scans[id_]))
        return changes

    def _put(self, scan: Scan) -> ScanChanged:
        self.scans[scan.id] = scan
        if len(self.scans) > SCANS_MAX:
            del self.scans[next(iter(self.scans))]
        return ScanChanged(scan=scan)


def _id(entry: Entry) -> str:
    return hashlib.sha256(str(entry.identity).encode()).hexdigest()[:ID_DIGITS]

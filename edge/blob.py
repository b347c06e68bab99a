"""Bytes that go along with a message, which names them by their hash: a picture, a passport."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Self

from contract.delivery.source_end import Said
from contract.messages import PART_BYTES_MAX, BlobPart


class Blob(NamedTuple):
    """Bytes that are sent, in parts that are addressed by their content."""

    body: bytes
    sha256: str
    media_type: str

    @classmethod
    def of(cls, body: bytes, media_type: str) -> Self:
        """With its hash."""
        return cls(body, hashlib.sha256(body).hexdigest(), media_type)

    def said(self, at: datetime | None = None) -> list[Said]:
        """What is to be said, part after part."""
        return [Said(part, at, raw) for part, raw in self._parts()]

    def _parts(self) -> Iterator[tuple[BlobPart, bytes]]:
        for offset in range(0, len(self.body), PART_BYTES_MAX):
            raw = self.body[offset : offset + PART_BYTES_MAX]
            part = BlobPart(
                sha256=self.sha256,
                size_bytes=len(self.body),
                media_type=self.media_type,
                offset_bytes=offset,
                part_sha256=self.sha256 if raw == self.body else hashlib.sha256(raw).hexdigest(),
                part_bytes=len(raw),
            )
            yield part, raw

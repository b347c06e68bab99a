"""What a command center asks the gateway, and what it is told."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from contract.messages.completeness import Completeness, Stretch
from contract.messages.delivery import SignedBytes
from contract.messages.fields import Count, Epoch, Hash, Instant, Name, SourceText, Text
from contract.messages.message import Message, Part
from contract.pattern import whole

CHANGES_PAGE_MAX: Final = 1_000
"""Changes on one page of the catch-up."""
ExportId = Annotated[str, Meta(pattern=whole("[0-9a-f]{32}"))]


class Point(Part, frozen=True, kw_only=True):
    """One point of a history: the mean over its step, and the lowest and highest in it."""

    at: Instant
    mean: float
    low: float
    high: float
    count: Count


class ChangesAsked(Message, frozen=True, kw_only=True):
    """Changes after (epoch, number), please; none for the epoch asks for a snapshot."""

    type: ClassVar[str] = "changes.asked"
    epoch: Epoch | None = None
    after: Count = 0


class ChangesTold(Message, frozen=True, kw_only=True):
    """Changes in their order. `is_snapshot`: forget what you knew, this is all up to `upto`."""

    type: ClassVar[str] = "changes.told"
    epoch: Epoch
    upto: Count
    is_snapshot: bool
    is_last: bool
    changes: tuple[SignedBytes, ...] = ()


class HistoryAsked(Message, frozen=True, kw_only=True):
    """Points of one metric, at most `points`, between two instants."""

    type: ClassVar[str] = "history.asked"
    device: Name
    metric: Name
    start: Instant
    end: Instant
    points: Annotated[int, Meta(ge=1, le=5_000)] = 600


class HistoryTold(Message, frozen=True, kw_only=True):
    """The points asked for, oldest first; a hole is a hole."""

    type: ClassVar[str] = "history.told"
    points: tuple[Point, ...]
    unit: Annotated[str, Meta(max_length=16)] = ""
    step_s: float = 0


class SeriesAsked(Message, frozen=True, kw_only=True):
    """Which devices and metrics have a history?"""

    type: ClassVar[str] = "series.asked"


class SeriesTold(Message, frozen=True, kw_only=True):
    """Pairs of device and metric."""

    type: ClassVar[str] = "series.told"
    series: tuple[tuple[str, str, str], ...]
    """Device, metric, unit."""


class BlobAsked(Message, frozen=True, kw_only=True):
    """Bytes of a kept blob from an offset on."""

    type: ClassVar[str] = "blob.asked"
    sha256: Hash
    offset_bytes: Count = 0


class BlobTold(Message, frozen=True, kw_only=True):
    """A piece of a kept blob (base64 in JSON)."""

    type: ClassVar[str] = "blob.told"
    size_bytes: Count
    media_type: Name
    piece: bytes


class CheckpointAsked(Message, frozen=True, kw_only=True):
    """The newest checkpoint, please."""

    type: ClassVar[str] = "checkpoint.asked"


class CheckpointTold(Message, frozen=True, kw_only=True):
    """The newest checkpoint, with the cosignatures that it has by now."""

    type: ClassVar[str] = "checkpoint.told"
    checkpoint: Annotated[str, Meta(max_length=65_536)]


class EvidenceAsked(Message, frozen=True, kw_only=True):
    """The archive of one alert, from an offset on; the first time, it is begun.

    ``export`` is chosen by who asks: asked again with the same one, the same archive is told.
    """

    type: ClassVar[str] = "evidence.asked"
    export: ExportId
    alert: Name
    offset_bytes: Count = 0


class EvidenceTold(Message, frozen=True, kw_only=True):
    """A piece of an archive (base64 in JSON); without a hash, it is still being made."""

    type: ClassVar[str] = "evidence.told"
    sha256: Annotated[str, Meta(pattern=whole("([0-9a-f]{64})?"))] = ""
    """Of the whole archive."""
    size_bytes: Count = 0
    piece: bytes = b""
    notes: tuple[Text, ...] = ()
    """What is not in it, and from when on back-dating is excluded: sentences."""


class CompletenessAsked(Message, frozen=True, kw_only=True):
    """Is everything here that this device of this source saw between two instants?

    Without a device: what the agent itself said. `steps`: in so many stretches of equal length.
    """

    type: ClassVar[str] = "completeness.asked"
    source: SourceText
    device: Annotated[str, Meta(max_length=80)] = ""
    start: Instant
    end: Instant
    steps: Annotated[int, Meta(ge=1, le=200)] = 1


class CompletenessTold(Message, frozen=True, kw_only=True):
    """The answer as one word (the worst of the stretches), and why in sentences."""

    type: ClassVar[str] = "completeness.told"
    status: Completeness
    reasons: tuple[Text, ...] = ()
    stretches: tuple[Stretch, ...]
    whole: Stretch | None = None
    """All of them as one: a message near a border counts in both stretches, but here once."""


class AskRefused(Message, frozen=True, kw_only=True):
    """A question without an answer, and why."""

    type: ClassVar[str] = "ask.refused"
    reason: Text

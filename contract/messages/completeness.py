"""How whole what a source said is."""

from typing import ClassVar, Literal

from contract.messages.fields import Count, Instant, SourceText, Stream
from contract.messages.message import Message, Part

Completeness = Literal["complete", "late", "missing", "declared lost", "cannot tell"]


class StreamState(Part, frozen=True, kw_only=True):
    """How whole one stream of one source is, over all its epochs, with counts of numbers."""

    stream: Stream
    status: Completeness
    kept: Count
    missing: Count
    lost: Count
    waiting: Count = 0
    """Messages that the source says wait in its outbox."""


class Stretch(Part, frozen=True, kw_only=True):
    """How whole what an agent saw in a stretch of time is; counts are of its numbers there."""

    start: Instant
    end: Instant
    status: Completeness
    kept: Count
    missing: Count
    lost: Count


class CompletenessChanged(Message, frozen=True, kw_only=True):
    """How whole what a source said is."""

    type: ClassVar[str] = "completeness.changed"
    source: SourceText
    status: Completeness
    streams: tuple[StreamState, ...]

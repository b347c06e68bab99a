"""What the gateway enters of itself: who judges, what it holds back, erases and has signed."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from contract.messages.fields import Count, Instant, Name, SourceText, Text
from contract.messages.message import Message

RetentionClass = Literal["telemetry", "events", "evidence"]
"""How long a body is kept is said by class: what an alert rests on is evidence."""


class JudgeChanged(Message, frozen=True, kw_only=True):
    """From here on another version of the judge, or other rules, decide."""

    type: ClassVar[str] = "judge.changed"
    version: Name
    rules: tuple[str, ...]
    settings: Annotated[str, Meta(max_length=100_000)] = ""
    """The thresholds of the rules, in JSON, so that a replay needs nothing but the journal."""


class SuspectsHeld(Message, frozen=True, kw_only=True):
    """The gateway quarantined messages in the name of a source, and why the last of them."""

    type: ClassVar[str] = "suspects.held"
    source: SourceText
    count: Count
    reason: Text
    revoked_key: Annotated[str, Meta(max_length=80)] = ""
    """The revoked key that signed the last of them, if one did."""


class BodiesErased(Message, frozen=True, kw_only=True):
    """The gateway erases bodies of its journal, as its retention says; hashes and signatures stay.

    Of the entries up to position `upto` whose class has an end, and on which no alert rests that is
    not closed. Said before the first of them is erased.
    """

    type: ClassVar[str] = "bodies.erased"
    retention: RetentionClass
    upto: Count
    received_before: Instant


class NotaryChanged(Message, frozen=True, kw_only=True):
    """Whether the journal's checkpoints are signed in time: by the gateway, or by a witness."""

    type: ClassVar[str] = "notary.changed"
    witness: Annotated[str, Meta(max_length=200)] = ""
    """Its name; empty for the gateway's own signature."""
    is_well: bool
    since: Instant
    """When a checkpoint began to wait that is not signed yet; or when all were."""
    size: Count = 0
    """Entries under the last one that was signed."""
    reason: Text = ""


class CheckpointMade(Message, frozen=True, kw_only=True):
    """How the journal stands, as a signed note (`contract.proof.checkpoint`); told to everybody."""

    type: ClassVar[str] = "checkpoint.made"
    checkpoint: Annotated[str, Meta(max_length=65_536)]

"""Alerts, with what they rest on."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from contract.messages.acts import ActDone
from contract.messages.fields import Count, Hash, Instant, Name, SourceText, Text, TypeText
from contract.messages.message import Message, Part
from contract.messages.scans import Detection, ModelUsed, Picture

Severity = Literal["critical", "high", "medium", "low"]
AlertState = Literal["open", "acknowledged", "in progress", "resolved", "closed"]


class Evidence(Part, frozen=True, kw_only=True):
    """One message that an alert rests on."""

    source: SourceText
    epoch: str
    stream: Name
    sequence: Count
    hash: Hash
    type: TypeText
    """Without our prefix, where it had that; nothing else is known of it if it was refused."""
    observed_at: Instant
    says: Text


class Alert(Part, frozen=True, kw_only=True):
    """The findings of one rule about one subject in one episode."""

    id: Name
    rule: Name
    subject: Name
    post: Name
    source: SourceText
    device: Name
    severity: Severity
    state: AlertState
    title: Text
    detail: Text
    opened_at: Instant
    """By the device's clock, where it has one; the journal's otherwise."""
    told_at: Instant
    """The journal's."""
    changed_at: Instant
    """The journal's."""
    times: Count = 1
    """Findings in this episode."""
    is_active: bool = True
    """Whether the condition still holds; false for what clears by itself and did."""
    is_late: bool = False
    """Whether it rests only on what came after its stream had moved on."""
    assigned_to: Annotated[str, Meta(max_length=80)] = ""
    picture: Picture | None = None
    detections: tuple[Detection, ...] = ()
    model: ModelUsed | None = None
    evidence: tuple[Evidence, ...] = ()
    acts: tuple[ActDone, ...] = ()


class AlertChanged(Message, frozen=True, kw_only=True):
    """An alert as it now is; `act` names the officer's act that changed it, if one did."""

    type: ClassVar[str] = "alert.changed"
    alert: Alert
    act: Annotated[str, Meta(max_length=80)] = ""

"""How long the body of an entry is kept: which class its type belongs to, and days by class. Pure.

Hashes, signatures, sources and times of all entries stay for ever, so that chains, receipts and
proofs still hold when a body is gone. An entry that an alert rests on is evidence, whatever its
type says; while the alert is not closed it is never erased.
"""

from datetime import timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from contract.link import Rejected
from contract.messages import (
    AgentAlive,
    AgentBorn,
    BlobPart,
    OfficeChanged,
    OfficerActed,
    ReadingsTaken,
    RetentionClass,
    StreamLost,
)
from gateway.adapters.heard import ForeignHeard

CLASSES: Final[tuple[RetentionClass, ...]] = ("telemetry", "events", "evidence")
BY_TYPE: Final[dict[str, RetentionClass]] = {
    ReadingsTaken.type: "telemetry",
    ForeignHeard.type: "telemetry",
    AgentAlive.type: "telemetry",
    AgentBorn.type: "telemetry",
    OfficerActed.type: "evidence",
    OfficeChanged.type: "evidence",
}
"""All other types are events."""
FOR_EVER: Final = (StreamLost.type, BlobPart.type)
"""Small, about nobody, and what the ledger and the proof of a picture stand on."""
ERASABLE: Final = ("kept", "refused", "fork", "foreign")
"""Kinds of entries that may lose their body: what the gateway says itself stays."""

Days = Annotated[int, Meta(ge=0, le=36_500)]


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days after which a body is erased, counted from when it was received; 0: never."""

    telemetry_days: Days = 0
    """Readings, signs of life, what devices said that are not ours."""
    events_days: Days = 0
    """Seals, scans and their pictures, devices that came and went."""
    evidence_days: Days = 0
    """What a closed alert rests on, its pictures, and what officers did."""

    def lasting(self, retention: RetentionClass) -> timedelta | None:
        """How long bodies of a class are kept; none: for ever. Raises `Rejected` for a mistake."""
        days: int = getattr(self, f"{retention}_days")
        if self.evidence_days and not 0 < self.events_days <= self.evidence_days:
            raise Rejected("[retention] evidence_days is shorter than events_days: evidence last")
        return timedelta(days=days) if days else None


def class_of(type_: str, kind: str, *, is_evidence: bool) -> RetentionClass | None:
    """The class of an entry's body; none for what is kept for ever."""
    if kind not in ERASABLE or type_ in FOR_EVER or type_.startswith("key."):
        return None
    return "evidence" if is_evidence else BY_TYPE.get(type_, "events")

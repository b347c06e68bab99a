"""Which topic a message travels on, how often it may arrive, and who listens where.

``greenlane/1/POST/NAME/LEAF``: topics follow from the type and the source, and no topic is written
anywhere else. Nothing is retained and nothing rests in the broker: the receipt makes us sure.
"""

import re
from typing import Final

from contract.identifiers import Source
from contract.messages import (
    ActRefused,
    AgentAlive,
    AgentBorn,
    AgentChanged,
    AlertChanged,
    AskRefused,
    BlobAsked,
    BlobPart,
    BlobTold,
    CertificateAsked,
    ChangesAsked,
    ChangesTold,
    CheckpointAsked,
    CheckpointMade,
    CheckpointTold,
    CompletenessAsked,
    CompletenessChanged,
    CompletenessTold,
    EnrolAnswered,
    EnrolAsked,
    EnrolChallenged,
    EnrolProved,
    EvidenceAsked,
    EvidenceTold,
    HistoryAsked,
    HistoryTold,
    JudgeChanged,
    Message,
    ReadingsTaken,
    Receipt,
    ScanChanged,
    SeriesAsked,
    SeriesTold,
    Stream,
)

ROOT: Final = "greenlane/1"
ALERTS: Final = "alerts"
"""Stands where a source's name would; no rule is called like a leaf of a source."""
SAID: Final = ("events", "readings", "bulk", "life", "gone")
"""The leaves that a gateway's intake hears."""

BROKER: Final = "$CONTROL/dynamic-security/v1"
"""mosquitto's own topic: what is said there asks its plugin for access."""
BROKER_TOLD: Final = f"{BROKER}/response"

_LEVEL: Final = re.compile(r"[/+#\x00]")
"""What a level of a topic cannot hold."""

_BULK: Final = (BlobPart,)
_READINGS: Final = (ReadingsTaken,)
_LIFE: Final = (AgentBorn, AgentAlive)
_CHANGES: Final = (
    *(AlertChanged, ActRefused, AgentChanged, CompletenessChanged, ScanChanged, JudgeChanged),
)
_ASK: Final = (
    ChangesAsked,
    HistoryAsked,
    SeriesAsked,
    BlobAsked,
    CheckpointAsked,
    CompletenessAsked,
    EvidenceAsked,
)
_TELL: Final = (
    ChangesTold,
    HistoryTold,
    SeriesTold,
    BlobTold,
    CheckpointTold,
    AskRefused,
    CompletenessTold,
    EvidenceTold,
)
_ENROL: Final = (EnrolAsked, EnrolProved, CertificateAsked)
_ENROL_TOLD: Final = (EnrolChallenged, EnrolAnswered)

_LEAVES: Final[dict[type[Message], str]] = {
    **dict.fromkeys(_BULK, "bulk"),
    **dict.fromkeys(_READINGS, "readings"),
    **dict.fromkeys(_LIFE, "life"),
    **dict.fromkeys(_CHANGES, "changes"),
    **dict.fromkeys(_ASK, "ask"),
    **dict.fromkeys(_TELL, "told"),
    **dict.fromkeys(_ENROL, "enrol"),
    **dict.fromkeys(_ENROL_TOLD, "enrol-told"),
    Receipt: "receipts",
    CheckpointMade: "checkpoint",
}


def stream_of(message: Message) -> Stream:
    """The stream that numbers a message of a source: pictures, readings, and all else is events."""
    if isinstance(message, _BULK):
        return "bulk"
    return "readings" if isinstance(message, _READINGS) else "events"


def leaf_of(kind: type[Message]) -> str:
    """The last level of the topic of a type."""
    return _LEAVES.get(kind, "events")


def topic(source: str, leaf: str) -> str:
    """Where ``source`` says (or is told) what belongs to ``leaf``."""
    return f"{ROOT}{source}/{leaf}"


def every(post: str, leaf: str) -> str:
    """The filter for one leaf of every source of a post; ``+`` for every post."""
    return f"{ROOT}/{post}/+/{leaf}"


def source_of(topic: str) -> Source | None:
    """Who a topic belongs to; none if it is not one of ours."""
    if not topic.startswith(f"{ROOT}/"):
        return None
    text, _, _ = topic.removeprefix(ROOT).rpartition("/")
    return Source(text) if Source.form.fullmatch(text) else None


def is_of(topic: str, source: str) -> bool:
    """Whether a topic belongs to this source, whose form was looked at before."""
    return topic.rpartition("/")[0] == f"{ROOT}{source}"


def alert_topic(post: str, rule: str) -> str:
    """Where outside systems hear the alerts of one rule: ``greenlane/1/POST/alerts/RULE``."""
    return f"{ROOT}/{post}/{ALERTS}/{_LEVEL.sub('-', rule)}"


def alert_topics(post: str) -> str:
    """The filter for the alerts of every rule of a post; ``+`` for every post."""
    return f"{ROOT}/{post}/{ALERTS}/+"

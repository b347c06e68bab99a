"""What supervisors set: thresholds of rules. In the journal, so a replay needs no file."""

from typing import Annotated

import msgspec
from msgspec import Meta

from contract.messages import Name, Severity

Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Thresholds; a key that is not known is a mistake, never ignored."""


class Limit(Setting, frozen=True, kw_only=True):
    """A metric's range, for one device or (``device`` empty) for all that have no own limit."""

    metric: Name
    device: Annotated[str, Meta(max_length=80)] = ""
    low: float | None = None
    high: float | None = None
    for_s: Seconds = 10.0
    """Out of range for so long before it is an alert, and back for so long before it clears."""
    severity: Severity = "medium"


class Contraband(Setting, frozen=True, kw_only=True):
    """How grave a class of contraband is, and from which raw score on it is an alert.

    A detector announces only what is past the threshold of its model's passport, and raw scores of
    two models do not compare. So everything announced is an alert, unless a post raises the bar.
    """

    label: Name
    severity: Severity = "high"
    score_min: Share = 0.0


class Clones(Setting, frozen=True, kw_only=True):
    """Shorter than this between two reads of one seal is impossible."""

    between_posts_s: Seconds = 1_800.0
    between_lanes_s: Seconds = 5.0
    between_containers_s: Seconds = 86_400.0
    """A seal closes one container once."""


class Pictures(Setting, frozen=True, kw_only=True):
    """How far a scanner's pictures may be from those its model was made for (stability index)."""

    moved_min: Annotated[float, Meta(gt=0, le=100)] = 0.25
    """From here on it is an alert."""
    settled_max: Annotated[float, Meta(ge=0, le=100)] = 0.1
    """Down to here before it clears."""
    severity: Severity = "medium"


class JudgeSettings(Setting, frozen=True, kw_only=True, cache_hash=True):
    """All thresholds of all rules."""

    readings: tuple[Limit, ...] = ()
    contraband: tuple[Contraband, ...] = (
        Contraband(label="elephant_tusk"),
        Contraband(label="rhino_horn"),
        Contraband(label="pangolin_scales"),
        Contraband(label="turtle_shell", severity="medium"),
        Contraband(label="snake_or_lizard", severity="medium"),
        Contraband(label="bird", severity="medium"),
        Contraband(label="eggs", severity="medium"),
        Contraband(label="coral_or_shell", severity="medium"),
        Contraband(label="firearm", severity="critical"),
        Contraband(label="knife"),
    )
    """A picture alone is never critical for wildlife: at a border most such alerts are false."""
    contraband_otherwise: Contraband | None = Contraband(label="other", severity="medium")
    """For a class that is not named above; none: such classes are no alert."""
    clones: Clones = Clones()
    pictures: Pictures = Pictures()
    silent_s: Annotated[float, Meta(ge=5, le=86_400)] = 30.0
    """Without a word for so long, an agent counts as silent."""
    hole_s: Seconds = 60.0
    """Numbers missing for so long are an alert."""
    acts_from: tuple[Name, ...] = ("command-center",)
    """Names of the sources whose officers may act."""

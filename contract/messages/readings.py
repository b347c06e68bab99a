"""What sensors measured."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from contract.messages.fields import Instant, Name
from contract.messages.message import Message, Part

READINGS_MAX: Final = 1_000
"""Readings in one batch."""
DRIFT_METRIC: Final = "picture_drift"
"""Reading of a scanner: how far its last pictures are from those its model was made for.

The population stability index of the feature that moved most: up to 0.1 nothing has happened,
from 0.25 on the model's figures do not hold. Each feature has a reading of its own, with `_` and
its name behind; how many pictures it was, the one below.
"""
DRIFT_PICTURES_METRIC: Final = "picture_drift_pictures"


class Reading(Part, frozen=True, kw_only=True):
    """One measured value of one metric of one device."""

    device: Name
    metric: Name
    value: float
    unit: Annotated[str, Meta(max_length=16)]
    observed_at: Instant


class ReadingsTaken(Message, frozen=True, kw_only=True):
    """A batch of readings, at least one."""

    type: ClassVar[str] = "readings.taken"
    readings: Annotated[tuple[Reading, ...], Meta(min_length=1, max_length=READINGS_MAX)]

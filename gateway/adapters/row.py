"""What one foreign message says: values of some metrics of a device, or whether it is here."""

from typing import NamedTuple

import msgspec

Column = tuple[str, str]
"""Metric and unit."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What all messages of one adapter have in common."""

    title: str = ""
    """What people call this kind of device."""
    lane: str = ""
    table: str = ""
    """The measurement that has each message as one point of many fields; empty for readings."""


class Unfit(ValueError):
    """A payload that cannot be read, and why: it goes to the quarantine."""


class Row(NamedTuple):
    """The values of one message; `columns` are shared by all messages of one shape."""

    item: int
    """Which message of its entry, from 0."""
    device: str
    observed_us: int
    columns: tuple[Column, ...]
    values: tuple[float | None, ...]


class Presence(NamedTuple):
    """A device (or what publishes for it) says that it is here, or the broker that it went."""

    item: int
    device: str
    is_here: bool

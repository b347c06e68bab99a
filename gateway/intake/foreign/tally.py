"""How much was heard of devices that are not ours, and what of it was not kept: for a monitor."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Messages, from the start of the process."""

    kept: int = 0
    unfit: int = 0
    """Could not be read: a few of them are in quarantine, all are counted."""
    dropped: int = 0
    """Found no room to wait in: their topic floods."""

"""What the report and the README of an archive are told."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from greenlane.evidence.gathering import Case


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is in the archive."""

    case: Case
    gateway: str
    key: bytes
    made_at: datetime
    notes: tuple[str, ...]
    """The checkpoints."""
    pictures: dict[str, Path]
    """By their names in the archive."""
    passports: dict[str, Path]
    """By the SHA-256 of the weights."""

"""What a check of a journal found: faults by place, notes, and what was looked at."""

from typing import Final, NamedTuple

FAULTS_MAX: Final = 1_000
"""Faults that are named; further ones are counted."""


class Fault(NamedTuple):
    """Something that is not as it was written."""

    where: str
    """``entry 8412``, ``change 17``, ``picture ab12…``, ``file``."""
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Report:
    """All of it."""

    def __init__(self) -> None:
        self.journal = ""
        self.counts: Final[dict[str, int]] = {}
        """What was looked at, and how often."""
        self.notes: Final[list[str]] = []
        """No harm, but worth knowing."""
        self.faults: Final[list[Fault]] = []
        self.fault_count = 0

    def fault(self, where: str, what: str) -> None:
        """Name something that is wrong."""
        self.fault_count += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(where, what))

    def count(self, what: str, times: int = 1) -> None:
        """Something was looked at."""
        self.counts[what] = self.counts.get(what, 0) + times

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.fault_count

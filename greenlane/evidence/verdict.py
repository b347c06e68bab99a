"""What a verification found: what was checked, and the first thing that is wrong. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Wrong(Exception):
    """Something is not as it must be; ``where`` is the file or thing."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


class Check(NamedTuple):
    """Something that holds."""

    about: str
    says: str


class Seen(NamedTuple):
    """A checkpoint that somebody else has cosigned."""

    size: int
    at: datetime
    witness: str


@dataclass
class Verdict:
    """The whole of it."""

    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is not proved, in sentences."""
    wrong: Wrong | None = None
    is_known: bool = False
    """Whether the gateway's key is one that the reader trusts."""
    seen: list[Seen] = field(default_factory=list)
    """By witnesses that the reader trusts."""
    positions: list[int] = field(default_factory=list)
    """Of the entries."""

    @property
    def back_dating(self) -> str:
        """From when on nothing of this can have been put in, in one sentence."""
        last = max(self.positions, default=0)
        over = [one for one in self.seen if one.size >= last]
        if not over:
            return (
                "Back-dating by the holder of the gateway's key is not excluded: no trusted "
                "witness has cosigned a checkpoint over all entries."
            )
        first = min(over, key=lambda one: one.at)
        return (
            f"Back-dating is excluded from {first.at:%Y-%m-%d %H:%M:%S} UTC on: {first.witness} "
            f"had then seen all of it, in the checkpoint over {first.size} entries."
        )

    @property
    def times(self) -> list[str]:
        """For each trusted cosignature that is the first over an entry, what had been seen then."""
        told, upto = [], 0
        for one in sorted(self.seen, key=lambda one: one.at):
            new = [place for place in self.positions if upto < place <= one.size]
            if new:
                upto = max(new)
                which = f"entry {new[0]}" if len(new) == 1 else f"entries {new[0]} to {upto}"
                told.append(f"{one.at:%Y-%m-%d %H:%M:%S} UTC: {one.witness} had seen {which}")
        return told

    def lines(self) -> list[str]:
        """For a terminal."""
        told = [f"{'ok':7}{check.about:14} {check.says}" for check in self.checks]
        told += [f"{'note':7}{'':14} {says}" for says in self.notes]
        if self.wrong is not None:
            return [*told, f"{'WRONG':7}{self.wrong.where}: {self.wrong.why}", "NOT VERIFIED."]
        told += [f"{'time':7}{'':14} {says}" for says in self.times]
        known = "VERIFIED." if self.is_known else "CONSISTENT, SIGNER UNKNOWN: give --trust KEY."
        return [*told, self.back_dating, known]

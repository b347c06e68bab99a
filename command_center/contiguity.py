"""Whether a change is the next one: by (epoch, number) and by the chain of hashes. Pure.

The feed asks it about every change, and acts on the answer.
"""

from typing import Literal

import msgspec

from command_center.change import Change

Verdict = Literal["next", "repeat", "hole", "fork"]
"""Apply it; ignore it; ask for what lies between; the chain is broken: take a snapshot."""


class Head(msgspec.Struct, frozen=True, gc=False):
    """The last change that was applied; its hash is none right after a snapshot without it."""

    epoch: str = ""
    number: int = 0
    hash: str | None = None

    def judge(self, change: Change) -> Verdict:
        """What the change is, seen from this head."""
        if change.epoch != self.epoch:
            return "hole"
        if change.number <= self.number:
            is_other = change.number == self.number and self.hash not in (None, change.hash)
            return "fork" if is_other else "repeat"
        if change.number > self.number + 1:
            return "hole"
        return "next" if self.hash in (None, change.previous) else "fork"


def head_of(change: Change) -> Head:
    """The head after this change."""
    return Head(change.epoch, change.number, change.hash)

"""Where a subscriber stands among the gateway's changes: epoch and last number. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Self

FORM: Final = re.compile(r"([0-9a-f]{16}):([0-9]{1,10})", re.ASCII)


class NotACursor(ValueError):
    """This text is no cursor of ours."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Everything up to this change was seen; written `EPOCH:NUMBER`."""

    epoch: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one; raise `NotACursor`."""
        found = FORM.fullmatch(text)
        if found is None:
            raise NotACursor("A cursor is EPOCH:NUMBER, as an earlier answer gave it.")
        return cls(found[1], int(found[2]))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.number}" if self.epoch else ""

"""How whole every source is: the ledger's answers, told as `completeness.changed`. Pure."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from contract.messages import Completeness, CompletenessChanged, StreamState
from gateway.judge.ledger import Ledger

RETELL_S: Final = 10
"""While only counts change, a source is told again at most so often."""


class Told(msgspec.Struct, kw_only=True):
    """What was said of a source last."""

    status: Completeness
    streams: tuple[StreamState, ...]
    at: datetime


class Wholeness(msgspec.Struct):
    """What was told of each source, and who was touched since."""

    told: dict[str, Told] = {}
    touched: dict[str, None] = {}
    status: dict[str, Completeness] = {}
    foreign: dict[str, int] = {}
    """Messages of sources that number nothing: nobody can tell whether any is missing."""

    def heard(self, source: str, messages: int) -> None:
        """A source that numbers nothing said so many."""
        self.foreign[source] = self.foreign.get(source, 0) + messages
        self.touch(source)

    def touch(self, source: str) -> None:
        """The ledger of this source changed."""
        self.touched[source] = None

    def due(self, now: datetime) -> datetime | None:
        """When there is something to tell; none while nothing changes."""
        lasting = timedelta(seconds=RETELL_S)
        return min(
            (self.told[s].at + lasting if s in self.told else now for s in self.touched),
            default=None,
        )

    def tell(self, ledger: Ledger, now: datetime) -> list[CompletenessChanged]:
        """What is to be told at this moment."""
        changes = []
        for source in list(self.touched):
            status, streams = self._judged(source, ledger)
            self.status[source] = status
            before = self.told.get(source)
            if before is not None and before.status == status:
                if before.streams == streams:
                    del self.touched[source]
                    continue
                if now - before.at < timedelta(seconds=RETELL_S):
                    continue
            del self.touched[source]
            self.told[source] = Told(status=status, streams=streams, at=now)
            changes.append(CompletenessChanged(source=source, status=status, streams=streams))
        return changes

    def _judged(self, source: str, ledger: Ledger) -> tuple[Completeness, tuple[StreamState, ...]]:
        if source not in self.foreign:
            return ledger.completeness(source)
        kept = self.foreign[source]
        state = StreamState(stream="readings", status="cannot tell", kept=kept, missing=0, lost=0)
        return "cannot tell", (state,)

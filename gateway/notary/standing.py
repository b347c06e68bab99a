"""How one who signs checkpoints stands: since when nothing was signed that should have been."""

from datetime import datetime
from typing import Final

from contract.clock import Clock

REASON_CHARS_MAX: Final = 500


class Standing:
    """Of a witness, or of the gateway itself. A clock that is set changes no lag."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name: Final = name
        """The witness; empty for the gateway's own signature."""
        self.size = 0
        """Entries under the last checkpoint that was signed."""
        self.at: datetime | None = None
        """When it was."""
        self.since: datetime | None = None
        """When a checkpoint began to wait; none while nothing does."""
        self.reason = ""
        """Why the last try came to nothing."""
        self.signed = 0
        self.refused = 0
        """Said no: another log, another key."""
        self.away = 0
        """Could not be asked, or did not answer."""
        self.has_given_up = False
        """It never signs again until the gateway starts anew."""
        self._clock: Final = clock
        self._since_ns = 0

    def waits(self) -> None:
        """There is something to be signed."""
        if self.since is None:
            self.since, self._since_ns = self._clock.utc_now(), self._clock.monotonic_ns()

    def was_signed(self, size: int) -> None:
        """All that waited is signed."""
        self.size, self.at, self.since, self.reason = size, self._clock.utc_now(), None, ""
        self.signed += 1

    def failed(self, reason: str, *, is_refusal: bool) -> None:
        """It was asked, and did not sign."""
        self.reason = reason[:REASON_CHARS_MAX]
        if is_refusal:
            self.refused += 1
        else:
            self.away += 1

    @property
    def lag_s(self) -> float:
        """For how long something waits, in seconds."""
        return (self._clock.monotonic_ns() - self._since_ns) / 1e9 if self.since else 0.0

    def is_well(self, late_s: float) -> bool:
        """Whether what waits waits not longer than that."""
        return not self.has_given_up and self.lag_s <= late_s

"""The journal's own clock: monotonic, slewed to UTC, never decreasing."""

import logging
from datetime import datetime
from typing import Final

from contract.clock import Clock
from gateway.instant import instant, microseconds

SLEW_SHARE: Final = 10
"""Of ten microseconds that pass, at most one is added or left out to come into step with UTC."""
STEP_US: Final = 60_000_000
"""Behind UTC by more than this, the box has slept or was set right: step, once, and say so."""
_log: Final = logging.getLogger(__name__)


class SlewedClock:
    """Gives each entry its `received_at`; asked on the loop alone."""

    def __init__(self, clock: Clock, not_before_us: int = 0) -> None:
        self._clock: Final = clock
        self._now_us = max(not_before_us, microseconds(clock.utc_now()))
        self._mark_ns = clock.monotonic_ns()

    def now_us(self) -> int:
        """Microseconds since 1970 UTC; never less than the last answer."""
        mark = self._clock.monotonic_ns()
        passed = max(0, (mark - self._mark_ns) // 1_000)
        self._mark_ns += passed * 1_000
        self._now_us += passed
        behind = microseconds(self._clock.utc_now()) - self._now_us
        if behind > STEP_US:
            _log.warning("the journal's clock steps forward by %d s", behind // 1_000_000)
            self._now_us += behind
        else:
            limit = passed // SLEW_SHARE
            self._now_us += max(-limit, min(limit, behind))
        return self._now_us

    def peek(self) -> datetime:
        """About what the next answer would be; changes nothing."""
        passed = max(0, (self._clock.monotonic_ns() - self._mark_ns) // 1_000)
        return instant(self._now_us + passed)

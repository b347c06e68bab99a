"""Time as an argument: services are handed a `Clock`, so tests can hand them a virtual one."""

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from contract.kernel_clock import max_error_ms
from contract.messages import Stamp

HINT_ERROR_MS: Final = 1_000
"""What a receipt may be late by: it follows a message within a second, and its way is unknown."""


class Clock(Protocol):
    """A clock that tells UTC and counts on without steps."""

    boot_id: str
    """Names the start of the box since which `monotonic_ns` counts."""

    def utc_now(self) -> datetime:
        """UTC with a time zone; may step."""

    def monotonic_ns(self) -> int:
        """Nanoseconds since `boot_id` began; never steps."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def error_ms(self) -> int | None:
        """How far UTC may be off; none while unknown."""


class SystemClock:
    """The clock of this box."""

    def __init__(self) -> None:
        self.boot_id = _boot_id()

    def utc_now(self) -> datetime:
        """UTC by the system."""
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        """CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)

    def error_ms(self) -> int | None:
        """The kernel's own estimate (adjtimex, in `contract.kernel_clock`); none if not in step."""
        return max_error_ms()


class GuidedClock:
    """A clock that, while its box is not in step with UTC, goes by what the receipts tell.

    An estimate is marked as one in every stamp. The box's own monotonic clock carries it on.
    """

    def __init__(self, inner: Clock) -> None:
        self.boot_id = inner.boot_id
        self._inner: Final = inner
        self._told: tuple[datetime, int] | None = None

    def hint(self, told: datetime) -> None:
        """A signed receipt that was just read says that it is this late."""
        self._told = (told, self._inner.monotonic_ns())

    @property
    def is_estimated(self) -> bool:
        """Whether the time comes from receipts."""
        return self._told is not None and self._inner.error_ms() is None

    def utc_now(self) -> datetime:
        """UTC by the box if that is in step, otherwise by the last receipt."""
        if self._told is None or not self.is_estimated:
            return self._inner.utc_now()
        told, at_ns = self._told
        return told + timedelta(microseconds=(self._inner.monotonic_ns() - at_ns) // 1_000)

    def monotonic_ns(self) -> int:
        """The box's."""
        return self._inner.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)

    def error_ms(self) -> int | None:
        """The box's; `HINT_ERROR_MS` for an estimate; none while unknown."""
        return HINT_ERROR_MS if self.is_estimated else self._inner.error_ms()


def stamp(clock: Clock, observed_at: datetime | None = None) -> Stamp:
    """The present moment as messages carry it; ``observed_at`` where the fact is older."""
    return Stamp(
        observed_at=observed_at or clock.utc_now(),
        boot_id=clock.boot_id,
        monotonic_ns=clock.monotonic_ns(),
        clock_error_ms=clock.error_ms(),
        is_estimated=isinstance(clock, GuidedClock) and clock.is_estimated,
    )


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(uuid.uuid4())

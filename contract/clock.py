"""Time as an argument: services are handed a `Clock`, so tests can hand them a virtual one."""

import asyncio
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from contract.kernel_clock import max_error_ms
from contract.messages import Stamp


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


def stamp(clock: Clock, observed_at: datetime | None = None) -> Stamp:
    """The present moment as messages carry it; ``observed_at`` where the fact is older."""
    return Stamp(
        observed_at=observed_at or clock.utc_now(),
        boot_id=clock.boot_id,
        monotonic_ns=clock.monotonic_ns(),
        clock_error_ms=clock.error_ms(),
    )


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(uuid.uuid4())

"""A virtual clock: an event loop whose time jumps to the next timer when there is nothing to do.

Work on threads (an outbox's commit) is waited for in real time; the virtual clock stands still.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

START: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
THREAD_POLL_S: Final = 0.002

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Waits really only as long as a thread is at work."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.loop.threads or timeout is None:
            return super().select(THREAD_POLL_S)
        self.loop.advance(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with its own time."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.loop = self
        self._virtual = 0.0
        self.threads = 0
        super().__init__(selector)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual

    def advance(self, seconds: float) -> None:
        """Jump."""
        due = self._scheduled[0].when() if self._scheduled else None  # type: ignore[attr-defined]
        target = self._virtual + seconds
        self._virtual = max(target, due) if due is not None and due - target < 1e-6 else target

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]  # the same, typed less
        """As usual, and time stands still meanwhile."""
        self.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _future: object) -> None:
        self.threads -= 1


class VirtualClock:
    """A `contract.clock.Clock` on a virtual loop; `step` sets UTC wrong on purpose."""

    def __init__(self, boot_id: str = "boot") -> None:
        self.boot_id = boot_id
        self.step_s = 0.0
        self.known_error_ms: int | None = 5

    def utc_now(self) -> datetime:
        """UTC, from the virtual loop."""
        seconds = asyncio.get_running_loop().time() + self.step_s
        return START + timedelta(seconds=seconds)

    def monotonic_ns(self) -> int:
        """Nanoseconds of the virtual loop."""
        return int(asyncio.get_running_loop().time() * 1e9)

    async def sleep(self, seconds: float) -> None:
        """Wait, virtually."""
        await asyncio.sleep(seconds)

    def error_ms(self) -> int | None:
        """What the test says."""
        return self.known_error_ms


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine on a virtual loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)

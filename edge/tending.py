"""Keeps one device open for ever: the only supervisor, and the only place that catches broadly.

open ─▶ found ─▶ observe … ─▶ lost ─▶ wait ─▶ open …
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final, Protocol, TypeVar

from contract.clock import Clock
from edge.driver import DeviceLost, Driver, Observed

log = logging.getLogger(__name__)

WAIT_S_FIRST: Final = 0.5
WAIT_S_MAX: Final = 30.0
STEADY_S: Final = 30.0
"""A device that answered for so long is opened again without having to wait longer each time."""
JITTER: Final = 0.5
"""Part of each wait that is left to chance: devices behind one switch come back one by one."""
FINISH_S_MAX: Final = 10.0
"""So long may what was begun take when the agent stops."""

T = TypeVar("T")


class Listener(Protocol):
    """Who hears what a device observes."""

    async def found(self, device: str) -> None:
        """The device answers."""

    async def lost(self, device: str, reason: str) -> None:
        """It does not answer any more, or it never did."""

    async def take(self, device: str, observed: Observed) -> None:
        """It observed something; returns when the next may come."""


async def tend(
    driver: Driver, listener: Listener, *, clock: Clock, chance: Callable[[], float]
) -> None:
    """Watch a device until cancelled; ``chance`` gives numbers from 0 to 1."""
    name = driver.device.device
    wait_s = WAIT_S_FIRST
    is_found: bool | None = None
    while True:
        opened_ns = clock.monotonic_ns()
        try:
            async with aclosing(_observations(driver)) as observations:
                async for observed in observations:
                    # Only what it says proves it: a dead sensor behind a live converter opens well.
                    if not is_found:
                        is_found = True
                        opened_ns = clock.monotonic_ns()
                        log.info("device found", extra={"device": name})
                        await finish(listener.found(name))
                    await finish(listener.take(name, observed))
                    _stop_if_cancelled()
        except DeviceLost as error:
            reason = str(error)
        _stop_if_cancelled()
        if is_found is not False:
            log.warning("device lost", extra={"device": name, "reason": reason})
            await finish(listener.lost(name, reason))
            was_steady = clock.monotonic_ns() - opened_ns >= STEADY_S * 1e9
            wait_s = WAIT_S_FIRST if was_steady else wait_s
        is_found = False
        await clock.sleep(wait_s * (1 - JITTER * chance()))
        wait_s = min(wait_s * 2, WAIT_S_MAX)


def _stop_if_cancelled() -> None:
    """Below us a cancellation may be swallowed: `asyncio.wait_for` of Python 3.11 does it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _observations(driver: Driver) -> AsyncGenerator[Observed, None]:
    """What the device observes; ends with `DeviceLost`, always."""
    try:
        async with driver.open() as device:
            async for observed in device:
                yield observed
    except DeviceLost:
        raise
    except Exception as error:
        # A mistake in one driver, or in a library below it, must not take the other devices along.
        log.exception("driver broke", extra={"device": driver.device.device})
        raise DeviceLost(f"the driver broke: {type(error).__name__}: {error}") from error
    raise DeviceLost("the device has nothing more to say")


async def finish(work: Awaitable[T]) -> T:
    """Do it to the end, at most `FINISH_S_MAX` past the moment in which the agent is stopped.

    A seal says some things once: what was taken from the device has to reach the outbox.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=FINISH_S_MAX)
        if not task.done():
            log.warning("stopped in the middle", extra={"task": task.get_name()})
            task.cancel()
        raise

"""The suite for every driver: ours run through it in the tests, yours with ``python -m edge.kit``.

Each check takes a fresh bench, unplugged, and a fresh driver on it; it raises `CheckFailed`.
"""

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from contract.clock import SystemClock
from edge.driver import DeviceLost, Driver, Observed, Settings
from edge.kit.bench import PATIENCE_S, Bench, CheckFailed, first_expected, plugged

CLOCK_ERROR_MAX: Final = timedelta(minutes=2)
STOP_S_MAX: Final = 10.0
STALL_S_MAX: Final = 1.0
"""Seconds in which a driver may keep the event loop from all other devices."""
TICK_S: Final = 0.02

Check = Callable[[Bench, Driver], Awaitable[None]]


async def names_its_device(bench: Bench, driver: Driver) -> None:
    """Device, title and lane are those of its settings."""
    settings: Settings = bench.settings
    told = driver.device
    if (told.device, told.title, told.lane) != (settings.device, settings.title, settings.lane):
        raise CheckFailed(f"it calls itself {told.device!r}, {told.title!r}, {told.lane!r}")
    if not told.family:
        raise CheckFailed("its device names no family")


async def says_what_its_device_says(bench: Bench, driver: Driver) -> None:
    """From the wire to an observation: expected, complete, and with the time of now."""
    async with plugged(bench):
        observed = await first_expected(bench, driver)
    _is_recent("Observed.at", observed.at)
    for reading in observed.readings:
        _is_recent(f"observed_at of {reading.metric}", reading.observed_at)
        if not math.isfinite(reading.value):
            raise CheckFailed(f"{reading.metric} is {reading.value}: that is no reading")
    seals = {observed.seal.device} if observed.seal else set()
    others = ({one.device for one in observed.readings} | seals) - {bench.settings.device}
    if others:
        raise CheckFailed(f"it speaks for {', '.join(sorted(others))}, and not for its own device")


async def loses_an_absent_device(bench: Bench, driver: Driver) -> None:
    """Opening what is not there raises `DeviceLost` with a reason; it does not hang."""
    await _is_lost(bench, driver, "nothing is plugged in")


async def finds_its_device_again(bench: Bench, driver: Driver) -> None:
    """Unplugged it is lost; plugged in again, the same driver object speaks to it as before."""
    await bench.plug()
    await _is_lost(bench, driver, "the device was unplugged", unplug=True)
    async with plugged(bench):
        await first_expected(bench, driver)


async def says_when_it_has_said_all(bench: Bench, driver: Driver) -> None:
    """`Observed.up_to` comes: without it no time range could ever be called complete."""
    async with plugged(bench), driver.open() as device:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                async for observed in device:
                    await _settle(observed)
                    if observed.up_to is None:
                        continue
                    if observed.up_to > datetime.now(UTC):  # noqa: TID251 - outside of our clock
                        raise CheckFailed(f"up_to is in the future: {observed.up_to}")
                    return
    raise CheckFailed("no observation carries up_to")


async def stops_with_the_agent(bench: Bench, driver: Driver) -> None:
    """Cancelled in the middle, it ends at once, and with nothing but the cancellation."""
    async with plugged(bench):
        heard = asyncio.Event()
        watching = asyncio.ensure_future(_watch(driver, heard))
        hearing = asyncio.ensure_future(heard.wait())
        await asyncio.wait({watching, hearing}, timeout=PATIENCE_S, return_when="FIRST_COMPLETED")
        hearing.cancel()
        watching.cancel()
        await asyncio.wait({watching, hearing}, timeout=STOP_S_MAX)
        if not watching.done():
            raise CheckFailed(f"it does not stop within {STOP_S_MAX:g} s of being cancelled")
        if not watching.cancelled():
            raise CheckFailed(f"cancelled, it raises {watching.exception()!r} instead")


async def leaves_the_loop_free(bench: Bench, driver: Driver) -> None:
    """No blocking call: while it waits for its device, all others are served."""
    async with plugged(bench):
        loop_s, box_s = await _stalls(asyncio.ensure_future(first_expected(bench, driver)))
    # On a busy box everything stalls: only what the rest of the process did not feel counts.
    if loop_s - box_s > STALL_S_MAX:
        raise CheckFailed(f"it blocks the event loop for {loop_s:.1f} s: use asyncio.to_thread")


CHECKS: Final[tuple[Check, ...]] = (
    names_its_device,
    says_what_its_device_says,
    loses_an_absent_device,
    finds_its_device_again,
    says_when_it_has_said_all,
    stops_with_the_agent,
    leaves_the_loop_free,
)
"""All of them, in the order in which a new driver comes to pass them."""


def _is_recent(what: str, at: datetime) -> None:
    if at.tzinfo is None:
        raise CheckFailed(f"{what} has no time zone: take clock.utc_now()")
    if abs(at - SystemClock().utc_now()) > CLOCK_ERROR_MAX:
        raise CheckFailed(f"{what} is {at}, which is not now")


async def _is_lost(bench: Bench, driver: Driver, why: str, *, unplug: bool = False) -> None:
    """`DeviceLost` is raised, with a reason, and not before the device was unplugged."""
    plug = [unplug]
    try:
        async with asyncio.timeout(PATIENCE_S):
            await _watch_and_unplug(bench, driver, plug)
    except DeviceLost as error:
        if plug[0]:
            raise CheckFailed(f"lost while it was plugged in: {error}") from error
        if not str(error):
            raise CheckFailed("DeviceLost without a reason: say where it was looked for") from error
    except TimeoutError as error:
        raise CheckFailed(f"{why}, and {PATIENCE_S:g} s later nothing was raised") from error
    except Exception as error:
        raise CheckFailed(f"{why}, and it raises {error!r}, not DeviceLost") from error
    else:
        raise CheckFailed(f"{why}, and the iterator ends without DeviceLost")


async def _watch_and_unplug(bench: Bench, driver: Driver, plug: list[bool]) -> None:
    """Watch for ever; unplug the device once it said what is expected, if it is to be."""
    async with driver.open() as device:
        async for observed in device:
            if plug[0] and bench.is_expected(observed):
                await _settle(observed)
                plug[0] = False
                await bench.unplug()


async def _settle(observed: Observed) -> None:
    if observed.picture:
        await observed.picture.settle("")


async def _watch(driver: Driver, heard: asyncio.Event) -> None:
    async with driver.open() as device:
        async for observed in device:
            await _settle(observed)
            heard.set()


async def _stalls(work: asyncio.Future[Observed]) -> tuple[float, float]:
    """The longest time in which the event loop, and in which a thread beside it, did not run."""
    ended = threading.Event()
    box = [0.0]

    def tick() -> None:
        last_s = time.monotonic()
        while not ended.wait(TICK_S):
            box[0], last_s = max(box[0], time.monotonic() - last_s), time.monotonic()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    loop_s, last_s = 0.0, time.monotonic()
    try:
        while not work.done():
            await asyncio.sleep(TICK_S)
            loop_s, last_s = max(loop_s, time.monotonic() - last_s), time.monotonic()
        await work
    finally:
        work.cancel()
        ended.set()
        thread.join()
    return loop_s, box[0]

"""The one supervisor: opens again and again, says what changed, never dies of a driver."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

from contract.messages import Device
from edge.driver import DeviceLost, Observed, Settings
from edge.tending import STEADY_S, WAIT_S_MAX, finish, tend
from tests.support.virtual import START, VirtualClock, run_virtually

QUIET = Observed(at=START)


class Scripted:
    """A driver that does what a list says, one entry for each time it is opened."""

    settings = Settings
    device = Device(device="sensor", family="scripted")

    def __init__(self, *script: Exception | float) -> None:
        self._script: Iterator[Exception | float] = iter(script)
        self.opened_at: list[float] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """Raise what the script says, or live for so many seconds."""
        self.opened_at.append(asyncio.get_running_loop().time())
        now = next(self._script, 1e9)
        if isinstance(now, Exception):
            raise now
        yield self._live(now)

    async def _live(self, seconds: float) -> AsyncIterator[Observed]:
        yield QUIET
        await asyncio.sleep(seconds)
        raise DeviceLost("unplugged")


class Heard:
    """Remembers what the supervisor says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def found(self, device: str) -> None:
        """See `Listener`."""
        self.said.append(f"{device} found")

    async def lost(self, device: str, reason: str) -> None:
        """See `Listener`."""
        self.said.append(f"{device} lost: {reason}")

    async def take(self, _device: str, observed: Observed) -> None:
        """See `Listener`."""
        assert observed is QUIET


def tended(driver: Scripted, seconds: float) -> list[str]:
    """What is said of a driver in so many virtual seconds."""
    heard = Heard()

    async def main() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await tend(driver, heard, clock=VirtualClock(), chance=lambda: 0.0)  # type: ignore[arg-type]  # scripted

    run_virtually(main())
    return heard.said


def test_a_device_that_comes_back_is_lost_and_found() -> None:
    """Each change is said once."""
    said = tended(Scripted(5.0, DeviceLost("off"), DeviceLost("off"), 1e6), 60)
    assert said == ["sensor found", "sensor lost: unplugged", "sensor found"]


def test_a_device_that_never_was_is_said_to_be_lost_once() -> None:
    """A thousand vain tries are one message."""
    said = tended(Scripted(*[DeviceLost("no such host")] * 100), 1_000)
    assert said == ["sensor lost: no such host"]


def test_a_driver_with_a_mistake_is_a_lost_device() -> None:
    """Whatever it raises, the agent lives and tries again."""
    said = tended(Scripted(ZeroDivisionError("in the library"), 1e6), 60)
    assert said == [
        "sensor lost: the driver broke: ZeroDivisionError: in the library",
        "sensor found",
    ]


def test_the_wait_doubles_up_to_its_limit() -> None:
    """A dead switch is not hammered."""
    driver = Scripted(*[DeviceLost("off")] * 12)
    tended(driver, 200)
    waits = [b - a for a, b in zip(driver.opened_at, driver.opened_at[1:], strict=False)]
    assert [round(wait, 3) for wait in waits[:7]] == [0.5, 1, 2, 4, 8, 16, WAIT_S_MAX]
    assert max(waits) <= WAIT_S_MAX + 0.001


def test_a_steady_device_is_opened_again_quickly() -> None:
    """Only those that fail again and again have to wait."""
    driver = Scripted(*[STEADY_S + 1] * 5)
    tended(driver, 5 * STEADY_S)
    gaps = [b - a for a, b in zip(driver.opened_at, driver.opened_at[1:], strict=False)]
    assert all(gap - STEADY_S - 1 <= 0.51 for gap in gaps)


def test_what_was_begun_is_finished_when_the_agent_stops() -> None:
    """A seal that was read while somebody pressed stop still reaches the outbox."""
    done: list[str] = []

    async def work() -> None:
        await asyncio.sleep(2)
        done.append("said")

    async def main() -> None:
        task = asyncio.ensure_future(finish(work()))
        await asyncio.sleep(1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    run_virtually(main())
    assert done == ["said"]

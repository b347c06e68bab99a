"""One suite for every driver, each with its simulated device over a real socket or folder."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.driver import DeviceLost, Driver
from edge.drivers import DRIVERS
from tests.edge.benches import BENCHES, Bench, driver_on, first_expected, plugged


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """Each family in turn."""
    return BENCHES[request.param](tmp_path)


def test_every_family_has_a_bench() -> None:
    """A driver without a simulated device is a driver that nobody tests."""
    assert BENCHES.keys() == DRIVERS.keys()


def test_a_device_names_its_family(bench: Bench) -> None:
    """The twin on the screen knows which driver speaks to the device."""
    device = driver_on(bench).device
    assert device.family in DRIVERS
    assert device.device == bench.settings.device


@pytest.mark.anyio
async def test_a_driver_yields_what_its_device_says(bench: Bench) -> None:
    """From the wire to an observation, with the time it was made."""
    async with plugged(bench):
        observed = await first_expected(bench, driver_on(bench))
    assert abs(observed.at - datetime.now(UTC)) < timedelta(minutes=2)


@pytest.mark.anyio
async def test_an_absent_device_is_lost_with_a_reason(bench: Bench) -> None:
    """Opening what is not there raises; it does not hang, and says where it looked."""
    with pytest.raises(DeviceLost, match=r"127\.0\.0\.1|scans"):
        await first_expected(bench, driver_on(bench))


@pytest.mark.anyio
async def test_an_unplugged_device_is_lost_and_can_be_opened_again(bench: Bench) -> None:
    """The same driver object speaks to the device before and after."""
    driver = driver_on(bench)
    await bench.plug()
    with pytest.raises(DeviceLost):
        await unplug_after_first(bench, driver)
    async with plugged(bench):
        assert bench.is_expected(await first_expected(bench, driver))


async def unplug_after_first(bench: Bench, driver: Driver) -> None:
    """Watch the device, and pull the plug once it spoke."""
    async with asyncio.timeout(30), driver.open() as device:
        async for observed in device:
            if bench.is_expected(observed):
                if observed.picture:
                    await observed.picture.settle("")
                await bench.unplug()


@pytest.mark.anyio
async def test_a_driver_says_up_to_when_it_has_said_all(bench: Bench) -> None:
    """Without it no time range could ever be called complete."""
    async with plugged(bench), asyncio.timeout(20), driver_on(bench).open() as device:
        async for observed in device:
            if observed.picture:
                await observed.picture.settle("")
            elif observed.up_to:
                assert observed.up_to <= datetime.now(UTC)
                break

"""One suite for every driver, each with its simulated device over a real socket, line or folder."""

from pathlib import Path

import pytest

from edge.driver import DeviceLost
from edge.drivers import DRIVERS
from edge.kit.suite import CHECKS, Check
from tests.edge.benches import BENCHES, driver_on, first_expected

PLACE = r"127\.0\.0\.1|/scans|/tty|/dicom"


def test_every_family_has_a_bench() -> None:
    """A driver without a simulated device is a driver that nobody tests."""
    assert BENCHES.keys() == DRIVERS.keys()


@pytest.mark.anyio
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("family", BENCHES)
async def test_a_driver_does_what_drivers_do(family: str, check: Check, tmp_path: Path) -> None:
    """The suite of the driver kit, which says of each check what it is."""
    bench = BENCHES[family](tmp_path)
    await check(bench, driver_on(bench))


@pytest.mark.anyio
@pytest.mark.parametrize("family", BENCHES)
async def test_an_absent_device_is_looked_for_in_a_place_that_is_told(
    family: str, tmp_path: Path
) -> None:
    """Whoever reads the reason knows where to look; and the twin names a family that there is."""
    bench = BENCHES[family](tmp_path)
    driver = driver_on(bench)
    assert driver.device.family in DRIVERS
    with pytest.raises(DeviceLost, match=PLACE):
        await first_expected(bench, driver)

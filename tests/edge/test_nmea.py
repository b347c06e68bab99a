"""Positions: the sentences of the standard, hostile bytes, a real serial line and a TCP port."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.clock import SystemClock
from edge.driver import DeviceLost, Observed
from edge.drivers.nmea import Nmea, NmeaSettings
from edge.drivers.nmea_sentences import Fix, Thinner, gga_of, parse, rmc_of
from edge.drivers.seal_lines import BadLine, checksum_of
from simulators.position_receiver import PositionReceiver
from simulators.serial_wire import serial_wire

PATIENCE_S = 30
KEMBA = Fix(
    time_s=43_200.0,
    latitude=-4.0547,
    longitude=39.6636,
    speed_mps=1.5,
    altitude_m=17.0,
    satellites=9,
)
fixes = st.builds(
    Fix,
    time_s=st.integers(0, 86_399).map(float),
    latitude=st.floats(-90, 90).map(lambda d: round(d, 7)),
    longitude=st.floats(-180, 180).map(lambda d: round(d, 7)),
    speed_mps=st.none() | st.floats(0, 200).map(lambda v: round(v, 3)),
    altitude_m=st.none() | st.floats(-400, 9_000).map(lambda m: round(m, 1)),
    satellites=st.none() | st.integers(0, 40),
)


def framed(body: bytes) -> bytes:
    """A line with the right checksum."""
    return b"$%b*%02X\r\n" % (body, checksum_of(body))


def test_the_sentences_of_the_manuals_are_read() -> None:
    """The examples that every receiver's manual prints."""
    rmc = parse(b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n")
    gga = parse(b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n")
    assert rmc == Fix(time_s=45_319.0, latitude=48.1173, longitude=11.5166667, speed_mps=11.524)
    assert gga == Fix(
        time_s=45_319.0, latitude=48.1173, longitude=11.5166667, altitude_m=545.4, satellites=8
    )


@given(fixes)
def test_what_is_printed_reads_back(fix: Fix) -> None:
    """The simulated receiver and the driver agree, everywhere on Earth."""
    rmc, gga = parse(rmc_of(fix)), parse(gga_of(fix))
    assert rmc
    assert gga
    for heard in (rmc, gga):
        assert heard.latitude == pytest.approx(fix.latitude, abs=1e-6)
        assert heard.longitude == pytest.approx(fix.longitude, abs=1e-6)
    assert rmc.speed_mps == pytest.approx(fix.speed_mps, abs=2e-3)
    assert (gga.altitude_m, gga.satellites) == (fix.altitude_m, fix.satellites)


@given(st.binary(max_size=700) | st.text(max_size=90).map(lambda t: framed(t.encode())))
@example(framed(b"GPRMC,,V,,,,,,,,,,N"))
@example(framed("GPRMC,123519,A,\uff14\uff1807.038,N,01131.000,E,,,".encode()))
@example(framed(b"GPGGA,123519,9107.038,N,01131.000,E,1,08,0.9,545.4,M,,M,,"))
@example(framed(b"GPRMC,250000,A,4807.038,N,01131.000,E,,,"))
def test_any_bytes_are_a_fix_or_a_bad_line(line: bytes) -> None:
    """Nothing that a receiver sends raises anything else, and no place is off this planet."""
    with suppress(BadLine):
        fix = parse(line)
        if fix and fix.latitude is not None and fix.longitude is not None:
            assert abs(fix.latitude) <= 90
            assert abs(fix.longitude) <= 180


@given(fixes, st.integers(0, 400), st.integers(1, 255))
def test_one_changed_byte_is_never_another_place(fix: Fix, at: int, change: int) -> None:
    """The checksum catches every change of a single byte."""
    line = bytearray(rmc_of(fix))
    line[at % len(line)] ^= change
    with suppress(BadLine):
        assert parse(bytes(line)) in (parse(rmc_of(fix)), None)


@pytest.mark.parametrize(
    "body",
    [
        b"GPRMC,123519,V,4807.038,N,01131.000,E,022.4,084.4,230394,,",
        b"GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,,,E",
        b"GNRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,,,S",
        b"GPGGA,123519,4807.038,N,01131.000,E,0,00,,,M,,M,,",
        b"GPGGA,123519,4807.038,N,01131.000,E,6,08,0.9,545.4,M,,M,,",
        b"GPGGA,123519,4807.038,N,01131.000,E,8,08,0.9,545.4,M,,M,,",
    ],
)
def test_a_position_that_was_not_measured_is_none(body: bytes) -> None:
    """Void, estimated or simulated: the last known place is not where the box is."""
    fix = parse(framed(body))
    assert fix
    assert not fix.has_position


def test_one_moment_is_said_once() -> None:
    """RMC and GGA of one fix agree on the place; speed comes from one and height from the other."""
    thinner = Thinner(1.0)
    rmc, gga = parse(rmc_of(KEMBA)), parse(gga_of(KEMBA))
    assert rmc
    assert gga
    assert thinner.pick(rmc).keys() == {"latitude", "longitude", "speed"}
    assert thinner.pick(gga).keys() == {"altitude", "satellites"}


@pytest.mark.parametrize(("every_s", "said"), [(0.0, 50), (0.2, 50), (1.0, 10), (5.0, 2)])
def test_a_fast_receiver_is_thinned_over_midnight_too(every_s: float, said: int) -> None:
    """Five fixes a second are fifty in ten; the day's end is no gap."""
    thinner = Thinner(every_s)
    times = [(86_395.0 + n / 5) % 86_400.0 for n in range(50)]
    picked = [thinner.pick(Fix(time_s=t, latitude=1.0, longitude=2.0)) for t in times]
    assert len([one for one in picked if one]) == said


class Wire:
    """A receiver at the far end of a serial cable; what it says can be garbled."""

    def __init__(self, folder: Path, fix: Callable[[], Fix]) -> None:
        self.near, self.far = folder / "ttyGPS", folder / "far"
        self.receiver = PositionReceiver(fix, every_s=0.05)
        self.stack = AsyncExitStack()
        self.settings = NmeaSettings(device="truck", serial=str(self.near), every_s=0)

    async def plug(self) -> None:
        """Cable, then receiver."""
        await self.stack.enter_async_context(serial_wire(self.near, self.far))
        await self.stack.enter_async_context(self.receiver.talking(self.far))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """What the driver observes."""
        async with asyncio.timeout(PATIENCE_S):
            async with Nmea(self.settings, SystemClock()).open() as device:
                yield device


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    """A receiver at KEMBA; nothing is plugged in."""
    seconds = count(1)
    wire = Wire(tmp_path, lambda: replace(KEMBA, time_s=float(next(seconds))))
    try:
        yield wire
    finally:
        await wire.stack.aclose()


async def metrics_of(device: AsyncIterator[Observed], wanted: set[str]) -> dict[str, float]:
    """Values by metric, once all that are wanted were said."""
    values: dict[str, float] = {}
    async for observed in device:
        values |= {reading.metric: reading.value for reading in observed.readings}
        if wanted <= values.keys():
            return values
    raise AssertionError("the receiver ended")


@pytest.mark.anyio
async def test_a_serial_receiver_says_where_it_is(wire: Wire) -> None:
    """Over a serial line that is real as far as Linux is concerned."""
    await wire.plug()
    async with wire.opened() as device:
        values = await metrics_of(device, {"latitude", "speed", "altitude", "has_fix"})
    assert (values["latitude"], values["longitude"]) == (-4.0547, 39.6636)
    assert (values["has_fix"], values["satellites"]) == (1, 9)


@pytest.mark.anyio
async def test_a_serial_line_that_is_pulled_out_is_lost_and_comes_back(wire: Wire) -> None:
    """The same driver, the same path: what udev calls by-id."""
    await wire.plug()
    async with wire.opened() as device:
        await metrics_of(device, {"latitude"})
        await wire.stack.aclose()
        with pytest.raises(DeviceLost, match="ttyGPS"):
            await metrics_of(device, {"never"})
    await wire.plug()
    async with wire.opened() as device:
        assert (await metrics_of(device, {"latitude"}))["latitude"] == KEMBA.latitude


@pytest.mark.anyio
async def test_a_receiver_without_a_fix_says_so_and_no_place(tmp_path: Path) -> None:
    """It is found, it is alive, and it does not know where it is."""
    fixes: Iterator[Fix] = iter([Fix(time_s=1.0)] * 4)
    wire = Wire(tmp_path, lambda: next(fixes, KEMBA))
    await wire.plug()
    try:
        async with wire.opened() as device:
            first = await metrics_of(device, {"has_fix"})
            assert first == {"has_fix": 0}
            assert (await metrics_of(device, {"latitude", "has_fix"}))["has_fix"] == 1
    finally:
        await wire.stack.aclose()


@pytest.mark.anyio
async def test_garbage_between_sentences_is_counted_and_passed_over(wire: Wire) -> None:
    """A loose connector is no lost receiver while a sentence comes through now and then."""
    await wire.plug()
    nmea = Nmea(wire.settings, SystemClock())
    async with asyncio.timeout(PATIENCE_S), nmea.open() as device:
        await metrics_of(device, {"latitude"})
        with wire.far.open("wb", buffering=0) as line:
            line.write(b"\xff\x00noise\n" * 20)
        while nmea.refused_lines < 20:
            await anext(device)
        await metrics_of(device, {"latitude"})


@pytest.mark.anyio
async def test_a_receiver_that_says_nothing_readable_is_lost(tmp_path: Path) -> None:
    """The wrong baud rate looks like this."""
    settings = NmeaSettings(device="truck", serial=str(tmp_path / "near"), silence_s=0.3)
    async with serial_wire(tmp_path / "near", tmp_path / "far"):
        async with asyncio.timeout(PATIENCE_S):
            async with Nmea(settings, SystemClock()).open() as device:
                with pytest.raises(DeviceLost, match=r"no sentence.* 0\.3 s"):
                    await anext(device)


@pytest.mark.parametrize("more", [{}, {"serial": "/dev/ttyUSB0", "host": "192.0.2.1"}])
def test_a_receiver_is_in_one_place(more: dict[str, str]) -> None:
    """Neither two wires nor none."""
    with pytest.raises(ValueError, match="and not both"):
        NmeaSettings(device="truck", **more)  # type: ignore[arg-type]  # strings

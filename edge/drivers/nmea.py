"""A position receiver (NMEA 0183) on a serial line or TCP: yields where the box is.

    line ─▶ sentence (`nmea_sentences`) ─▶ latitude, longitude, altitude, speed, satellites

Without a fix there is no position, and none is made up: the reading ``has_fix`` tells, whenever it
changes. Silence for `silence_s` is a lost receiver, however open the line is.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from contract.clock import Clock
from contract.messages import Device, Reading
from edge.driver import DeviceLost, Observed, Settings
from edge.drivers.nmea_sentences import Fix, Thinner, parse
from edge.drivers.seal_lines import LINE_BYTES_MAX, BadLine, Splitter
from edge.drivers.serial_line import reading_serial

log = logging.getLogger(__name__)

CONNECT_S_MAX: Final = 5.0
READ_BYTES: Final = 4_096


class NmeaSettings(Settings, frozen=True, kw_only=True, tag_field="family", tag="nmea"):
    """Where the receiver is: at a serial port, or behind TCP."""

    serial: str = ""
    """Path of the port; one under ``/dev/serial/by-id/`` stays the same after a re-plug."""
    baudrate: Annotated[int, Meta(ge=300, le=921_600)] = 4_800
    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65_535)] = 10_110
    every_s: Annotated[float, Meta(ge=0, le=3_600)] = 1.0
    silence_s: Annotated[float, Meta(gt=0, le=3_600)] = 10.0

    def __post_init__(self) -> None:
        """Refuse a receiver in two places, or in none."""
        if bool(self.serial) == bool(self.host):
            raise ValueError(f"{self.device}: name a serial line or a host, and not both")

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.serial or f"{self.host}:{self.port}"


class Nmea:
    """A position receiver."""

    settings: ClassVar[type[Settings]] = NmeaSettings

    def __init__(self, settings: NmeaSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._clock: Final = clock
        self.refused_lines = 0
        """Lines that could not be read since the agent started."""
        self._is_garbled = False
        self._has_fix: bool | None = None

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="nmea", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`."""
        s = self._settings
        self._has_fix = None
        if s.serial:
            line = reading_serial(s.serial, baudrate=s.baudrate, limit=LINE_BYTES_MAX)
        else:
            line = _reading_tcp(s.host, s.port)
        async with line as reader:
            yield self._hear(reader)

    async def _hear(self, reader: asyncio.StreamReader) -> AsyncIterator[Observed]:
        splitter, thinner = Splitter(), Thinner(self._settings.every_s)
        is_first = True
        good_ns = self._clock.monotonic_ns()
        while True:
            silent_s = (self._clock.monotonic_ns() - good_ns) / 1e9
            data = await self._read(reader, self._settings.silence_s - silent_s)
            for line in splitter.feed(data):
                # Whoever opens a line that is being talked on hears the end of a sentence first.
                observed = self._take(line, thinner, is_first=is_first)
                is_first = False
                if observed is not None:
                    good_ns = self._clock.monotonic_ns()
                    yield observed

    async def _read(self, reader: asyncio.StreamReader, patience_s: float) -> bytes:
        s = self._settings
        silent = f"{s.place}: no sentence that can be read for {s.silence_s:g} s"
        if patience_s <= 0:
            raise DeviceLost(silent)
        try:
            async with asyncio.timeout(patience_s):
                data = await reader.read(READ_BYTES)
        except TimeoutError as error:
            raise DeviceLost(silent) from error
        except OSError as error:
            raise DeviceLost(f"{s.place}: {error.strerror or error}") from error
        if not data:
            raise DeviceLost(f"{s.place}: the line was closed")
        return data

    def _take(self, line: bytes | BadLine, thinner: Thinner, *, is_first: bool) -> Observed | None:
        """What one line says; none if it cannot be read."""
        try:
            if isinstance(line, BadLine):
                raise line
            fix = parse(line)
        except BadLine as error:
            if not is_first:
                self._refuse(error)
            return None
        if self._is_garbled:
            self._is_garbled = False
            names = {"device": self._settings.device, "refused_lines": self.refused_lines}
            log.info("receiver can be read again", extra=names)
        at = self._clock.utc_now()
        readings = tuple(self._readings(fix, thinner)) if fix else ()
        return Observed(at=at, readings=readings, up_to=at)

    def _readings(self, fix: Fix, thinner: Thinner) -> list[Reading]:
        values = thinner.pick(fix) if fix.has_position else {}
        if self._has_fix != fix.has_position:
            self._has_fix = fix.has_position
            values["has_fix"] = (float(fix.has_position), "/")
        at = self._clock.utc_now()
        return [
            Reading(
                device=self._settings.device, metric=metric, value=value, unit=unit, observed_at=at
            )
            for metric, (value, unit) in values.items()
        ]

    def _refuse(self, error: BadLine) -> None:
        self.refused_lines += 1
        if not self._is_garbled:
            self._is_garbled = True
            names = {"device": self._settings.device, "reason": str(error)}
            log.warning("receiver sends what cannot be read", extra=names)


@asynccontextmanager
async def _reading_tcp(host: str, port: int) -> AsyncIterator[asyncio.StreamReader]:
    try:
        async with asyncio.timeout(CONNECT_S_MAX):
            reader, writer = await asyncio.open_connection(host, port, limit=LINE_BYTES_MAX)
    except (OSError, TimeoutError) as error:
        raise DeviceLost(f"no position receiver at {host}:{port}") from error
    try:
        yield reader
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

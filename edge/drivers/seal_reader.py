"""A reader of electronic seals over TCP: hears its lines (`seal_lines`) and yields seal reads.

A line that cannot be read never ends the connection: it is counted, logged once when they begin
and once when they end, and said as the reading ``refused_lines``. Only silence does: a reader that
for `silence_s` said nothing that can be read is lost.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from contract.clock import Clock
from contract.messages import Device, Reading, SealRead
from edge.driver import DeviceLost, Observed, Settings
from edge.drivers.seal_lines import LINE_BYTES_MAX, BadLine, Hello, SealLine, Splitter, parse

log = logging.getLogger(__name__)

CONNECT_S_MAX: Final = 5.0
READ_BYTES: Final = 4_096
"""Bytes taken from the socket at once; asyncio itself buffers at most twice `LINE_BYTES_MAX`."""


class SealReaderSettings(
    Settings, frozen=True, kw_only=True, tag_field="family", tag="seal_reader"
):
    """Where the reader is, and after how much silence it is taken for lost."""

    host: str
    port: Annotated[int, Meta(ge=1, le=65_535)] = 4_900
    silence_s: Annotated[float, Meta(gt=0, le=3_600)] = 15.0


class SealReader:
    """A seal reader."""

    settings: ClassVar[type[Settings]] = SealReaderSettings

    def __init__(self, settings: SealReaderSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._clock: Final = clock
        self.refused_lines = 0
        """Lines that could not be read since the agent started."""
        self._is_garbled = False

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="seal_reader", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`."""
        s = self._settings
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                reader, writer = await asyncio.open_connection(s.host, s.port, limit=LINE_BYTES_MAX)
        except (OSError, TimeoutError) as error:
            raise DeviceLost(f"no seal reader at {s.host}:{s.port}") from error
        try:
            yield self._hear(reader)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _hear(self, reader: asyncio.StreamReader) -> AsyncIterator[Observed]:
        splitter = Splitter()
        good_ns = self._clock.monotonic_ns()
        while True:
            silent_s = (self._clock.monotonic_ns() - good_ns) / 1e9
            data = await self._read(reader, self._settings.silence_s - silent_s)
            for line in splitter.feed(data):
                observed = self._take(line)
                if observed.up_to is not None:
                    good_ns = self._clock.monotonic_ns()
                yield observed

    async def _read(self, reader: asyncio.StreamReader, patience_s: float) -> bytes:
        s = self._settings
        if patience_s <= 0:
            raise DeviceLost(f"nothing that can be read for {s.silence_s:g} s")
        try:
            async with asyncio.timeout(patience_s):
                data = await reader.read(READ_BYTES)
        except TimeoutError as error:
            raise DeviceLost(f"nothing that can be read for {s.silence_s:g} s") from error
        except OSError as error:
            raise DeviceLost(f"the connection broke: {error}") from error
        if not data:
            raise DeviceLost("the reader closed the connection")
        return data

    def _take(self, line: bytes | BadLine) -> Observed:
        """What one line says; without ``up_to`` if it cannot be read."""
        at = self._clock.utc_now()
        try:
            if isinstance(line, BadLine):
                raise line
            fact = parse(line)
        except BadLine as error:
            return self._refused(error)
        readings = self._cleared() if self._is_garbled else ()
        seal = self._seal(fact) if isinstance(fact, SealLine) else None
        if isinstance(fact, Hello):
            log.debug("reader said hello", extra={"reader": fact.reader})
        return Observed(at=at, readings=readings, seal=seal, up_to=at)

    def _refused(self, error: BadLine) -> Observed:
        self.refused_lines += 1
        at = self._clock.utc_now()
        if self._is_garbled:
            return Observed(at=at)
        self._is_garbled = True
        names = {"device": self._settings.device, "reason": str(error)}
        log.warning("reader sends what cannot be read", extra=names)
        return Observed(at=at, readings=(self._count(),))

    def _cleared(self) -> tuple[Reading, ...]:
        self._is_garbled = False
        names = {"device": self._settings.device, "refused_lines": self.refused_lines}
        log.info("reader can be read again", extra=names)
        return (self._count(),)

    def _count(self) -> Reading:
        return Reading(
            device=self._settings.device,
            metric="refused_lines",
            value=float(self.refused_lines),
            unit="count",
            observed_at=self._clock.utc_now(),
        )

    def _seal(self, fact: SealLine) -> SealRead:
        return SealRead(
            device=self._settings.device,
            seal=fact.seal,
            state=fact.state,
            subject=fact.container,
            battery_percent=fact.battery_percent,
            sealed_at=fact.sealed_at,
            opened_at=fact.opened_at,
            seal_clock_at=fact.clock_at,
        )

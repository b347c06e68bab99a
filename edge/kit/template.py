"""A driver in one file: a weighbridge that says its weight in lines of text. Copy it, change it.

    python -m edge.kit --template > weighbridge.py     this file
    python -m edge.kit weighbridge.py                  runs the driver suite against it

and in the agent's configuration::

    [[device]]
    family = "file"
    device = "weighbridge-1"
    path = "/etc/greenlane/drivers/weighbridge.py"
    options = { host = "192.0.2.20", port = 8234 }

The rules are few (`edge/driver.py`): open the device; yield what it observes; raise `DeviceLost`
with a reason as soon as it does not answer, and never try again: the agent does. Never block:
``await``, or ``await asyncio.to_thread(…)``. Take the time from the clock that you are handed.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta

from contract.clock import Clock
from contract.messages import Device, Reading
from edge.driver import DeviceLost, Observed, Settings
from edge.kit.bench import free_port

CONNECT_S_MAX: Final = 5.0
LINE_BYTES_MAX: Final = 256

# What this make of scale says five times a second: "ST,GS,+   12340kg" (ST: the load is at rest).
_LINE: Final = re.compile(rb"(ST|US),GS,([+-]) *([0-9]{1,7})kg\s*")


class WeighbridgeSettings(Settings, frozen=True, kw_only=True):
    """The ``options`` of the configuration; `Settings` has ``device``, ``title`` and ``lane``."""

    host: str
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8_234
    silence_s: Annotated[float, Meta(gt=0, le=3_600)] = 5.0


class Weighbridge:
    """The driver."""

    settings = WeighbridgeSettings

    def __init__(self, settings: WeighbridgeSettings, clock: Clock) -> None:
        """Remember; touch nothing yet."""
        self._settings = settings
        self._clock = clock

    @property
    def device(self) -> Device:
        """What officers see of it."""
        s = self._settings
        return Device(device=s.device, family="file", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """Connect, hand out the observations, and hang up in the end."""
        s = self._settings
        try:
            async with asyncio.timeout(CONNECT_S_MAX):
                reader, writer = await asyncio.open_connection(s.host, s.port, limit=LINE_BYTES_MAX)
        except (OSError, TimeoutError) as error:
            raise DeviceLost(f"no weighbridge at {s.host}:{s.port}") from error
        try:
            yield self._hear(reader)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _hear(self, reader: asyncio.StreamReader) -> AsyncIterator[Observed]:
        while True:
            try:
                async with asyncio.timeout(self._settings.silence_s):
                    line = await reader.readuntil(b"\n")
            except TimeoutError as error:
                raise DeviceLost(f"silent for {self._settings.silence_s:g} s") from error
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                raise DeviceLost("the connection broke, or this is no weighbridge") from error
            yield self._observed(line)

    def _observed(self, line: bytes) -> Observed:
        """One line; what cannot be read, or still swings, is no reading."""
        at = self._clock.utc_now()
        said = _LINE.fullmatch(line)
        if not said or said[1] != b"ST":
            return Observed(at=at, up_to=at)
        reading = Reading(
            device=self._settings.device,
            metric="mass",
            value=float(said[2] + said[3]),
            unit="kg",
            observed_at=at,
        )
        return Observed(at=at, readings=(reading,), up_to=at)


class Bench:
    """The device at the other end, for the suite: here a simulated scale with 12,340 kg on it."""

    def __init__(self, _folder: Path) -> None:
        """Choose a port; nothing is plugged in yet."""
        self.settings = WeighbridgeSettings(device="scale", host="127.0.0.1", port=free_port())
        self._stack = AsyncExitStack()
        self._is_gone = asyncio.Event()

    async def plug(self) -> None:
        """Switch the scale on."""
        self._is_gone.clear()
        server = await asyncio.start_server(self._talk, self.settings.host, self.settings.port)
        self._stack.callback(server.close)
        self._stack.callback(self._is_gone.set)

    async def unplug(self) -> None:
        """Switch it off."""
        await self._stack.aclose()

    def is_expected(self, observed: Observed) -> bool:
        """Whether this is its weight."""
        return [(r.metric, r.value, r.unit) for r in observed.readings] == [("mass", 12_340, "kg")]

    async def _talk(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while not self._is_gone.is_set():
                writer.write(b"US,GS,+   11980kg\r\nST,GS,+   12340kg\r\n")
                await writer.drain()
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await self._is_gone.wait()
        writer.close()


DRIVER = Weighbridge
BENCH = Bench

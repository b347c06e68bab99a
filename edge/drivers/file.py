"""A device whose driver somebody else wrote, in one Python file (`edge/kit/template.py` is one).

The file is read anew whenever the device is opened: a mistake in it loses this device alone, and
what was mended is used at the next try, without a restart.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta

from contract.clock import Clock
from contract.messages import Device
from contract.pattern import whole
from edge.driver import Driver, Observed, Settings
from edge.drivers.driver_file import driver_class_in, load, settings_from


class FileSettings(Settings, frozen=True, kw_only=True, tag_field="family", tag="file"):
    """Where the driver is, and what it is told."""

    path: Annotated[str, Meta(pattern=whole(r"/.*\.py"))]
    """Absolute; the file runs with the rights of the agent."""
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    """The keys of the driver's own settings."""


class File:
    """A device with a driver of its own."""

    settings: ClassVar[type[Settings]] = FileSettings

    def __init__(self, settings: FileSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._clock: Final = clock

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="file", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`; raises whatever the file raises as well."""
        s = self._settings
        module = await asyncio.to_thread(load, Path(s.path))
        found = driver_class_in(module)
        driver: Driver = found(settings_from(found, s, s.options), self._clock)
        async with driver.open() as device:
            yield device

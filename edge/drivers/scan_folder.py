"""A folder that a scanner writes PNG, JPEG or TIFF files into; `folder_watch` says how."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar, Final

from contract.clock import Clock
from contract.messages import Device
from edge.driver import Observed, Settings
from edge.drivers.folder_watch import FolderSettings, FolderWatch, Form, View
from edge.drivers.picture_end import media_type_of, why_not_whole
from edge.drivers.picture_folder import SUFFIXES

PICTURES: Final = Form(SUFFIXES, media_type_of, why_not_whole, lambda _body: View())
"""The detector and the screen read them as they are."""


class ScanFolderSettings(
    FolderSettings, frozen=True, kw_only=True, tag_field="family", tag="scan_folder"
):
    """See `FolderSettings`."""


class ScanFolder:
    """A scanner that writes into a folder."""

    settings: ClassVar[type[Settings]] = ScanFolderSettings

    def __init__(self, settings: ScanFolderSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._watch: Final = FolderWatch(settings, clock, PICTURES)

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="scan_folder", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`."""
        yield await self._watch.open()

"""A folder that a scanner writes DICOM files into (DICONDE, DICOS): as `scan_folder`, with a view.

    x.dcm ─▶ original (evidence, by its SHA-256)  and  PNG without loss (detector, screen)

`dicom_picture` says which files can be looked at; any other is kept as a failed scan with why.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar, Final

from contract.clock import Clock
from contract.messages import Device
from edge.driver import Observed, Settings
from edge.drivers.dicom_picture import media_type_of, need_pydicom, view_of, why_not_whole
from edge.drivers.folder_watch import FolderSettings, FolderWatch, Form

FILES: Final = Form((".dcm", ".dic", ".dicom"), media_type_of, why_not_whole, view_of)


class DicomSettings(FolderSettings, frozen=True, kw_only=True, tag_field="family", tag="dicom"):
    """See `FolderSettings`."""


class Dicom:
    """A scanner that writes DICOM files into a folder."""

    settings: ClassVar[type[Settings]] = DicomSettings

    def __init__(self, settings: DicomSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._watch: Final = FolderWatch(settings, clock, FILES)

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="dicom", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`."""
        need_pydicom()
        yield await self._watch.open()

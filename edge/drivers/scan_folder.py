"""A folder that a scanner writes pictures into: yields each picture once it is whole.

The folder is the queue: nothing is dropped, however long the agent was away. A picture is whole
when two looks find the same size and time *and* its format says that it ends (`picture_end`); a
file that does neither for `broken_s` is yielded as one that nobody can look at.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from contract.clock import Clock
from contract.messages import Device
from edge.driver import DeviceLost, Observed, PictureFound, Settings
from edge.drivers.picture_end import media_type_of, why_not_whole
from edge.drivers.picture_folder import PICTURE_BYTES_MAX, Content, File, PictureFolder

log = logging.getLogger(__name__)

UNSETTLED_POLL_S: Final = 0.03
"""Seconds between two looks while a file is being written."""
PRUNE_EVERY: Final = 100
"""Pictures between two looks at how much ``done`` holds."""
AGE_MAX: Final = timedelta(days=30)
"""A file time older than this, or in the future, says nothing about when the scan was made."""
TAG_IN_NAME: Final = r"(?<![0-9])(?P<subject>[0-9]{10})(?![0-9])"


class ScanFolderSettings(
    Settings, frozen=True, kw_only=True, tag_field="family", tag="scan_folder"
):
    """Which folder, and how the subject of a picture is found in its name."""

    folder: str
    poll_s: Annotated[float, Meta(ge=0.05, le=60)] = 0.2
    broken_s: Annotated[float, Meta(ge=0.1, le=3_600)] = 30.0
    """Seconds without a change after which a file without an end is taken for broken."""
    subject_in_name: str = TAG_IN_NAME
    """Regular expression with the group ``subject``; a sidecar ``x.png.json`` comes first."""
    done_bytes_max: Annotated[int, Meta(ge=0)] = 4 * 1024**3
    """Bytes of pictures kept in ``done``; the oldest go."""

    def __post_init__(self) -> None:
        """Refuse a pattern that cannot name a subject."""
        try:
            groups = re.compile(self.subject_in_name).groupindex
        except re.error as error:
            raise ValueError(f"{self.device}: subject_in_name: {error}") from error
        if "subject" not in groups:
            raise ValueError(f"{self.device}: subject_in_name has no group called 'subject'")


@dataclass(slots=True)
class _Look:
    """What the last look saw of a file, and since when it has not changed (monotonic)."""

    file: File
    since_ns: int
    why_not: str | None = None
    """Why it is not whole; none while nobody has looked inside."""


class ScanFolder:
    """A scanner that writes into a folder."""

    settings: ClassVar[type[Settings]] = ScanFolderSettings

    def __init__(self, settings: ScanFolderSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._clock: Final = clock
        self._folder: Final = PictureFolder(
            Path(settings.folder), re.compile(settings.subject_in_name), settings.done_bytes_max
        )
        self._looks: dict[str, _Look] = {}
        self._finished = 0

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="scan_folder", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`."""
        try:
            await asyncio.to_thread(self._folder.prepare)
            await asyncio.to_thread(self._folder.prune)
        except OSError as error:
            raise self._lost(error) from error
        self._looks.clear()
        yield self._watch()

    async def _watch(self) -> AsyncIterator[Observed]:
        try:
            for file in await asyncio.to_thread(self._folder.taken):
                yield await self._found(file, is_again=True)
            while True:
                at = self._clock.utc_now()
                files = await asyncio.to_thread(self._folder.waiting)
                yield Observed(at=at, up_to=min([at, *(self._made_at(f) for f in files[:1])]))
                for file in files:
                    if await self._is_ready(file):
                        await asyncio.to_thread(self._folder.take, file.name)
                        yield await self._found(file, is_again=False)
                self._forget_all_but({file.name for file in files})
                await self._clock.sleep(self._pause_s())
        except OSError as error:
            raise self._lost(error) from error

    async def _is_ready(self, file: File) -> bool:
        """Whether the file is whole, or has been broken for long enough."""
        look = self._looks.get(file.name)
        if look is None or look.file != file:
            self._looks[file.name] = _Look(file, self._clock.monotonic_ns())
            return False
        if look.why_not is None:
            content = await asyncio.to_thread(self._folder.read, file.name, is_taken=False)
            look.why_not = await asyncio.to_thread(_why_not, content)
            # It may have grown while it was read: the next look decides.
            return not look.why_not and content.size == file.size
        unchanged_s = (self._clock.monotonic_ns() - look.since_ns) / 1e9
        return not look.why_not or unchanged_s >= self._settings.broken_s

    async def _found(self, file: File, *, is_again: bool) -> Observed:
        """A taken picture, as it now is: it cannot change any more."""
        content = await asyncio.to_thread(self._folder.read, file.name, is_taken=True)
        self._looks.pop(file.name, None)
        at = self._made_at(file)
        picture = PictureFound(
            name=file.name,
            body=content.body,
            sha256=content.sha256,
            media_type=media_type_of(content.body),
            subject=await asyncio.to_thread(self._folder.subject_of, file.name),
            why_not=await asyncio.to_thread(_why_not, content),
            is_again=is_again,
            settle=partial(self._settle, file.name, content.sha256),
        )
        return Observed(at=at, picture=picture)

    async def _settle(self, name: str, sha256: str, why_failed: str) -> None:
        finish = partial(self._folder.finish, name, sha256, is_failed=bool(why_failed))
        try:
            await asyncio.to_thread(finish)
            self._finished += 1
            if self._finished % PRUNE_EVERY == 0:
                await asyncio.to_thread(self._folder.prune)
        except OSError as error:
            raise self._lost(error) from error

    def _made_at(self, file: File) -> datetime:
        """When the machine finished the file, if its time can be believed; else now."""
        now = self._clock.utc_now()
        made_at = datetime.fromtimestamp(file.mtime_ns / 1e9, UTC)
        return made_at if now - AGE_MAX < made_at <= now else now

    def _pause_s(self) -> float:
        """Short while a file changes or has just appeared; a broken one is in no hurry."""
        is_fresh = any(look.why_not is None for look in self._looks.values())
        return UNSETTLED_POLL_S if is_fresh else self._settings.poll_s

    def _forget_all_but(self, names: set[str]) -> None:
        for name in self._looks.keys() - names:
            del self._looks[name]

    def _lost(self, error: OSError) -> DeviceLost:
        return DeviceLost(f"folder {self._settings.folder}: {error.strerror or error}")


def _why_not(content: Content) -> str:
    if content.size > PICTURE_BYTES_MAX:
        return f"the picture has {content.size} bytes, the most is {PICTURE_BYTES_MAX}"
    return why_not_whole(content.body)

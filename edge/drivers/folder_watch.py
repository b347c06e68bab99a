"""Watches a folder that a machine writes pictures into: yields each picture once it is whole.

The folder is the queue: nothing is dropped, however long the agent was away. A picture is whole
when two looks find the same size and time *and* its format says that it ends (`Form`); a file that
does neither for `broken_s` is yielded as one that nobody can look at.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from contract.clock import Clock
from edge.driver import DeviceLost, Observed, PictureFound, Settings
from edge.drivers.picture_folder import (
    PICTURE_BYTES_MAX,
    Content,
    File,
    PictureFolder,
    subject_from,
)

log = logging.getLogger(__name__)

UNSETTLED_POLL_S: Final = 0.03
"""Seconds between two looks while a file is being written."""
AGE_MAX: Final = timedelta(days=30)
"""A file time older than this, or in the future, says nothing about when the scan was made."""
TAG_IN_NAME: Final = r"(?<![0-9])(?P<subject>[0-9]{10})(?![0-9])"


class FolderSettings(Settings, frozen=True, kw_only=True):
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


class View(NamedTuple):
    """A file made readable for the detector and the screen; ``subject`` if the file names one."""

    png: bytes = b""
    subject: str = ""


class CannotShow(ValueError):
    """The file is whole, and nobody can look at it; the message says why."""


class Form(NamedTuple):
    """One kind of picture files; the functions take all bytes of a file, and may block."""

    suffixes: tuple[str, ...]
    media_type_of: Callable[[bytes], str]
    why_not_whole: Callable[[bytes], str]
    view_of: Callable[[bytes], View]
    """Raises `CannotShow`; without a PNG the file itself is looked at."""


@dataclass(slots=True)
class _Look:
    """What the last look saw of a file, and since when it has not changed (monotonic)."""

    file: File
    since_ns: int
    why_not: str | None = None
    """Why it is not whole; none while nobody has looked inside."""


class FolderWatch:
    """One folder of one kind of files."""

    def __init__(self, settings: FolderSettings, clock: Clock, form: Form) -> None:
        self._settings: Final = settings
        self._clock: Final = clock
        self._form: Final = form
        self._folder: Final = PictureFolder(
            Path(settings.folder),
            re.compile(settings.subject_in_name),
            settings.done_bytes_max,
            form.suffixes,
        )
        self._looks: dict[str, _Look] = {}
        self._syncing: asyncio.Future[None] | None = None

    async def open(self) -> AsyncIterator[Observed]:
        """What comes into the folder; raises `DeviceLost` if there is none."""
        try:
            await asyncio.to_thread(self._folder.prepare)
        except OSError as error:
            raise self._lost(error) from error
        self._looks.clear()
        return self._watch()

    async def _watch(self) -> AsyncIterator[Observed]:
        try:
            for file in await asyncio.to_thread(self._folder.taken):
                picture = await asyncio.to_thread(self._found_again, file.name)
                yield Observed(at=self._made_at(file), picture=picture)
            while True:
                at = self._clock.utc_now()
                files = await asyncio.to_thread(self._folder.waiting)
                yield Observed(at=at, up_to=min([at, *(self._made_at(f) for f in files[:1])]))
                for file in files:
                    found = await self._taken(file)
                    if found is not None:
                        yield Observed(at=self._made_at(file), picture=found)
                if not files:
                    await self._synced()
                self._forget_all_but({file.name for file in files})
                await self._clock.sleep(self._pause_s())
        except OSError as error:
            raise self._lost(error) from error
        finally:
            with suppress(OSError):  # of a folder that is lost
                await self._synced()

    async def _taken(self, file: File) -> PictureFound | None:
        """The picture in a file that is whole, or has been broken for long enough."""
        look = self._looks.get(file.name)
        if look is None or look.file != file:
            self._looks[file.name] = _Look(file, self._clock.monotonic_ns())
            return None
        unchanged_s = (self._clock.monotonic_ns() - look.since_ns) / 1e9
        if look.why_not is not None and unchanged_s < self._settings.broken_s:
            return None
        found = await asyncio.to_thread(self._looked_into, look)
        if found is not None:
            del self._looks[file.name]
        return found

    def _looked_into(self, look: _Look) -> PictureFound | None:
        """The picture, taken out of the machine's reach; none if it may still grow. Blocks."""
        name, is_overdue = look.file.name, look.why_not is not None
        content, look.why_not = self._inspected(name, is_taken=False)
        if not is_overdue and (look.why_not or content.size != look.file.size):
            return None
        if self._folder.take(look.file):
            return self._found(name, content, look.why_not, is_again=False)
        # Somebody wrote while it was read: what counts is what lies there now.
        return self._found(name, *self._inspected(name, is_taken=True), is_again=False)

    def _found_again(self, name: str) -> PictureFound:
        """A picture that was taken before a restart; blocks."""
        return self._found(name, *self._inspected(name, is_taken=True), is_again=True)

    def _inspected(self, name: str, *, is_taken: bool) -> tuple[Content, str]:
        """What a file holds, and why it is not whole; blocks."""
        content = self._folder.read(name, is_taken=is_taken)
        if content.size > PICTURE_BYTES_MAX:
            return content, (
                f"the picture has {content.size} bytes, the most is {PICTURE_BYTES_MAX}"
            )
        return content, self._form.why_not_whole(content.body)

    def _found(self, name: str, content: Content, why_not: str, *, is_again: bool) -> PictureFound:
        """A taken picture; blocks."""
        view = View()
        if not why_not:
            try:
                view = self._form.view_of(content.body)
            except CannotShow as error:
                why_not = str(error)
        return PictureFound(
            name=name,
            body=content.body,
            sha256=content.sha256,
            media_type=self._form.media_type_of(content.body),
            subject=self._folder.subject_of(name) or subject_from(view.subject),
            why_not=why_not,
            is_again=is_again,
            settle=partial(self._settle, name, content.sha256),
            view=view.png,
        )

    async def _settle(self, name: str, sha256: str, why_failed: str) -> None:
        finish = partial(self._folder.finish, name, sha256, is_failed=bool(why_failed))
        try:
            await asyncio.to_thread(finish)
            # While the disk makes this one durable the next is looked at; never more than one.
            await self._synced()
            sync = partial(self._folder.sync, is_failed=bool(why_failed))
            self._syncing = asyncio.get_running_loop().run_in_executor(None, sync)
        except OSError as error:
            raise self._lost(error) from error

    async def _synced(self) -> None:
        """Wait until what was put away before is durable."""
        syncing, self._syncing = self._syncing, None
        if syncing is not None:
            await syncing

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

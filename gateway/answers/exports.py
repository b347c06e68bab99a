"""Archives of evidence for command centers: made one at a time, told in pieces, soon forgotten.

    ask ─▶ Exports ─▶ Archivist (a process of its own) ─▶ state_dir/exports/ID.zip ─▶ told ─▶ gone

Whoever asks comes back with the same id until it is there. What was made for nobody any more is
deleted, so a command center that died leaves nothing behind.
"""

import asyncio
import contextlib
import hashlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from contract.clock import Clock
from contract.link import Rejected, Unavailable
from contract.messages import EvidenceAsked, EvidenceTold

ARCHIVE_BYTES_MAX: Final = 512 * 1024 * 1024
"""Of one that goes over the broker; a larger one is written on the gateway's machine."""
EXPORTS_MAX: Final = 8
"""That wait, are made or are told; who asks for one more is told to come later."""
PIECE_BYTES_MAX: Final = 512 * 1024
KEPT_S: Final = 60.0
"""What nobody has asked for so long is not made any more, or deleted."""
TIDY_S: Final = 15.0
MAKING_S_MAX: Final = 600.0
_log: Final = logging.getLogger(__name__)


class Archivist(Protocol):
    """Writes the archive of an alert, and returns what is to be said about it."""

    async def __call__(self, alert: str, out: Path, *, bytes_max: int) -> tuple[str, ...]:
        """Raises `Rejected` with a sentence; nothing is left at ``out`` then."""


class _Made(NamedTuple):
    """An archive that is there."""

    sha256: str
    size_bytes: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Export:
    """One that somebody asked for."""

    alert: str
    asked_s: float
    made: _Made | None = None
    failure: Exception | None = None


class Exports:
    """What command centers are having made."""

    def __init__(
        self,
        folder: Path,
        *,
        archivist: Archivist | None,
        hurry: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._folder: Final = folder
        self._archivist: Final = archivist
        self._hurry: Final = hurry
        self._clock: Final = clock
        self._exports: Final[dict[str, _Export]] = {}
        self._waiting: Final[asyncio.Queue[str]] = asyncio.Queue()
        self._making = ""

    async def told(self, asked: EvidenceAsked) -> EvidenceTold:
        """A piece, or that it is still being made; raises `Rejected` and `Unavailable`."""
        export = self._exports.get(asked.export)
        if export is None:
            self._begin(asked)
            return EvidenceTold()
        export.asked_s = self._now
        if export.alert != asked.alert:
            raise Rejected("This export is of another alert.")
        if export.failure is not None:
            raise export.failure
        if export.made is None:
            return EvidenceTold()
        path, made = self._path(asked.export), export.made
        piece = await asyncio.to_thread(_piece, path, asked.offset_bytes)
        return EvidenceTold(
            sha256=made.sha256, size_bytes=made.size_bytes, piece=piece, notes=made.notes
        )

    async def run(self) -> None:
        """Make what is asked for until cancelled."""
        await asyncio.to_thread(_emptied, self._folder)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._work(), name="exports: make")
            tasks.create_task(self._tidy(), name="exports: tidy")

    async def _work(self) -> None:
        while True:
            id_ = await self._waiting.get()
            export = self._exports.get(id_)
            if export is None:
                continue
            try:
                export.made = await self._make(id_, export.alert)
            except (Rejected, Unavailable) as error:
                _log.warning("no archive of alert %s: %s", export.alert, error)
                export.failure = error

    async def _tidy(self) -> None:
        """Forget what nobody has asked for any more, unless it is being made just now."""
        while True:
            await self._clock.sleep(TIDY_S)
            for id_, export in list(self._exports.items()):
                if id_ != self._making and self._now - export.asked_s > KEPT_S:
                    del self._exports[id_]
                    await asyncio.to_thread(self._path(id_).unlink, missing_ok=True)

    def _begin(self, asked: EvidenceAsked) -> None:
        if self._archivist is None:
            raise Rejected("This gateway was started without the program that makes archives.")
        if asked.offset_bytes:
            raise Rejected("The gateway has this archive no longer: export it again.")
        if len(self._exports) >= EXPORTS_MAX:
            raise Unavailable(f"the gateway makes {EXPORTS_MAX} archives already; try again later")
        self._exports[asked.export] = _Export(asked.alert, self._now)
        self._waiting.put_nowait(asked.export)

    async def _make(self, id_: str, alert: str) -> _Made:
        assert self._archivist is not None  # noqa: S101 - `_begin` has looked
        path, self._making = self._path(id_), id_
        self._hurry()
        _log.info("an archive of alert %s is made", alert)
        try:
            async with asyncio.timeout(MAKING_S_MAX):
                notes = await self._archivist(alert, path, bytes_max=ARCHIVE_BYTES_MAX)
                sha256, size = await asyncio.to_thread(_hashed, path)
        except TimeoutError as error:
            raise Unavailable(f"the archive was not made in {MAKING_S_MAX:.0f} s") from error
        except OSError as error:
            raise Unavailable(f"the archive cannot be read: {error}") from error
        finally:
            self._making = ""
        _log.info("the archive of alert %s has %d bytes, sha256 %s", alert, size, sha256)
        return _Made(sha256, size, notes)

    def _path(self, id_: str) -> Path:
        return self._folder / f"{id_}.zip"

    @property
    def _now(self) -> float:
        return self._clock.monotonic_ns() / 1e9


def _emptied(folder: Path) -> None:
    """What a former life left is of no use: nobody knows its ids."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # a full disk: the archivist will say so
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _piece(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(PIECE_BYTES_MAX)
    except OSError as error:
        raise Unavailable(f"the archive cannot be read: {error}") from error


def _hashed(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size

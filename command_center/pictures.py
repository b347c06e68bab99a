"""Pictures on this disk: fetched from the gateway in pieces, believed only by their hash.

    browser ─▶ GET /api/blobs/HASH ─▶ disk? else ask ⇒ gateway ⇒ pieces ─▶ hash right? ─▶ disk

A bounded cache: what was looked at longest ago goes, the gateway has it still.
"""

import asyncio
import hashlib
import logging
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from command_center import conversion
from contract.folder import private, sync
from contract.link import Rejected, Unavailable
from contract.messages import BlobAsked, BlobTold, Message

PICTURE_BYTES_MAX: Final = 64 * 1024 * 1024
FETCHES_MAX: Final = 4
"""Pictures that are fetched at once."""
MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
"""The media type is read from the bytes: what a device says of them is not trusted."""

_log: Final = logging.getLogger(__name__)
Ask = Callable[[Message], Awaitable[Message]]


class Pictures:
    """A folder of files named by their SHA-256."""

    def __init__(self, folder: Path, *, ask: Ask, bytes_max: int) -> None:
        self._folder: Final = folder
        self._ask: Final = ask
        self._bytes_max: Final = bytes_max
        self._fetches: Final = asyncio.Semaphore(FETCHES_MAX)
        self._locks: dict[str, asyncio.Lock] = {}
        private(folder)
        self._sizes = _sizes(folder)

    async def original(self, sha256: str) -> tuple[bytes, str]:
        """The bytes and their media type; `Rejected` if there is none, `Unavailable` for now."""
        async with self._lock(sha256):
            return await self._original(sha256)

    async def png(self, sha256: str) -> bytes:
        """The picture as every browser can show it; `NoConverter` where that extra is missing."""
        async with self._lock(sha256 + ".png"):
            body, media_type = await self.original(sha256)
            if media_type == "image/png":
                return body
            if media_type == "application/octet-stream":
                raise conversion.NotAPicture("These bytes are not a picture that can be shown.")
            name = f"{sha256}.png"
            if (made := await asyncio.to_thread(_read, self._folder / name)) is not None:
                self._touch(name)
                return made
            if not await asyncio.to_thread((self._folder / sha256).exists):
                raise Unavailable("there is no room on this disk to convert a picture")
            made = await conversion.convert(self._folder / sha256, self._folder / f"{name}.part")
            await self._keep(name)
            return made

    async def _original(self, sha256: str) -> tuple[bytes, str]:
        path = self._folder / sha256
        body = await asyncio.to_thread(_verified, path, sha256)
        if body is None:
            async with self._fetches:
                body = await self._fetch(sha256)
                await self._keep(sha256, body)
        else:
            self._touch(sha256)
        kinds = (kind for magic, kind in MAGIC if body.startswith(magic))
        return body, next(kinds, "application/octet-stream")

    async def _fetch(self, sha256: str) -> bytes:
        body = bytearray()
        while True:
            told = await self._ask(BlobAsked(sha256=sha256, offset_bytes=len(body)))
            if not isinstance(told, BlobTold) or told.size_bytes > PICTURE_BYTES_MAX:
                raise Rejected(f"The picture has more than {PICTURE_BYTES_MAX} bytes.")
            body += told.piece
            if len(body) >= told.size_bytes:
                break
            if not told.piece:
                raise Unavailable("the gateway's answer does not go on")
        if await asyncio.to_thread(_hash, bytes(body)) != sha256:
            raise Rejected("The bytes that the gateway told are not those of this picture.")
        return bytes(body)

    async def _keep(self, name: str, body: bytes | None = None) -> None:
        """Give a draft its name, after it was written; what was looked at longest ago goes.

        A disk that takes nothing keeps nobody from looking at what is in memory.
        """
        path, gone = self._folder / name, []
        try:
            self._sizes[name] = await asyncio.to_thread(_kept, path, body)
        except OSError as error:
            _log.warning("picture %s is not kept on this disk: %s", name, error)
            return
        self._sizes.move_to_end(name)
        while sum(self._sizes.values()) > self._bytes_max and len(self._sizes) > 1:
            gone.append(self._folder / self._sizes.popitem(last=False)[0])
        await asyncio.to_thread(_removed, gone)

    def _touch(self, name: str) -> None:
        if name in self._sizes:
            self._sizes.move_to_end(name)

    def _lock(self, name: str) -> asyncio.Lock:
        # Locks that nobody holds are dropped, lest every hash ever asked for leaves one.
        self._locks = {n: lock for n, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(name, asyncio.Lock())


def _sizes(folder: Path) -> OrderedDict[str, int]:
    """What is there, the oldest first; drafts of a crash go."""
    found = []
    for path in folder.iterdir():
        if path.suffix == ".part":
            path.unlink()
        else:
            stat = path.stat()
            found.append((stat.st_mtime, path.name, stat.st_size))
    return OrderedDict((name, size) for _, name, size in sorted(found))


def _kept(path: Path, body: bytes | None) -> int:
    """Durable before it has its name: what is converted has no hash by which half is known."""
    draft = path.with_name(f"{path.name}.part")
    try:
        if body is not None:
            draft.write_bytes(body)
        sync(draft)
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return path.stat().st_size


def _removed(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _read(path: Path) -> bytes | None:
    try:
        body = path.read_bytes()
        os.utime(path)
    except FileNotFoundError:
        return None
    return body


def _verified(path: Path, sha256: str) -> bytes | None:
    body = _read(path)
    if body is not None and _hash(body) != sha256:
        _log.warning("picture %s is harmed on this disk: fetched again", sha256)
        path.unlink()
        return None
    return body

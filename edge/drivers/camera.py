"""A camera (RTSP, HTTP, USB): yields a frame for the detector whenever enough of it has changed.

    camera ─▶ thread: every frame ─▶ gate: changed enough, not too soon ─▶ JPEG ─▶ Observed

A camera is no queue: what passes while the agent is away, or while a scan is under way, is not
seen, and a frame whose scan a crash cut short is gone. The first frame after opening is what
changes are counted from. The detector has to be one that was trained on such pictures: the shipped
one knows X-rays only.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, ClassVar, Final
from urllib.parse import quote

from msgspec import Meta

from contract.clock import Clock
from contract.messages import Device
from edge.driver import DeviceLost, Observed, PictureFound, Settings
from edge.drivers.camera_watch import NETWORK, CameraGone, CameraWatch, Gate

OPEN_S_MAX: Final = 10.0
"""Seconds until a network camera has to show its first frame."""
PASSWORD_CHARACTERS_MAX: Final = 1_000

_SOURCE: Final = re.compile(r"(?:rtsps?|https?)://[^/@\s]+(?:/\S*)?|/\S.*")


class CameraSettings(Settings, frozen=True, kw_only=True, tag_field="family", tag="camera"):
    """Where the camera is, and when one of its frames is worth a scan."""

    source: str
    """``rtsp://…``, ``http://…`` (MJPEG), ``/dev/video0``, or the path of a video file."""
    username: str = ""
    password_file: str = ""
    """A file with the password of a network camera."""
    look_s: Annotated[float, Meta(ge=0.02, le=60)] = 0.2
    every_s: Annotated[float, Meta(ge=0.1, le=3_600)] = 2.0
    changed_percent: Annotated[float, Meta(gt=0, le=100)] = 2.0
    changed_levels: Annotated[int, Meta(ge=1, le=255)] = 25
    silence_s: Annotated[float, Meta(ge=0.5, le=600)] = 10.0
    quality: Annotated[int, Meta(ge=50, le=100)] = 92

    def __post_init__(self) -> None:
        """Refuse a source that is none, or that holds a password."""
        if not _SOURCE.fullmatch(self.source):
            raise ValueError(
                f"{self.device}: source is rtsp://HOST/…, http://HOST/…, or an absolute path; "
                "name and password go into username and password_file"
            )

    @property
    def gate(self) -> Gate:
        """When a frame is worth a scan."""
        return Gate(
            changed_share=self.changed_percent / 100,
            changed_levels=self.changed_levels,
            every_s=self.every_s,
            look_s=self.look_s,
        )


class Camera:
    """A camera."""

    settings: ClassVar[type[Settings]] = CameraSettings

    def __init__(self, settings: CameraSettings, clock: Clock) -> None:
        self._settings: Final = settings
        self._clock: Final = clock

    @property
    def device(self) -> Device:
        """See `edge.driver.Driver`."""
        s = self._settings
        return Device(device=s.device, family="camera", title=s.title, lane=s.lane)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Observed]]:
        """See `edge.driver.Driver`; returns once the first frame is there."""
        s = self._settings
        watch = CameraWatch(
            await asyncio.to_thread(self._source),
            s.gate,
            quality=s.quality,
            timeout_s=min(s.silence_s, OPEN_S_MAX),
            monotonic_ns=self._clock.monotonic_ns,
        )
        watch.start()
        try:
            await self._look(watch, OPEN_S_MAX)
            yield self._observe(watch)
        finally:
            await watch.stop()

    async def _observe(self, watch: CameraWatch) -> AsyncIterator[Observed]:
        while True:
            jpeg = await self._look(watch, self._settings.silence_s)
            at = self._clock.utc_now()
            picture = _found(f"{at:%Y%m%dT%H%M%S.%f}.jpg", jpeg) if jpeg else None
            yield Observed(at=at, picture=picture, up_to=at)

    async def _look(self, watch: CameraWatch, patience_s: float) -> bytes:
        try:
            async with asyncio.timeout(patience_s):
                return (await watch.look()).jpeg
        except CameraGone as error:
            raise DeviceLost(f"camera {self._settings.source}: {error}") from error
        except TimeoutError as error:
            reason = f"no frame for {patience_s:g} s"
            raise DeviceLost(f"camera {self._settings.source}: {reason}") from error

    def _source(self) -> str:
        """The source as the camera wants to be asked, password and all."""
        s = self._settings
        if not s.source.startswith(NETWORK):
            if not Path(s.source).exists():
                raise DeviceLost(f"camera {s.source}: there is no such device")
            return s.source
        if not s.username:
            return s.source
        scheme, rest = s.source.split("://", 1)
        return f"{scheme}://{quote(s.username, safe='')}:{quote(self._password(), safe='')}@{rest}"

    def _password(self) -> str:
        path = self._settings.password_file
        try:
            return Path(path).read_text()[:PASSWORD_CHARACTERS_MAX].strip() if path else ""
        except (OSError, UnicodeDecodeError) as error:
            raise DeviceLost(f"password_file {path} cannot be read") from error


def _found(name: str, jpeg: bytes) -> PictureFound:
    return PictureFound(
        name=name,
        body=jpeg,
        sha256=hashlib.sha256(jpeg).hexdigest(),
        media_type="image/jpeg",
        subject="",
        why_not="",
        is_again=False,
        settle=_settle,
    )


async def _settle(_why_failed: str) -> None:
    """A camera keeps nothing that could be put away."""

"""The idea of a driver: opens one device, yields what it observes, raises `DeviceLost`.

    device ─▶ driver ─▶ Observed ─▶ line ─▶ outbox

A driver speaks one protocol and knows nothing of outbox, detector or link. It does not retry:
when the device goes it raises, and `edge.tending` opens it again. Whoever iterates takes each
`Observed` before asking for the next: that is the back-pressure. A picture stays where the device
put it until its `settle` is called.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Protocol

import msgspec

from contract.clock import Clock
from contract.messages import Device, Reading, SealRead
from contract.pattern import whole

DeviceName = Annotated[str, msgspec.Meta(pattern=whole("[a-z0-9](?:[a-z0-9.-]{0,58}[a-z0-9])?"))]


class DeviceLost(Exception):
    """The device does not answer, or not in its protocol; the message is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFound:
    """A picture that a machine has finished; ``why_not`` says why nobody could look at it."""

    name: str
    """Its name in the folder: with `sha256` it names this one scan."""
    body: bytes
    """The original, exactly as the machine wrote it; empty if it is too large to be taken."""
    sha256: str
    media_type: str
    subject: str
    why_not: str
    is_again: bool
    """Whether it was found before and never settled: what follows from it may have been said."""
    settle: Callable[[str], Awaitable[None]]
    """Called once all that follows from the picture is durable; with why, if it failed."""
    view: bytes = b""
    """The same picture as a PNG, where ``body`` is of a format that no detector or screen reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look at the device.

    ``at``: when what it holds was observed, UTC. ``up_to``: nothing that the device observed
    before is still to come from this driver; none if that cannot be said.
    """

    at: datetime
    readings: tuple[Reading, ...] = ()
    seal: SealRead | None = None
    picture: PictureFound | None = None
    up_to: datetime | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the configuration says of any device; ``family`` is the name in `DRIVERS`."""

    device: DeviceName
    title: Annotated[str, msgspec.Meta(max_length=120)] = ""
    lane: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Driver(Protocol):
    """One device and how to open it."""

    settings: ClassVar[type[Settings]]
    """The class of this family's settings: a `Settings` whose msgspec tag is ``family``."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Remember the settings; touches nothing."""

    @property
    def device(self) -> Device:
        """What the device is, as `agent.born` and `device.found` name it."""

    def open(self) -> AbstractAsyncContextManager[AsyncIterator[Observed]]:
        """Open it and watch; entering raises `DeviceLost`, and so does the iterator."""

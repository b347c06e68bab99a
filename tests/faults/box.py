"""A place where one process follows another, and what its power cut leaves of its files."""

import asyncio
import contextvars
import logging
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from contract.identifiers import Source
from contract.link import Dial
from contract.messages import STREAMS
from tests.faults.disk import DISK, Disk
from tests.faults.ground import Ground
from tests.faults.network import Plug
from tests.support.virtual import START, VirtualClock

RESTART_S: Final = 2.0
BEGUN_S: Final = 1.0
"""A service that ends by itself this soon on a full disk never began."""
log: Final = logging.getLogger(__name__)

Heads = dict[tuple[str, str, str], int]
"""The last number of each (source, epoch, stream)."""


class BoxClock(VirtualClock):
    """A clock that drifts, and can be stepped."""

    def __init__(
        self,
        drift: float = 0.0,
        *,
        is_synchronised: bool = True,
        boot_id: str = "boot",
        up_s: float = 0.0,
    ) -> None:
        super().__init__(boot_id)
        self.drift = drift
        self.up_s: Final = up_s
        if not is_synchronised:
            self.known_error_ms = None

    def utc_now(self) -> datetime:
        """UTC as this box believes."""
        passed = asyncio.get_running_loop().time()
        return START + timedelta(seconds=passed * (1 + self.drift) + self.step_s)

    def monotonic_ns(self) -> int:
        """Since this box was switched on, which was before the story began."""
        return super().monotonic_ns() + int(self.up_s * 1e9)


@dataclass(eq=False)
class Life:
    """One process, from its start to its end."""

    plug: Plug
    disk: Disk
    task: "asyncio.Task[None]"
    is_ending: bool = False


@dataclass(eq=False)
class Box:
    """One life follows another; the files stay."""

    name: str
    source: Source
    folder: Path
    work: Callable[[Path, Dial], Awaitable[None]]
    ground: Ground
    waits_for_room: bool = False
    """On a full disk it begins all the same, as an agent does; systemd starts the others again."""
    life: Life | None = None
    lives: int = 0
    is_disk_full: bool = False
    is_parted: bool = False
    up_s: float = 0.0
    """How long before the story it was switched on."""

    def start(self) -> None:
        """Begin a life."""
        if self.life is not None:
            return
        self.lives += 1
        name = f"{self.name} {self.lives}"
        plug = Plug(name, is_parted=self.is_parted)
        disk = Disk(
            self.ground.draw(f"disk {name}"),
            self.ground.plan.disk_s,
            is_full=lambda: self.is_disk_full,
        )
        context = contextvars.copy_context()
        context.run(DISK.set, disk)
        live = self._live(plug, disk, self.ground.network.dial(plug))
        task = self.ground.tasks.create_task(live, name=name, context=context)
        self.life = Life(plug, disk, task)

    async def _live(self, plug: Plug, disk: Disk, dial: Dial) -> None:
        began_s = asyncio.get_running_loop().time()
        try:
            await self.work(self.folder, dial)
        except asyncio.CancelledError:
            return
        except BaseException as error:  # what a process dies of is the finding
            lived_s = asyncio.get_running_loop().time() - began_s
            is_begun = lived_s >= BEGUN_S or self.waits_for_room
            if not disk.is_dead and self.is_disk_full and not is_begun:
                self.life = None
                await self._again()  # it cannot begin on a full disk
            elif not disk.is_dead:
                self.ground.crashes.append(f"{plug.name} died by itself: {error!r}")
                log.exception("%s died by itself", plug.name)
            return
        if not disk.is_dead:
            self.ground.crashes.append(f"{plug.name} ended by itself")

    async def _again(self) -> None:
        DISK.set(None)
        await asyncio.sleep(RESTART_S)
        self.start()

    def kill(self) -> None:
        """As a power cut does: what was not on the disk never was, and nothing is cleaned up."""
        life, self.life = self.life, None
        if life is None:
            return
        self.folder = self.copied(f"{self.name}.{self.lives}")
        life.disk.is_dead = True
        life.plug.pull()
        life.task.cancel()
        self.ground.dead.append(life.task)

    async def stop(self) -> None:
        """In order, and whoever asks as well meanwhile waits for the same end."""
        life = self.life
        if life is None:
            return
        if not life.is_ending:
            life.is_ending = True
            life.task.cancel()
        await self.ground.ended(life.task)
        life.plug.pull()
        if self.life is life:
            self.life = None

    def part(self, *, is_parted: bool) -> None:
        """Nothing comes through to it, and nothing from it; it is not told. Or again."""
        self.is_parted = is_parted
        if self.life is not None:
            self.life.plug.is_parted = is_parted

    def copied(self, name: str) -> Path:
        """Its files as a power cut would leave them: every commit of SQLite here is fsynced."""
        self.ground.copies += 1
        to = self.ground.folder / f"{name}.copy{self.ground.copies}"
        shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns("*-shm", "lock"))
        return to

    @property
    def heads(self) -> Heads:
        """The last number of each stream on its card."""
        path = self.folder / "outbox.sqlite"
        if not path.exists():
            return {}
        with closing(sqlite3.connect(path)) as at:
            rows = at.execute(
                "SELECT e.epoch, s.stream, s.last FROM streams s JOIN epochs e ON e.id = s.epoch"
            ).fetchall()
        return {(str(self.source), epoch, STREAMS[stream]): last for epoch, stream, last in rows}

    @property
    def held(self) -> int:
        """Messages in its outbox, but for what declares others lost: that never gives way."""
        path = self.folder / "outbox.sqlite"
        if not path.exists():
            return 0
        with closing(sqlite3.connect(path)) as at:
            (held,) = at.execute("SELECT count(*) FROM messages WHERE NOT is_lost").fetchone()
        return int(held)

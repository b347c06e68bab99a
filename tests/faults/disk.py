"""A loop on which a run of threads, disks and network comes out the same each time it is run.

Threads are not used: what is handed to one is done on the loop, after as long (virtually) as the
disk of the part that asked takes, and told to it later still. So a part can be killed before its
commit, or between the commit and the moment in which it hears of it.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.full_disk import nothing_can_be_written
from tests.support.virtual import VirtualLoop

SLOW_SHARE: Final = 0.02
SLOW_S: Final = 0.8
"""Now and then a disk takes as long as an SD card does."""


@dataclass(eq=False)
class Disk:
    """The disk of one life of one part."""

    rng: random.Random
    speed_s: float = 0.003
    is_dead: bool = False
    is_full: Callable[[], bool] = lambda: False

    def takes_s(self) -> float:
        """How long the next work takes."""
        if self.rng.random() < SLOW_SHARE:
            return self.rng.random() * SLOW_S
        return self.rng.random() * self.speed_s


DISK: Final[ContextVar[Disk | None]] = ContextVar("DISK", default=None)
"""Whose disk is worked on: set for the tasks of one life, and inherited by all that they start."""


def is_dead() -> bool:
    """Whether whoever asks is dead: what it still finishes, nobody will ever see."""
    disk = DISK.get()
    return disk is not None and disk.is_dead


@dataclass(eq=False)
class _Job:
    future: "asyncio.Future[Any]"
    work: Callable[[], Any]
    disk: Disk | None
    is_done: bool = False
    outcome: tuple[bool, Any] = field(default=(True, None))

    def do(self) -> None:
        """As a thread would: not at all if it was cancelled before its turn."""
        if self.is_done or self.future.cancelled():
            self.is_done = True
            return
        self.is_done = True
        try:
            with _full(self.disk):
                self.outcome = (True, self.work())
        except BaseException as error:  # noqa: BLE001 - a thread hands on whatever it is
            self.outcome = (False, error)

    def tell(self) -> None:
        """Whoever waits hears of it."""
        if self.future.done():
            return
        is_good, value = self.outcome
        if is_good:
            self.future.set_result(value)
        else:
            self.future.set_exception(value)


class FateLoop(VirtualLoop):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        self._busy: dict[int, float] = {}
        self._jobs: dict[int, list[_Job]] = {}

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]  # the same, typed less
        """Do it on the loop, in its turn, when the disk has come round."""
        future: asyncio.Future[Any] = self.create_future()
        disk = DISK.get()
        job = _Job(future, lambda: func(*args), disk)
        takes = disk.takes_s() if disk and not disk.is_dead else 0.0
        at = self.time() + takes
        if executor is not None:
            self._know(executor)
            at = self._busy[id(executor)] = max(at, self._busy[id(executor)])
            self._jobs[id(executor)].append(job)
        told = disk.takes_s() if disk and not disk.is_dead else 0.0
        self.call_at(at, self._do, executor, job, told)
        return future

    def _do(self, executor: Any, job: _Job, told_s: float) -> None:
        for earlier in self._jobs[id(executor)] if executor is not None else []:
            earlier.do()  # in the order in which they were asked
            if earlier is job:
                break
        job.do()
        if executor is not None:
            self._jobs[id(executor)] = [one for one in self._jobs[id(executor)] if not one.is_done]
        self.call_later(told_s, job.tell)

    def _know(self, executor: ThreadPoolExecutor) -> None:
        """Its `shutdown` waits for what was asked, as that of a real one does."""
        if executor._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        if id(executor) in self._busy:
            return
        self._busy[id(executor)] = 0.0
        self._jobs[id(executor)] = []
        really = executor.shutdown
        self._alive = [*getattr(self, "_alive", []), executor]  # so that no id is used twice

        def shutdown(*args: Any, **kwargs: Any) -> None:
            for job in self._jobs[id(executor)]:
                job.do()
            really(*args, **kwargs)

        executor.shutdown = shutdown  # type: ignore[method-assign]


@contextlib.contextmanager
def _full(disk: Disk | None) -> Iterator[None]:
    """While a disk is full, the system lets nothing be written."""
    if disk is None or disk.is_dead or not disk.is_full():
        yield
        return
    with nothing_can_be_written():
        yield

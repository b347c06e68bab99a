"""The outbox of a source: what is said here is numbered, signed and on the disk when it returns."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from contract.clock import Clock, stamp
from contract.delivery.opening import opened
from contract.delivery.room import OutboxLimits
from contract.delivery.source_end import Said, SourceEnd
from contract.delivery.store import Store
from contract.identifiers import Source
from contract.link import Unavailable
from contract.messages import Identity, Refused
from contract.signing import Key

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

EPOCH_BYTES: Final = 8
RETRY_S: Final = 1.0
"""Between two attempts to open an outbox on a full disk."""


class Outbox:
    """A `SourceEnd` on a thread of its own, with group commit. Use `Outbox.open`."""

    def __init__(self, end: SourceEnd, thread: ThreadPoolExecutor, clock: Clock) -> None:
        self.end: Final = end
        """Owned by the outbox's thread: reach it through `call`."""
        self.changed: Final = asyncio.Event()
        """Set whenever something was said."""
        self._thread: Final = thread
        self._clock: Final = clock
        self._turn: Final = asyncio.Lock()
        self._waiting: list[tuple[tuple[Said, ...], asyncio.Future[list[Identity | Refused]]]] = []

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        *,
        source: Source,
        key: Key,
        clock: Clock,
        limits: OutboxLimits | None = None,
        is_patient: bool = False,
    ) -> AsyncIterator["Outbox"]:
        """Open or make the outbox at ``path``; a new epoch begins. One process at a time.

        Raises `Rejected` for a file that cannot be used, and `Unavailable` if the disk is full; a
        patient one says so and waits until there is room.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix=f"outbox{source.replace('/', '-')}")
        loop = asyncio.get_running_loop()

        def begin(store: Store) -> SourceEnd:
            return SourceEnd(store, source=source, key=key, make_epoch=_epoch, limits=limits)

        try:
            reason = ""
            while True:
                try:
                    store, end = await loop.run_in_executor(thread, opened, path, begin)
                    break
                except Unavailable as error:
                    if not is_patient:
                        raise
                    if not reason:
                        log.error("%s waits: %s", source, error)  # noqa: TRY400 - a sentence says it
                    reason = str(error)
                await clock.sleep(RETRY_S)
            if reason:
                log.info("%s has room again", source)
            try:
                yield cls(end, thread, clock)
            finally:
                await loop.run_in_executor(thread, store.close)
        finally:
            thread.shutdown()

    @property
    def source(self) -> Source:
        """Whose outbox it is."""
        return self.end.source

    @property
    def key(self) -> Key:
        """What it signs with."""
        return self.end.key

    async def say(self, *said: Said) -> list[Identity]:
        """Say things, in this order; they are on the disk when it returns.

        Raises `Refused` if one of them is nothing that anybody could read (the others are said),
        and `Unavailable` if the disk is full (nothing was said).
        """
        done: asyncio.Future[list[Identity | Refused]]
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((said, done))
        async with self._turn:  # whoever comes first commits for all that wait: one fsync
            if not done.done():
                await self._commit()
        results = await done
        self.changed.set()
        if refused := next((r for r in results if isinstance(r, Refused)), None):
            raise refused
        return [r for r in results if not isinstance(r, Refused)]

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something of `end` on the outbox's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))

    async def _commit(self) -> None:
        group, self._waiting = self._waiting, []
        batch = [one for said, _ in group for one in said]
        try:
            results = await asyncio.shield(self.call(self.end.say, batch, stamp(self._clock)))
        except BaseException as error:
            for _, done in group:
                if not done.done():
                    done.set_exception(error) if isinstance(error, Exception) else done.cancel()
            raise
        at = 0
        for said, done in group:
            if not done.done():
                done.set_result(results[at : at + len(said)])
            at += len(said)


def _epoch() -> str:
    """A random name for an epoch: a restored or cloned card never makes the same again."""
    return os.urandom(EPOCH_BYTES).hex()

"""Runs a service in an event loop of its own until it ends or a signal asks it to."""

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine
from typing import Final

from greenlane.exits import OK
from greenlane.signals import until_signalled
from greenlane.watchdog import watched

COLLECT: Final = (20_000, 20, 50)
"""Python's collector looks after so many new objects, not 700: what arrives in a batch is held
until the batch is done, so it found nothing, and everybody waited for it. What was loaded before
the service began it never looks at again."""


def serve(service: Callable[[], Coroutine[None, None, None]], *, is_uvloop: bool = False) -> int:
    """Run it; returns the exit code of an end in order, and raises for any other end.

    ``is_uvloop``: on the faster loop, for who serves many. The simulated sensors cannot: pymodbus'
    server does not say under uvloop where it listens.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT)
    with asyncio.Runner(loop_factory=_uvloop() if is_uvloop else None) as runner:
        runner.run(until_signalled(watched(service(), os.environ)))
    return OK


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # it does not run everywhere
        return None
    return uvloop.new_event_loop

"""Runs a service in an event loop of its own until it ends or a signal asks it to."""

import asyncio
import os
from collections.abc import Callable, Coroutine

from greenlane.exits import OK
from greenlane.signals import until_signalled
from greenlane.watchdog import watched


def serve(service: Callable[[], Coroutine[None, None, None]], *, is_uvloop: bool = False) -> int:
    """Run it; returns the exit code of an end in order, and raises for any other end.

    ``is_uvloop``: on the faster loop, for who serves many. The simulated sensors cannot: pymodbus'
    server does not say under uvloop where it listens.
    """
    with asyncio.Runner(loop_factory=_uvloop() if is_uvloop else None) as runner:
        runner.run(until_signalled(watched(service(), os.environ)))
    return OK


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # it does not run everywhere
        return None
    return uvloop.new_event_loop

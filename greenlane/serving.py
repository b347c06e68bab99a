"""Runs a service in an event loop of its own until it ends or a signal asks it to."""

import asyncio
from collections.abc import Callable, Coroutine

from greenlane.exits import OK
from greenlane.signals import until_signalled


def serve(service: Callable[[], Coroutine[None, None, None]]) -> int:
    """Run it; returns the exit code of an end in order, and raises for any other end."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(until_signalled(service()))
    return OK


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # an edge box does without
        return None
    return uvloop.new_event_loop

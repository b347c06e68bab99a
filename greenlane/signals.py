"""The one owner of signals: SIGINT and SIGTERM cancel the root task, and it gets to clean up."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Final

from greenlane.exits import FAILED

STOP_S_MAX: Final = 4.5
"""From the signal to the end; what still hangs then is named and left."""

log: Final = logging.getLogger(__name__)


async def until_signalled(service: Coroutine[None, None, None]) -> None:
    """Run a service until it ends or a signal asks it to; asked for, an end is a good end."""
    serving = asyncio.ensure_future(service)
    is_asked = False

    def ask() -> None:
        nonlocal is_asked
        if not is_asked:
            is_asked = True
            log.info("ending")
            loop.call_later(STOP_S_MAX, _give_up)
            serving.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    try:
        await serving
    except asyncio.CancelledError:
        if not is_asked:
            raise


def _give_up() -> None:
    """Name what hangs, and leave: a service that a person wants to end does end."""
    hanging = sorted(map(_where, asyncio.all_tasks()))
    print(f"Did not end in {STOP_S_MAX} s:", *hanging, sep="\n  ", file=sys.stderr)
    os._exit(FAILED)


def _where(task: asyncio.Task[object]) -> str:
    """The name of a task and the line at which it waits."""
    waits: Any = task.get_coro()
    place = ""
    while waits is not None:
        frame = getattr(waits, "cr_frame", None) or getattr(waits, "ag_frame", None)
        if frame is not None:
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        waits = getattr(waits, "cr_await", None) or getattr(waits, "ag_await", None)
    asked = f", asked {task.cancelling()} times to end" if task.cancelling() else ""
    return f"{task.get_name()} at {place}{asked}"

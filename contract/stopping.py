"""Work in a task of its own, so that a cancellation that meets its end is never lost.

A `TaskGroup` whose children break in the moment in which its task is cancelled raises what broke,
and the cancellation is gone; nor can one ask afterwards, for until Python 3.13 a group that broke
leaves `Task.cancelling()` counting. A loop that dials again would then dial for ever.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def apart(work: Coroutine[Any, Any, None], name: str) -> None:
    """Do this to its end or ours; raises what it raises, and `CancelledError` whenever we are."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # nobody else will ask
        raise
    task.result()

"""A folder to work in beside what is made; what one who was killed has left there goes."""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from contract.folder import held

PREFIX: Final = ".greenlane-"
BEGUN: Final = f"{PREFIX}new-"
"""Until it is held."""
_log: Final = logging.getLogger(__name__)


@contextmanager
def scratch(near: Path) -> Iterator[Path]:
    """An empty folder on the disk of ``near``, for us alone, and gone in the end.

    It is held while it is used, so whose holder is dead can be told from any other. Folders are
    begun one at a time, so one that is begun and not held is of a dead one as well.
    """
    with ExitStack() as stack:
        with _alone(near):
            for left in near.glob(f"{PREFIX}*"):
                with suppress(OSError):  # another user's, or gone meanwhile
                    _clear(left)
            begun = Path(mkdtemp(dir=near, prefix=BEGUN))
            folder = near / (PREFIX + begun.name.removeprefix(BEGUN))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            stack.enter_context(held(begun))
            begun.rename(folder)
        yield folder


@contextmanager
def _alone(near: Path) -> Iterator[None]:
    handle = os.open(near, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _clear(left: Path) -> None:
    if not left.name.startswith(BEGUN) and not (left / "lock").exists():
        return  # of an earlier Greenlane, or of somebody else's
    with held(left) as is_dead:
        if is_dead:
            shutil.rmtree(left)
            _log.info("what a backup left that was killed is gone: %s", left)

"""A folder to work in beside what is made; what one who was killed has left there goes."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from contract.folder import held

PREFIX: Final = ".greenlane-"
_log: Final = logging.getLogger(__name__)


@contextmanager
def scratch(near: Path) -> Iterator[Path]:
    """An empty folder on the disk of ``near``, for us alone, and gone in the end.

    It is held while it is used, so whose holder is dead can be told from any other; it has its
    name only when it is held.
    """
    for left in near.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or gone meanwhile
            _clear(left)
    made = Path(mkdtemp(dir=near, prefix=".new"))
    folder = made.with_name(PREFIX + made.name.removeprefix(".new"))
    try:
        with held(made):
            made.rename(folder)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear(left: Path) -> None:
    if not (left / "lock").exists():
        return  # of an earlier Greenlane, or of somebody else's
    with held(left) as is_dead:
        if is_dead:
            shutil.rmtree(left)
            _log.info("what a backup left that was killed is gone: %s", left)

"""Small files that are whole on the disk, under their name, or not there at all."""

import os
from pathlib import Path

from contract.folder import sync


def write_whole(path: Path, body: str | bytes, *, is_secret: bool = True) -> None:
    """Replace the file; durable when it returns, its name too. Raises `OSError`.

    A secret is readable by its owner alone, from the first byte on.
    """
    draft = path.with_name(path.name + ".new")
    mode = 0o600 if is_secret else 0o666  # less the umask
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(body.encode() if isinstance(body, str) else body)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    sync(path.parent)

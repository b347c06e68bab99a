"""Files that only their owner may read, and that are whole on the disk or not there at all."""

import os
from pathlib import Path


def write_secret(path: Path, text: str) -> None:
    """Replace the file; durable when it returns. Raises `OSError`."""
    draft = path.with_name(path.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)

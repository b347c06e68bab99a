"""Secrets come from files, never from the configuration itself, and never reach a log."""

from pathlib import Path
from typing import Final

from contract.config import BadConfig

SECRET_BYTES_MAX: Final = 4_096


def secret(path: str) -> str:
    """The file's text without surrounding white space; empty if there is no path."""
    if not path:
        return ""
    try:
        with Path(path).open("rb") as file:
            text = file.read(SECRET_BYTES_MAX + 1)
        if not text.strip() or len(text) > SECRET_BYTES_MAX:
            raise BadConfig(f"{path}: a secret has 1 to {SECRET_BYTES_MAX} bytes")
        return text.decode().strip()
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"{path}: a secret is UTF-8 text") from error

"""Who a service is: its key, and the gateway that it was enrolled with."""

from pathlib import Path
from typing import Final

from contract.signing import KEY_BYTES, keyid_of
from greenlane.doctor.finding import Finding, advice, well

HOW_TO_ENROL: Final = {
    "edge": "greenlane gateway code --agent NAME, then greenlane edge enroll --code CODE",
    "command-center": (
        "greenlane gateway code --agent command-center, then "
        "greenlane command-center enroll --code CODE"
    ),
}


def key(path: Path, *, made_by: str) -> Finding:
    """Whether the private key is there, whole, and closed to others; ``made_by``: who makes it."""
    try:
        status = path.stat()
        seed = _hex(path)
    except FileNotFoundError:
        return advice("key", f"there is no {path} yet: {made_by} makes it")
    except (OSError, ValueError) as error:
        return advice("key", f"{path} cannot be read: {error}")
    if status.st_mode & 0o077:
        return advice("key", f"others may read {path}: chmod 600 {path}, and think of a new key")
    if len(seed) != KEY_BYTES:
        return advice("key", f"{path} does not hold {KEY_BYTES} bytes: restore it from a backup")
    return well("key", f"{path} is there, closed to others")


def enrolled(path: Path, *, kind: str) -> Finding:
    """Whether the gateway's public key is there, as an enrolment leaves it."""
    try:
        public = _hex(path)
    except FileNotFoundError:
        return advice("enrolled", f"not yet: {HOW_TO_ENROL[kind]}")
    except (OSError, ValueError) as error:
        return advice("enrolled", f"{path} cannot be read: {error}")
    if len(public) != KEY_BYTES:
        return advice("enrolled", f"{path} holds no public key; enrol again: {HOW_TO_ENROL[kind]}")
    return well("enrolled", f"with the gateway of key {keyid_of(public)}")


def _hex(path: Path) -> bytes:
    return bytes.fromhex(path.read_text().strip())

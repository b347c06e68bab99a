"""How a command ends: the exit codes, and the error that says which thing outside is missing."""

import errno
from typing import Final

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
OUTSIDE: Final = 3

MEANING: Final = """exit codes:
  0  done, or ended by SIGINT or SIGTERM in order
  1  failed at its work
  2  bad usage or bad configuration
  3  something outside is missing: a port in use, a full disk, no permission, no broker
"""

_SENTENCES: Final = {
    errno.EADDRINUSE: "the address is in use already",
    errno.EADDRNOTAVAIL: "the address is not one of this machine",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.ENOENT: "there is no such file or folder",
    errno.EISDIR: "this is a folder, not a file",
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.ENOTDIR: "a part of this path is not a directory",
    errno.EEXIST: "this is not a directory",
    errno.EMFILE: "too many open files (see ulimit -n)",
}


class Outside(Exception):
    """Something outside is missing; the message is the one sentence for the person."""


def sentence_of(error: OSError) -> str | None:
    """One sentence for an error of the system that a person can mend; none for all others."""
    what = _SENTENCES.get(error.errno or 0)
    if what is None:
        return None
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{what}."

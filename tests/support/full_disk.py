"""A disk on which nothing can be written."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_can_be_written() -> Iterator[None]:
    """By the system's own limit."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)

"""A resolver whose servers are dead for some names: it answers when the test is over."""

import threading
from types import TracebackType
from typing import Final, Self

from contract.lookup import Address, resolved


class DeadResolver:
    """Names that begin with ``dead`` wait for the end of the `with`; others are looked up."""

    def __init__(self) -> None:
        self._ended: Final = threading.Event()
        self._lock: Final = threading.Lock()
        self._waiting = 0
        self.most_at_once = 0
        self.asked: Final[list[str]] = []

    def resolve(self, host: str) -> list[Address]:
        """As `contract.lookup.resolved`."""
        self.asked.append(host)
        if host.startswith("dead"):
            with self._lock:
                self._waiting += 1
                self.most_at_once = max(self.most_at_once, self._waiting)
            self._ended.wait()
            raise OSError("timed out")
        return resolved(host)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()

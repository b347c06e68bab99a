"""What each part of a running line uses of the machine: cores and memory, by process."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, Self

import psutil

MIB: Final = 2**20


class Part:
    """One process and its children; what they used is kept when they end.

    Who knows that there are none says ``is_alone``: to look for them reads all of /proc.
    """

    def __init__(self, pid: int, *, is_alone: bool = False) -> None:
        self._is_alone: Final = is_alone
        self._root: Final = psutil.Process(pid)
        self._used_s: dict[int, float] = {}
        self.rss_max = 0
        self.look()
        self._before_s: Final = self.cpu_s

    def look(self) -> None:
        """Look again."""
        rss = 0
        with suppress(psutil.NoSuchProcess):
            children = [] if self._is_alone else self._root.children(recursive=True)
            for process in (self._root, *children):
                with suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    self._used_s[process.pid] = times.user + times.system
                    rss += process.memory_info().rss
        self.rss_max = max(self.rss_max, rss)

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU that all of them used since they began."""
        return sum(self._used_s.values())

    @property
    def taken_s(self) -> float:
        """Seconds of CPU since this part was first looked at."""
        return self.cpu_s - self._before_s


class Usage:
    """All parts by name."""

    def __init__(self, parts: Mapping[str, int], *, are_alone: bool = False) -> None:
        self._parts: Final = {name: Part(pid, is_alone=are_alone) for name, pid in parts.items()}

    def look(self) -> Self:
        """Look at every part; call it every second or so, for the peak of memory."""
        for part in self._parts.values():
            part.look()
        return self

    def taken_s(self) -> dict[str, float]:
        """Per part: seconds of CPU since it was first looked at."""
        return {name: round(part.taken_s, 2) for name, part in self._parts.items()}

    def rss_mib(self) -> dict[str, int]:
        """Per part: the most memory that was seen."""
        return {name: round(part.rss_max / MIB) for name, part in self._parts.items()}

    def told(self, seconds: float) -> list[dict[str, object]]:
        """Per part: the share of one core over that time, and the most memory that was seen."""
        return [
            {
                "part": name,
                "cpu_percent": round(100 * part.taken_s / seconds, 1),
                "rss_mib": round(part.rss_max / MIB),
            }
            for name, part in self._parts.items()
        ]

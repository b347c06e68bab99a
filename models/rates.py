"""How often something happens, with its interval; and why a detection rate never stands alone.

A detector that cries at every bag finds everything. So a rate of finding has no text of its own:
only a `Figure`, which holds the false alarms as well, can be printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

Z_95 = 1.959964  # two-sided 95 % of a normal distribution


@dataclass(frozen=True)
class Rate:
    """So many of so many, with an interval of 95 %; printed only within a `Figure`."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share, 0 to 1; 0 of nothing is 0."""
        return self.hits / self.of if self.of else 0.0

    def __str__(self) -> str:
        """Refuse: a rate without its counterpart misleads."""
        raise TypeError("a rate is not printed alone: print the Figure that it belongs to")

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON, the interval first."""
        return {"interval95": [self.low, self.high], "value": self.value} | {
            "hits": self.hits,
            "of": self.of,
        }


@dataclass(frozen=True)
class Figure:
    """How well one class is found, never without how often it is cried in vain."""

    detection: Rate
    """Hidden things found: right class, box overlapping by at least half."""
    false_alarm: Rate
    """Honest bags in which the class was announced."""

    def __str__(self) -> str:
        """Return both rates, interval first; one alone would mislead."""
        found, cried = self.cells()
        return f"found {found} at false alarms {cried} of honest bags"

    def cells(self) -> tuple[str, str]:
        """Return both as people read them: `[79.0%, 83.4%] 81.3%`."""
        return _text(self.detection), _text(self.false_alarm)

    def as_dict(self) -> dict[str, Any]:
        """Return both rates for JSON."""
        return {
            "detection": self.detection.as_dict(),
            "false_alarms_per_bag": self.false_alarm.as_dict(),
        }


def _text(rate: Rate) -> str:
    return f"[{rate.low:.1%}, {rate.high:.1%}] {rate.value:.1%}"


def wilson(hits: int, of: int) -> Rate:
    """Return a rate with its Wilson score interval of 95 % (Wilson 1927); 0 of 0 is 0 to 1."""
    if of == 0:
        return Rate(hits, of, 0.0, 1.0)
    share, z2 = hits / of, Z_95 * Z_95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z_95 / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    # Rounding must not leave the rate itself outside of its interval.
    return Rate(hits, of, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))

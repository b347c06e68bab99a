"""Whether a scanner's pictures still look like those its model was made for; told as its readings.

    picture ─▶ detector ─▶ features, loudest score ─▶ Drift ─▶ every 500 pictures: readings

Counts since the last report are in memory only. A restart begins anew, and loses at most what was
counted towards one report; what was said before is in the journal, and an alert stays until a later
report settles it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from contract.clock import Clock
from contract.messages import (
    DRIFT_METRIC,
    DRIFT_PICTURES_METRIC,
    Reading,
    ReadingsTaken,
)
from edge.detector import Scan
from models.drift import BINS, RANGES, Histogram, place, shift

PICTURES_MIN: Final = 500
"""For a report: by chance alone so many differ from as many others by less than 0.1."""
BETWEEN_S: Final = 600.0
"""The shortest time between two reports of a scanner, however fast it is."""


@dataclass(slots=True)
class _Counts:
    """One scanner since its last report: a fixed number of counters."""

    told_ns: int | None = None
    pictures: int = 0
    bins: dict[str, list[int]] = field(default_factory=dict)


class Drift:
    """Counts what pictures look like, a scanner at a time."""

    def __init__(
        self, reference: Mapping[str, Histogram], clock: Clock, enough: int = PICTURES_MIN
    ) -> None:
        """Take the passport's histograms (without any there is nothing to say of a picture)."""
        self._enough: Final = enough
        self._reference: Final = {name: one for name, one in reference.items() if name in RANGES}
        self._clock: Final = clock
        self._scanners: Final[dict[str, _Counts]] = {}

    def saw(self, device: str, scan: Scan, at: datetime) -> ReadingsTaken | None:
        """Count one picture; what there is to say of the last ones, now and then."""
        counts = self._scanners.setdefault(device, _Counts())
        counts.pictures += 1
        for name, value in (*scan.seen.items(), ("score", scan.loudest)):
            if name in self._reference:
                counts.bins.setdefault(name, [0] * BINS)[place(value, *RANGES[name])] += 1
        if counts.pictures < self._enough or not counts.bins or not self._is_time(counts):
            return None
        report = self._report(device, counts, at)
        self._scanners[device] = _Counts(told_ns=self._clock.monotonic_ns())
        return report

    def _is_time(self, counts: _Counts) -> bool:
        if counts.told_ns is None:
            return True
        return self._clock.monotonic_ns() - counts.told_ns >= BETWEEN_S * 1e9

    def _report(self, device: str, counts: _Counts, at: datetime) -> ReadingsTaken:
        found = {
            name: shift(self._reference[name], Histogram(tuple(bins)))
            for name, bins in counts.bins.items()
        }
        said = {
            DRIFT_METRIC: (max(found.values()), "/"),
            **{f"{DRIFT_METRIC}_{name}": (value, "/") for name, value in found.items()},
            DRIFT_PICTURES_METRIC: (float(counts.pictures), "count"),
        }
        readings = tuple(
            Reading(device=device, metric=metric, value=value, unit=unit, observed_at=at)
            for metric, (value, unit) in said.items()
        )
        return ReadingsTaken(readings=readings)

"""What a kept message says as points in time; pure, from the journal towards the sinks.

Readings become the kind "reading", one point each; a seal read becomes one of the kind "seal" whose
value is the battery, a scan one of the kind "scan" whose value is the highest score. Everything
else has no place in a time series and gives no points.
"""

from datetime import datetime
from functools import lru_cache, partial
from typing import Final

from contract.identifiers import Source
from contract.messages import Identity, Message, ReadingsTaken, ScanCompleted, SealRead
from gateway.adapters.heard import ForeignHeard
from gateway.instant import EPOCH, microseconds
from gateway.timeseries.sink import Fact, Origin, Series, TimePoint

SOURCES_CACHED_MAX: Final = 2_000
"""Sources whose series are made once; the least recently used gives way."""
SERIES_CACHED_MAX: Final = 5_000
"""Series of one source; with more, all are made anew."""
TAKEN: Final = ("time", "value", "sequence")
"""Fields of every point: a metric of this name gets an underscore behind it."""


def points_of(identity: Identity, observed_at: datetime, message: Message) -> list[TimePoint]:
    """The points that a message says; `observed_at` is its envelope's time."""
    origin = Origin(identity.source, identity.stream, identity.epoch)
    if isinstance(message, ReadingsTaken):
        return _readings(origin, identity.sequence, message)
    if isinstance(message, SealRead):
        return [_seal(origin, identity.sequence, microseconds(observed_at), message)]
    if isinstance(message, ScanCompleted):
        return [_scan(origin, identity, microseconds(observed_at), message)]
    if isinstance(message, ForeignHeard):
        return _foreign(origin, identity.sequence, message)
    return []


def _readings(origin: Origin, sequence: int, message: ReadingsTaken) -> list[TimePoint]:
    # A hundred thousand of these a second: what a message says of one moment is reckoned once.
    series, points = _series_of("reading", origin.source), []
    moment, observed_us = EPOCH, 0
    for item, reading in enumerate(message.readings):
        if reading.observed_at != moment:
            moment = reading.observed_at
            observed_us = microseconds(moment)
        of = series[reading.device, reading.metric, reading.unit]
        points.append(_point((of, origin, sequence, item, observed_us, reading.value, (), ())))
    return points


_point: Final = partial(tuple.__new__, TimePoint)
"""A `TimePoint` of all its fields, in half the time."""


class _OfSource(dict[tuple[str, str, str], Series]):
    """The series of one kind that a source has, by device, metric and unit."""

    def __init__(self, kind: str, source: str) -> None:
        super().__init__()
        self._kind: Final = kind
        self._source: Final = Source(source)

    def __missing__(self, names: tuple[str, str, str]) -> Series:
        if len(self) >= SERIES_CACHED_MAX:
            self.clear()
        post, name = str(self._source.post), self._source.name
        made = self[names] = Series(self._kind, post, name, *names)
        return made


_series_of: Final = lru_cache(SOURCES_CACHED_MAX)(_OfSource)


def _foreign(origin: Origin, sequence: int, heard: ForeignHeard) -> list[TimePoint]:
    """The values of every message under its own number, so that each is told from all others."""
    if heard.label.table:
        return _wide(origin, sequence, heard)
    series, points = _series_of("reading", origin.source), []
    for item, device, observed_us, columns, values in heard.rows:
        for place, ((metric, unit), value) in enumerate(zip(columns, values, strict=True)):
            if value is not None:
                of = series[device, metric, unit]
                points.append(TimePoint(of, origin, sequence + item, place, observed_us, value))
    return points


def _wide(origin: Origin, sequence: int, heard: ForeignHeard) -> list[TimePoint]:
    """Each message as one point of many fields."""
    series = _series_of(heard.label.table, origin.source)
    names: dict[int, tuple[str, ...]] = {}  # by id: all messages of a shape share its columns
    points = []
    for item, device, observed_us, columns, values in heard.rows:
        fields = names.get(id(columns))
        if fields is None:
            fields = names[id(columns)] = tuple(_field(metric) for metric, _ in columns)
        said, facts = (fields, values) if None not in values else _said(fields, values)
        if said:
            of = series[device, "", ""]
            points.append(_point((of, origin, sequence + item, 0, observed_us, None, said, facts)))
    return points


def _said(
    fields: tuple[str, ...], values: tuple[float | None, ...]
) -> tuple[tuple[str, ...], tuple[float | None, ...]]:
    """Those fields that have a value."""
    pairs = zip(fields, values, strict=True)
    said = {name: value for name, value in pairs if value is not None}
    return tuple(said), tuple(said.values())


def _field(metric: str) -> str:
    return f"{metric}_" if metric in TAKEN else metric


def _seal(origin: Origin, sequence: int, observed_us: int, seal: SealRead) -> TimePoint:
    source = Source(origin.source)
    return TimePoint(
        Series("seal", str(source.post), source.name, seal.device, "battery", "%EL"),
        origin,
        sequence,
        0,
        observed_us,
        seal.battery_percent,
        ("seal", "state", "subject"),
        (seal.seal, seal.state, seal.subject),
    )


def _scan(origin: Origin, identity: Identity, observed_us: int, scan: ScanCompleted) -> TimePoint:
    source = Source(origin.source)
    best = max(scan.detections, key=lambda detection: detection.score, default=None)
    facts: dict[str, Fact] = {
        "scan": str(identity),
        "subject": scan.subject,
        "picture": scan.picture.sha256,
        "detections": len(scan.detections),
        "label": best.label if best else "",
        "milliseconds": float(scan.milliseconds),
    }
    return TimePoint(
        Series("scan", str(source.post), source.name, scan.device, "score", "1"),
        origin,
        identity.sequence,
        0,
        observed_us,
        best.score if best else 0.0,
        tuple(facts),
        tuple(facts.values()),
    )

"""What a kept message says as points in time; pure, from the journal towards the sinks.

Readings become the kind "reading", one point each; a seal read becomes one of the kind "seal" whose
value is the battery, a scan one of the kind "scan" whose value is the highest score. Everything
else has no place in a time series and gives no points.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Final

from contract.identifiers import Source
from contract.messages import Identity, Message, ReadingsTaken, ScanCompleted, SealRead
from gateway.adapters.heard import ForeignHeard
from gateway.adapters.row import Column
from gateway.sink import Origin, Series, TimePoint

SERIES_CACHED_MAX: Final = 100_000
"""Series that are made once; the least recently used gives way."""
TAKEN: Final = ("time", "value", "sequence")
"""Fields of every point: a metric of this name gets an underscore behind it."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    """The instant that many microseconds after 1970 UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


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
    source = origin.source
    return [
        _point(
            (
                _series(source, reading.device, reading.metric, reading.unit),
                origin,
                sequence,
                index,
                (reading.observed_at - _EPOCH) // _MICROSECOND,  # as `microseconds`: a call less
                reading.value,
                (),
            )
        )
        for index, reading in enumerate(message.readings)
    ]


_point: Final = partial(tuple.__new__, TimePoint)
"""A `TimePoint` of all its fields, in half the time: a hundred thousand are made in a second."""


@lru_cache(SERIES_CACHED_MAX)
def _series(source: str, device: str, metric: str, unit: str) -> Series:
    speaker = Source(source)
    return Series("reading", str(speaker.post), speaker.name, device, metric, unit)


def _foreign(origin: Origin, sequence: int, heard: ForeignHeard) -> list[TimePoint]:
    """The values of every message under its own number, so that each is told from all others."""
    if heard.label.table:
        return _wide(origin, sequence, heard)
    source = Source(origin.source)
    post, agent = str(source.post), source.name
    known: dict[tuple[str, Column], Series] = {}
    points = []
    for item, device, observed_us, columns, values in heard.rows:
        for place, (column, value) in enumerate(zip(columns, values, strict=True)):
            if value is None:
                continue
            series = known.get((device, column))
            if series is None:
                series = known[device, column] = Series("reading", post, agent, device, *column)
            points.append(TimePoint(series, origin, sequence + item, place, observed_us, value))
    return points


def _wide(origin: Origin, sequence: int, heard: ForeignHeard) -> list[TimePoint]:
    """Each message as one point of many fields."""
    source = Source(origin.source)
    post, agent, table = str(source.post), source.name, heard.label.table
    known: dict[str, Series] = {}
    names: dict[tuple[Column, ...], list[str]] = {}
    points = []
    for item, device, observed_us, columns, values in heard.rows:
        series = known.get(device)
        if series is None:
            series = known[device] = Series(table, post, agent, device, "", "")
        fields = names.get(columns)
        if fields is None:
            fields = names[columns] = [_field(metric) for metric, _ in columns]
        facts = tuple(zip(fields, values, strict=True))
        if None in values:
            facts = tuple(fact for fact in facts if fact[1] is not None)
        if facts:
            points.append(TimePoint(series, origin, sequence + item, 0, observed_us, None, facts))  # type: ignore[arg-type]  # None was left out
    return points


def _field(metric: str) -> str:
    return f"{metric}_" if metric in TAKEN else metric


def _seal(origin: Origin, sequence: int, observed_us: int, seal: SealRead) -> TimePoint:
    source = Source(origin.source)
    facts = (("seal", seal.seal), ("state", seal.state), ("subject", seal.subject))
    return TimePoint(
        Series("seal", str(source.post), source.name, seal.device, "battery", "%EL"),
        origin,
        sequence,
        0,
        observed_us,
        seal.battery_percent,
        facts,
    )


def _scan(origin: Origin, identity: Identity, observed_us: int, scan: ScanCompleted) -> TimePoint:
    source = Source(origin.source)
    best = max(scan.detections, key=lambda detection: detection.score, default=None)
    facts = (
        ("scan", str(identity)),
        ("subject", scan.subject),
        ("picture", scan.picture.sha256),
        ("detections", len(scan.detections)),
        ("label", best.label if best else ""),
        ("milliseconds", float(scan.milliseconds)),
    )
    return TimePoint(
        Series("scan", str(source.post), source.name, scan.device, "score", "1"),
        origin,
        identity.sequence,
        0,
        observed_us,
        best.score if best else 0.0,
        facts,
    )

"""Rows as readings, for the rules that have a limit for them. Pure."""

from contract.messages import Reading
from gateway.adapters.heard import ForeignHeard
from gateway.instant import instant


def readings_of(heard: ForeignHeard, metrics: frozenset[str]) -> tuple[Reading, ...]:
    """The readings of these metrics, in the order in which they were heard."""
    places: dict[int, list[int]] = {}  # by id: all messages of a shape share its columns
    readings = []
    for _, device, observed_us, columns, values in heard.rows:
        wanted = places.get(id(columns))
        if wanted is None:
            wanted = [n for n, (metric, _) in enumerate(columns) if metric in metrics]
            places[id(columns)] = wanted
        for place in wanted:
            value = values[place]
            if value is not None:
                metric, unit = columns[place]
                at = instant(observed_us)
                readings.append(
                    Reading(device=device, metric=metric, value=value, unit=unit, observed_at=at)
                )
    return tuple(readings)

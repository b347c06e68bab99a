"""Rows as readings, for the rule that has limits for them. Pure."""

from collections.abc import Container, Iterator
from datetime import datetime

from gateway.adapters.heard import ForeignHeard
from gateway.instant import instant


def values_of(
    heard: ForeignHeard, metrics: Container[str]
) -> Iterator[tuple[str, str, float, str, datetime]]:
    """Device, metric, value, unit and moment of these metrics, in the order of their arrival."""
    places: dict[int, list[tuple[int, str, str]]] = {}  # by id: a shape shares its columns
    for _, device, observed_us, columns, values in heard.rows:
        wanted = places.get(id(columns))
        if wanted is None:
            wanted = [(n, *column) for n, column in enumerate(columns) if column[0] in metrics]
            places[id(columns)] = wanted
        for place, metric, unit in wanted:
            value = values[place]
            if value is not None:
                yield device, metric, value, unit, instant(observed_us)

"""The idea of a profile: how a well-known firmware publishes, as routes. Data alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from gateway.adapters.route import Metric, Route

UNITS: Final = {
    "temperature": "Cel",
    "device_temperature": "Cel",
    "humidity": "%RH",
    "soil_moisture": "%RH",
    "battery": "%EL",
    "pressure": "hPa",
    "illuminance": "lx",
    "power": "W",
    "energy": "kWh",
    "current": "A",
    "co2": "ppm",
    "signal": "dBm",
}
"""Units by names that mean the same wherever they are used; what is in doubt is not here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A firmware by the topics on which its devices publish, below a prefix of the owner's."""

    title: str
    base: str
    """The prefix as the firmware comes; empty for none."""
    routes: Callable[[str], tuple[Route, ...]]
    """In the order in which they are tried; `base` ends in a slash, or is empty."""


def vocabulary(units: dict[str, str]) -> dict[str, Metric]:
    """Metrics that keep their names and get these units."""
    return {name: Metric(unit=unit) for name, unit in units.items()}


def adjusted(route: Route, wishes: Route) -> Route:
    """A route of a profile with what the configuration says besides."""
    if route.payload in ("presence", "nothing"):
        return route
    time = route.time
    if route.must_say and not wishes.utc_offset:
        time = ""  # local time without a zone says nothing
    return msgspec.structs.replace(
        route,
        metrics={**route.metrics, **wishes.metrics},
        only=route.is_only if wishes.only is None else wishes.only,
        ignore=(*route.ignore, *wishes.ignore),
        utc_offset=wishes.utc_offset,
        time=time,
    )

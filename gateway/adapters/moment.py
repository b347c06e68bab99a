"""The time that a foreign payload says, as microseconds since 1970 UTC. Pure."""

from datetime import datetime
from typing import Final

from gateway.adapters.route import TimeUnit
from gateway.adapters.row import Unfit
from gateway.instant import microseconds

PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
EARLIEST_US: Final = 86_400_000_000
LATEST_US: Final = 7_258_118_400_000_000
"""From 1970-01-02 to 2200: what is beyond means nothing, and breaks arithmetic further down."""
TEXT_MAX: Final = 40


def moment_us(value: object, unit: TimeUnit, utc_offset: str) -> int:
    """Microseconds since 1970 UTC; raise `Unfit`."""
    if type(value) is int and unit != "rfc3339":  # as most say it
        at = value * 1_000_000 // PER_SECOND[unit]
    elif type(value) is str:
        at = _of_text(value, utc_offset)
    elif type(value) is int or type(value) is float:
        at = _of_number(value, unit)
    else:
        raise Unfit("its time is neither a number nor a text")
    if not EARLIEST_US <= at < LATEST_US:
        raise Unfit("a time before 1970 or after 2200: is time_unit right?")
    return at


def _of_number(value: float, unit: TimeUnit) -> int:
    if unit == "rfc3339":
        raise Unfit("its time is a number: set time_unit to s, ms, us or ns")
    try:
        return round(value / PER_SECOND[unit] * 1_000_000)
    except (OverflowError, ValueError) as error:
        raise Unfit("its time is no number") from error


def _of_text(text: str, utc_offset: str) -> int:
    try:
        at = datetime.fromisoformat(text[:TEXT_MAX])
    except ValueError as error:
        raise Unfit("its time is no RFC 3339") from error
    if at.tzinfo is None:
        if not utc_offset:
            raise Unfit("its time has no zone: set utc_offset")
        at = at.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00:00{utc_offset}").tzinfo)
    return microseconds(at)

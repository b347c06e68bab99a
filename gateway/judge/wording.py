"""How times, ages and numbers are written for people; pure, and the same on every machine."""

from datetime import UTC, datetime
from typing import Final

_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
_WHOLE_FROM: Final = 1_000
"""From here on a fraction says nothing to people."""


def clock_time(at: datetime, told: datetime | None = None) -> str:
    """``14:07:32 UTC``, with the day where it is not the day of ``told``."""
    at = at.astimezone(UTC)
    time = f"{at.hour:02d}:{at.minute:02d}:{at.second:02d} UTC"
    if told is not None and told.astimezone(UTC).date() == at.date():
        return time
    return f"{at.day} {_MONTHS[at.month - 1]} {time}"


def two_times(at: datetime, whose: str, told: datetime) -> str:
    """``02:16:00 UTC by the seal's clock, told us at 04:02:11 UTC``; seen and told are two."""
    return f"{clock_time(at, told)} by {whose}, told us at {clock_time(told, told)}"


def age(seconds: float) -> str:
    """``48 s``, ``17 min``, ``1 h 04``, ``3 d``."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d}"
    return f"{whole // _DAY} d"


def number(value: float) -> str:
    """At most four digits that mean something, a true minus, a comma between thousands."""
    is_whole = abs(value) >= _WHOLE_FROM or value == int(value)
    places = 0 if is_whole else 1 if abs(value) >= 1 else 3
    return f"{value:,.{places}f}".replace("-", "\N{MINUS SIGN}")


def factor(value: float) -> str:
    """Two digits that mean something: ``8``, ``15``, ``250``, ``0.066``."""
    # By the decimal digits alone: a logarithm may differ in its last bit on another machine.
    return f"{float(f'{value:.1e}'):,.6g}"


_UNITS: Final = {"Cel": "°C", "%RH": "% humidity", "%EL": "%", "Sv/h": "Sv/h", "1": "", "/": ""}


def quantity(value: float, unit: str) -> str:
    """A number with its unit as people write it: ``4.2 °C``."""
    return f"{number(value)} {_UNITS.get(unit, unit)}".strip()


def listed(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def capital(text: str) -> str:
    """The same with a capital letter first, the rest as it is."""
    return text[:1].upper() + text[1:]

"""NMEA 0183 position sentences: lines to fixes and back (pure).

Read are RMC and GGA of any talker (GP, GN, GL, GA, …); all others are passed over::

    $GPRMC,hhmmss.ss,A,ddmm.mm,N,dddmm.mm,E,knots,course,ddmmyy,variation,E,mode*hh
    $GPGGA,hhmmss.ss,ddmm.mm,N,dddmm.mm,E,quality,satellites,hdop,metres,M,…*hh

A position that the receiver only estimates, was told by hand or makes up (modes E, M, S; qualities
6, 7, 8) is none: a finding must not rest on dead reckoning.
"""

import re
from dataclasses import dataclass
from typing import Final

from edge.drivers.seal_lines import LINE_BYTES_MAX, BadLine, checksum_of

MPS_PER_KNOT: Final = 1852 / 3600
DAY_S: Final = 86_400.0
DEGREE_DIGITS: Final = 7
"""Decimals of a degree that are kept: a centimetre."""

_LINE: Final = re.compile(rb"\$([A-Z]{2})([A-Z]{3}),([^*\r\n]*)\*([0-9A-Fa-f]{2})\r?\n?")
_OTHER: Final = re.compile(rb"[$!]([A-Z0-9]{3,8},[^*\r\n]*)\*([0-9A-Fa-f]{2})\r?\n?")
_TIME: Final = re.compile(
    r"([01]\d|2[0-3])([0-5]\d)([0-5]\d(?:\.\d{1,6})?|60(?:\.0{1,6})?)", re.ASCII
)
_LATITUDE: Final = re.compile(r"(\d{2})([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
_LONGITUDE: Final = re.compile(r"(\d{3})([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,7}(?:\.\d{1,6})?", re.ASCII)
_MEASURED_MODES: Final = frozenset("ADFPR")
_MEASURED_QUALITIES: Final = frozenset("12345")
_RMC_FIELDS: Final = 9
_GGA_FIELDS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What one sentence measures; without a position ``latitude`` and ``longitude`` are none."""

    time_s: float | None
    """Seconds since midnight UTC, by the receiver."""
    latitude: float | None = None
    """Degrees, north is positive."""
    longitude: float | None = None
    """Degrees, east is positive."""
    speed_mps: float | None = None
    """Metres per second over ground."""
    altitude_m: float | None = None
    """Metres above mean sea level."""
    satellites: int | None = None

    @property
    def has_position(self) -> bool:
        """Whether the receiver measured where it is."""
        return self.latitude is not None and self.longitude is not None


def parse(line: bytes) -> Fix | None:
    """Read one line; none for a sentence of another kind; raises `BadLine`."""
    if len(line) > LINE_BYTES_MAX:
        raise BadLine(f"a line of more than {LINE_BYTES_MAX} bytes")
    framed = _OTHER.fullmatch(line)
    if not framed:
        raise BadLine("not of the form $…*hh")
    if checksum_of(framed[1]) != int(framed[2], 16):
        raise BadLine("the checksum is wrong")
    sentence = _LINE.fullmatch(line)
    if not sentence or sentence[2] not in (b"RMC", b"GGA"):
        return None
    try:
        fields = sentence[3].decode("ascii").split(",")
    except UnicodeDecodeError as error:
        raise BadLine("not ASCII") from error
    return _rmc(fields) if sentence[2] == b"RMC" else _gga(fields)


def _rmc(fields: list[str]) -> Fix:
    if len(fields) < _RMC_FIELDS:
        raise BadLine(f"RMC with {len(fields)} fields")
    mode = fields[11] if len(fields) > 11 else "A"  # noqa: PLR2004 - came with NMEA 2.3
    time_s = _time(fields[0])
    if fields[1] != "A" or mode not in _MEASURED_MODES:
        return Fix(time_s=time_s)
    knots = _number(fields[6])
    return Fix(
        time_s=time_s,
        latitude=_degrees(_LATITUDE, fields[2], fields[3], "NS", 90),
        longitude=_degrees(_LONGITUDE, fields[4], fields[5], "EW", 180),
        speed_mps=None if knots is None else round(knots * MPS_PER_KNOT, 3),
    )


def _gga(fields: list[str]) -> Fix:
    if len(fields) < _GGA_FIELDS:
        raise BadLine(f"GGA with {len(fields)} fields")
    time_s = _time(fields[0])
    if fields[5] not in _MEASURED_QUALITIES:
        return Fix(time_s=time_s)
    satellites = _number(fields[6])
    return Fix(
        time_s=time_s,
        latitude=_degrees(_LATITUDE, fields[1], fields[2], "NS", 90),
        longitude=_degrees(_LONGITUDE, fields[3], fields[4], "EW", 180),
        altitude_m=_number(fields[8]),
        satellites=None if satellites is None else int(satellites),
    )


def _time(text: str) -> float | None:
    if not text:
        return None
    matched = _TIME.fullmatch(text)
    if not matched:
        raise BadLine(f"not a time of day: {text!r}")
    return int(matched[1]) * 3600 + int(matched[2]) * 60 + float(matched[3])


def _number(text: str) -> float | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise BadLine(f"not a number: {text!r}")
    return float(text)


def _degrees(form: re.Pattern[str], text: str, side: str, sides: str, most: int) -> float:
    matched = form.fullmatch(text)
    if not matched or len(side) != 1 or side not in sides:
        raise BadLine(f"not a position: {text!r} {side!r}")
    degrees = int(matched[1]) + float(matched[2]) / 60
    if degrees > most:
        raise BadLine(f"no such place: {text} {side}")
    return round(degrees if side == sides[0] else -degrees, DEGREE_DIGITS)


class Thinner:
    """Lets a value of each metric pass at most every ``every_s`` seconds of the receiver's time."""

    def __init__(self, every_s: float) -> None:
        self._every_s: Final = every_s
        self._said: dict[str, float] = {}

    def pick(self, fix: Fix) -> dict[str, tuple[float, str]]:
        """Metric → value and SenML unit of what is due; RMC and GGA of one moment say it once."""
        values = {
            "latitude": (fix.latitude, "lat"),
            "longitude": (fix.longitude, "lon"),
            "altitude": (fix.altitude_m, "m"),
            "speed": (fix.speed_mps, "m/s"),
            "satellites": (fix.satellites, "count"),
        }
        due = {}
        for metric, (value, unit) in values.items():
            if value is not None and self._is_due(metric, fix.time_s):
                due[metric] = (float(value), unit)
        return due

    def _is_due(self, metric: str, time_s: float | None) -> bool:
        if time_s is None:
            return True
        last_s = self._said.get(metric)
        # A receiver that was off for a day to the second may wait once more: it does no harm.
        if last_s is not None and (time_s - last_s) % DAY_S < max(self._every_s, 0.001) - 1e-6:
            return False
        self._said[metric] = time_s
        return True


def rmc_of(fix: Fix) -> bytes:
    """The RMC line that says it: what a simulated receiver sends."""
    knots = "" if fix.speed_mps is None else f"{fix.speed_mps / MPS_PER_KNOT:.3f}"
    status, mode = ("A", "A") if fix.has_position else ("V", "N")
    place = _printed(fix)
    return _framed(f"GPRMC,{_clock(fix.time_s)},{status},{place},{knots},,221126,,,{mode}")


def gga_of(fix: Fix) -> bytes:
    """The GGA line that says it."""
    metres = "" if fix.altitude_m is None else f"{fix.altitude_m:.1f}"
    satellites = "" if fix.satellites is None else f"{fix.satellites:02d}"
    quality = "1" if fix.has_position else "0"
    place = _printed(fix)
    return _framed(f"GPGGA,{_clock(fix.time_s)},{place},{quality},{satellites},0.9,{metres},M,,M,,")


def _framed(body: str) -> bytes:
    raw = body.encode("ascii")
    return b"$%b*%02X\r\n" % (raw, checksum_of(raw))


def _clock(time_s: float | None) -> str:
    if time_s is None:
        return ""
    hundredths = round(time_s * 100) % int(DAY_S * 100)
    seconds, rest = divmod(hundredths, 100)
    return f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}.{rest:02d}"


def _printed(fix: Fix) -> str:
    if fix.latitude is None or fix.longitude is None:
        return ",,,"
    north = _minutes(fix.latitude, 2) + (",N" if fix.latitude >= 0 else ",S")
    return north + "," + _minutes(fix.longitude, 3) + (",E" if fix.longitude >= 0 else ",W")


def _minutes(degrees: float, width: int) -> str:
    # In whole millionths of a minute: 59.9999999 must not be printed as 60.
    whole, rest = divmod(round(abs(degrees) * 60e6), 60_000_000)
    return f"{whole:0{width}d}{rest // 1_000_000:02d}.{rest % 1_000_000:06d}"

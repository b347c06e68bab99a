r"""Points as InfluxDB line protocol: pure, with the prefix of each series made once.

Equal series and timestamp overwrite in InfluxDB, silently. So a timestamp here is `observed_at`
cut to the millisecond, with ``(epoch + sequence * 1000 + item) mod 1000000`` as its last digits:

* the same point gets the same timestamp every time, so writing it again changes nothing;
* within an epoch, different points of one series get different timestamps even if they were
  observed in the same millisecond (or by a clock that stands still), unless their messages lie
  an exact multiple of 1,000 numbers apart;
* across epochs (a clock that starts at the same time after every power cut) two points of one
  series and one millisecond meet with a chance of one in a million; the journal has both.

Tag values that the protocol cannot carry (control characters, backslashes, which would swallow what
follows them) are percent-encoded, reversibly: `tag_text` and `text_of_tag`.
"""

import functools
import math
import re
from collections.abc import Iterable
from typing import Final

from gateway.sink import Fact, Series, TimePoint

SERIES_CACHED_MAX: Final = 100_000
"""Series whose prefix is remembered; the least recently used gives way."""
ITEMS: Final = 1_000
"""Points of one message that are told apart (`contract.messages.READINGS_MAX`)."""
NS_PER_MS: Final = 1_000_000
TIME_NS_MIN: Final = -9_223_372_036_854_775_806
TIME_NS_MAX: Final = 9_223_372_036_854_775_806
INTEGER_MAX: Final = 2**63 - 1

_AWKWARD: Final = re.compile(r"[\x00-\x1f\x7f\\]|%(?=[0-9A-Fa-f]{2})")
_ENCODED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_SPECIAL: Final = re.compile(r"([,= ])")
_QUOTED: Final = re.compile(r'(["\\])')


class Unwritable(ValueError):
    """A point that line protocol has no words for; the message says why."""


def tag_text(text: str) -> str:
    """A tag value without what the protocol cannot carry."""
    return _AWKWARD.sub(lambda found: f"%{ord(found[0]):02X}", text)


def text_of_tag(tag: str) -> str:
    """What `tag_text` was given."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), tag)


def prefix(series: Series) -> bytes:
    """Measurement and tags, in the order in which InfluxDB sorts them; empty tags are left out."""
    return _prefix(series).encode()


@functools.lru_cache(SERIES_CACHED_MAX)
def _prefix(series: Series) -> str:
    tags = ("agent", "device", "metric", "post", "unit")
    values = ((name, getattr(series, name)) for name in tags)
    written = (
        f",{name}={_SPECIAL.sub(_escaped, tag_text(value))}" for name, value in values if value
    )
    return series.kind + "".join(written) + " "


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[0]


@functools.lru_cache(4_096)
def _epoch_offset(epoch: str) -> int:
    return int(epoch, 16) % NS_PER_MS


def timestamp_ns(point: TimePoint) -> int:
    """The point's own timestamp: its millisecond, and six digits that are its identity's."""
    number = _epoch_offset(point.origin.epoch) + point.sequence * ITEMS + point.item
    return point.observed_us // 1_000 * NS_PER_MS + number % NS_PER_MS


def line(point: TimePoint) -> bytes:
    """One line, without its end; raise `Unwritable`."""
    return _text(point).encode()


def _text(point: TimePoint) -> str:
    # A hundred thousand of these a second: one tuple taken apart, one string put together.
    series, origin, sequence, item, observed_us, value, facts = point
    number = _epoch_offset(origin.epoch) + sequence * ITEMS + item
    time_ns = observed_us // 1_000 * NS_PER_MS + number % NS_PER_MS
    if not TIME_NS_MIN <= time_ns <= TIME_NS_MAX:
        raise Unwritable(
            "InfluxDB's time goes from 1677 to 2262 and this was observed outside of it"
        )
    fields = f"sequence={sequence}i"
    if value is not None:
        if not math.isfinite(value):
            raise Unwritable(f"InfluxDB has no number for {value}")
        fields = f"value={float(value)!r},{fields}"
    if facts:
        fields += "".join([f",{_key(name)}={_field(fact)}" for name, fact in facts])
    return f"{_prefix(series)}{fields} {time_ns}"


@functools.lru_cache(4_096)
def _key(name: str) -> str:
    """The name of a field: those of seals and scans are ours, those of strangers are not."""
    return _SPECIAL.sub(_escaped, tag_text(name))


def _field(fact: Fact) -> str:
    if type(fact) is float and math.isfinite(fact):
        return repr(fact)
    if isinstance(fact, str):
        return f'"{_QUOTED.sub(_escaped, fact)}"'
    if isinstance(fact, int):
        if not -INTEGER_MAX <= fact <= INTEGER_MAX:
            raise Unwritable(f"{fact} has more than 64 bits")
        return f"{fact:d}i"
    if not math.isfinite(fact):
        raise Unwritable(f"InfluxDB has no number for {fact}")
    return repr(float(fact))


def lines(points: Iterable[TimePoint]) -> bytes:
    """The body of one write; raise `Unwritable` at the first point without words."""
    return "\n".join(map(_text, points)).encode()

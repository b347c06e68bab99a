r"""Points as InfluxDB line protocol: pure, with the prefix of each series made once.

Equal series and timestamp overwrite in InfluxDB, silently. So a timestamp here is `observed_at`
cut to the millisecond, with six last digits that are its identity's (`_digits`):

* the same point gets the same timestamp every time, so writing it again changes nothing;
* within an epoch, different points of one series get different timestamps even if they were
  observed in the same millisecond (or by a clock that stands still): always if their messages
  lie less than 999 numbers apart, and if they stand in the same place of their messages (as all
  that strangers say does) less than 999,000;
* across epochs (a clock that starts at the same time after every power cut) two points of one
  series and one millisecond meet with a chance of one in a million; the journal has both.

Tag values that the protocol cannot carry (control characters, backslashes, which would swallow what
follows them) are percent-encoded, reversibly: `tag_text` and `text_of_tag`.
"""

import functools
import itertools
import math
import operator
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from gateway.timeseries.sink import Fact, Series, TimePoint

SERIES_CACHED_MAX: Final = 100_000
"""Series whose prefix is remembered; with more, all are written anew."""
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
    return _PREFIXES[series].encode()


class _Prefixes(dict[Series, str]):
    """The prefix of each series, written once."""

    def __missing__(self, series: Series) -> str:
        if len(self) >= SERIES_CACHED_MAX:
            self.clear()
        tags = ("agent", "device", "metric", "post", "unit")
        values = ((name, getattr(series, name)) for name in tags)
        written = (
            f",{name}={_SPECIAL.sub(_escaped, tag_text(value))}" for name, value in values if value
        )
        self[series] = text = series.kind + "".join(written) + " "
        return text


_PREFIXES: Final = _Prefixes()


def _escaped(found: re.Match[str]) -> str:
    return "\\" + found[0]


@functools.lru_cache(4_096)
def _epoch_offset(epoch: str) -> int:
    return int(epoch, 16) % NS_PER_MS


def _digits(epoch: str, sequence: int) -> int:
    """What the last digits of a message's first point are, not yet cut to six.

    A thousand devices that speak in turn, heard at once, are a thousand numbers apart: hence the
    last term.
    """
    return _epoch_offset(epoch) + sequence * ITEMS + sequence // ITEMS


def timestamp_ns(point: TimePoint) -> int:
    """The point's own timestamp: its millisecond, and six digits that are its identity's."""
    number = _digits(point.origin.epoch, point.sequence) + point.item
    return point.observed_us // 1_000 * NS_PER_MS + number % NS_PER_MS


def line(point: TimePoint) -> bytes:
    """One line, without its end; raise `Unwritable`."""
    return _texts([point])[0].encode()


def _texts(points: Sequence[TimePoint]) -> list[str]:
    # A hundred thousand of these a second: what the points of a message share is written once, and
    # numbers are written many at a time.
    texts, prefixes = [], _PREFIXES
    said_by, said_as, first, number = None, -1, 0, ""
    values = _numbers([point[5] for point in points])
    for (series, origin, sequence, item, observed_us, value, _, _), text, more in zip(
        points, values, _facts(points), strict=True
    ):
        if sequence != said_as or origin is not said_by:
            said_by, said_as = origin, sequence
            first, number = _digits(origin.epoch, sequence), f"sequence={sequence}i"
        time_ns = observed_us // 1_000 * NS_PER_MS + (first + item) % NS_PER_MS
        if not TIME_NS_MIN <= time_ns <= TIME_NS_MAX:
            raise Unwritable("InfluxDB's time goes from 1677 to 2262; this was observed outside")
        if value is None:
            texts.append(f"{prefixes[series]}{number}{more} {time_ns}")
        elif text != _NO_NUMBER:
            texts.append(f"{prefixes[series]}value={text},{number}{more} {time_ns}")
        else:
            raise Unwritable(f"InfluxDB has no number for {value}")
    return texts


def _facts(points: Sequence[TimePoint]) -> Iterator[str]:
    """What else is known of each."""
    if not any(map(_names, points)):  # a reading is its value
        return itertools.repeat("", len(points))
    shapes = itertools.groupby(points, _names)
    texts = (_alike(names, [point[7] for point in alike]) for names, alike in shapes)
    return itertools.chain.from_iterable(texts)


_names: Final = operator.itemgetter(TimePoint._fields.index("names"))


def _alike(names: tuple[str, ...], facts: Sequence[tuple[Fact, ...]]) -> list[str]:
    # What strangers say is all of floats: they are written all at once.
    if {*map(type, itertools.chain.from_iterable(facts))} == _FLOATS:
        texts = _JSON.encode(facts)[2:-2].decode()
        if _NO_NUMBER not in texts:
            form = _form(names)
            return [form % tuple(text.split(",")) for text in texts.split("],[")]
    return [
        "".join([f",{_key(name)}={_field(fact)}" for name, fact in zip(names, of, strict=True)])
        for of in facts
    ]


_FLOATS: Final = {float}
_NO_NUMBER: Final = "null"


def _numbers(numbers: Sequence[Fact | None]) -> list[str]:
    """As JSON writes them, the shortest text of each; `_NO_NUMBER` where it has none."""
    return _JSON.encode(numbers)[1:-1].decode().split(",")


_JSON: Final = msgspec.json.Encoder()


@functools.lru_cache(4_096)
def _form(names: tuple[str, ...]) -> str:
    """What floats of these names are written into."""
    return "".join([f",{_key(name).replace('%', '%%')}=%s" for name in names])


@functools.lru_cache(4_096)
def _key(name: str) -> str:
    """The name of a field: those of seals and scans are ours, those of strangers are not."""
    return _SPECIAL.sub(_escaped, tag_text(name))


def _field(fact: Fact) -> str:
    if type(fact) is float and math.isfinite(fact):
        return _JSON.encode(fact).decode()
    if isinstance(fact, str):
        return f'"{_QUOTED.sub(_escaped, fact)}"'
    if isinstance(fact, int):
        if not -INTEGER_MAX <= fact <= INTEGER_MAX:
            raise Unwritable(f"{fact} has more than 64 bits")
        return f"{fact:d}i"
    if not math.isfinite(fact):
        raise Unwritable(f"InfluxDB has no number for {fact}")
    return repr(float(fact))


def lines(points: Sequence[TimePoint]) -> bytes:
    """The body of one write; raise `Unwritable` at the first point without words."""
    return "\n".join(_texts(points)).encode()

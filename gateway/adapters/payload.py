"""Reads the payloads of one route: bytes to rows. Pure.

Two ways: where a route names its fields, all flat, msgspec decodes straight into a struct of just
those; anything else is decoded whole and walked. The first refuses nothing that the second takes:
what it cannot decode the second looks at, and says why.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from gateway.adapters.moment import moment_us
from gateway.adapters.route import Metric, Route
from gateway.adapters.row import Column, Presence, Row, Unfit

PAYLOAD_BYTES_MAX: Final = 64 * 1024
METRICS_MAX: Final = 200
"""Metrics of one payload."""
DEPTH_MAX: Final = 5
"""Objects inside objects."""
NAME_MAX: Final = 80
TEXT_BYTES_MAX: Final = 64
"""Bytes of a single value, or of a word about presence."""
SHAPES_MAX: Final = 1_000
"""Sets of fields whose columns are remembered; with more, all are forgotten."""
ON: Final = frozenset({"on", "true"})
OFF: Final = frozenset({"off", "false"})
HERE: Final = frozenset({"online", "connected"})
GONE: Final = frozenset({"offline", "disconnected"})
VOID: Final = frozenset({"", "nan", "null", "none", "unknown", "unavailable"})
"""Words for a value that a device does not have."""

_ANY: Final = msgspec.json.Decoder()
_fields: Final = msgspec.structs.astuple
_row: Final = partial(tuple.__new__, Row)
"""A `Row` of all its fields, in half the time."""
Answer = Row | Presence | None


class Reader:
    """Reads what comes by one route."""

    def __init__(self, route: Route) -> None:
        self._route: Final = route
        self._is_only: Final = route.is_only
        self._ignored: Final = frozenset((*route.ignore, *route.must_say))
        self._shapes: dict[tuple[str, ...], tuple[Column, ...]] = {}
        self._columns: Final = tuple(_column(path, it) for path, it in route.metrics.items())
        self._decode: Final = _decode(route)
        self._says_device: Final = bool(route.device)
        self._time: Final = route.time_unit, route.utc_offset

    def read(
        self, payload: bytes, levels: dict[str, str], item: int, heard_us: int, *, is_old: bool
    ) -> Answer:
        """What a payload says; none if it says nothing. Raises `Unfit`.

        `is_old`: the broker had kept it for whoever subscribes, so it was not observed just now.
        """
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise Unfit(f"more than {PAYLOAD_BYTES_MAX} bytes")
        if self._decode is None:
            return self._other(payload, levels, item, heard_us, is_old=is_old)
        try:
            fields = _fields(self._decode(payload))
        except msgspec.MsgspecError:
            return self._walked(_object(payload), levels, item, heard_us, is_old=is_old)
        time = fields[-2]
        if time is None and is_old:
            return None
        at = heard_us if time is None else moment_us(time, *self._time)
        name = _named(fields[-1] if self._says_device else levels.get("device"))
        return _row((item, name, at, self._columns, fields[:-2]))

    def _other(
        self, payload: bytes, levels: dict[str, str], item: int, heard_us: int, *, is_old: bool
    ) -> Answer:
        kind = self._route.payload
        if kind == "object":
            return self._walked(_object(payload), levels, item, heard_us, is_old=is_old)
        if kind == "value":
            return None if is_old else self._value(payload, levels, item, heard_us)
        return Presence(item, _named(levels["device"]), _presence(payload))

    def _walked(
        self,
        said: dict[str, Any],
        levels: dict[str, str],
        item: int,
        heard_us: int,
        *,
        is_old: bool,
    ) -> Answer:
        route = self._route
        for path, wanted in route.must_say.items():
            found = _at(said, path)
            if found is not None and found != wanted:
                raise Unfit(f"its {path} is not {wanted}")
        time = _at(said, route.time) if route.time else None
        if time is None and is_old:
            return None
        at = heard_us if time is None else moment_us(time, *self._time)
        name = _named(_at(said, route.device) if route.device else levels.get("device"))
        if self._is_only:
            values = tuple(_number(_at(said, path)) for path in route.metrics)
            return Row(item, name, at, self._columns, values)
        found_: dict[str, float] = {}
        self._gather(said, "", 1, found_)
        paths = tuple(found_)
        return Row(item, name, at, self._columns_of(paths), tuple(found_.values()))

    def _gather(
        self, said: dict[str, Any], before: str, depth: int, into: dict[str, float]
    ) -> None:
        if depth > DEPTH_MAX:
            raise Unfit(f"more than {DEPTH_MAX} objects inside each other")
        route = self._route
        for key, value in said.items():
            path = f"{before}{key}"
            if path in self._ignored or path in (route.time, route.device):
                continue
            if isinstance(value, dict):
                self._gather(value, f"{path}.", depth + 1, into)
                continue
            number = _number(value)
            if number is None or not key:
                continue
            if len(path) > NAME_MAX:
                raise Unfit(f"a field with a name of more than {NAME_MAX} characters")
            into[path] = number
            if len(into) > METRICS_MAX:
                raise Unfit(f"more than {METRICS_MAX} metrics")

    def _columns_of(self, paths: tuple[str, ...]) -> tuple[Column, ...]:
        columns = self._shapes.get(paths)
        if columns is None:
            if len(self._shapes) >= SHAPES_MAX:
                self._shapes.clear()
            columns = self._shapes[paths] = tuple(map(self._called, paths))
        return columns

    def _called(self, path: str) -> Column:
        """By its whole path, else by its last name: units of a vocabulary hold at any depth."""
        metrics = self._route.metrics
        metric = metrics.get(path)
        if metric is not None:
            return _column(path, metric)
        last = metrics.get(path.rpartition(".")[2])
        return path, last.unit if last and not last.name else ""

    def _value(self, payload: bytes, levels: dict[str, str], item: int, heard_us: int) -> Answer:
        word = _word(payload)
        metric = _named(self._route.metric or levels.get("metric"), "a metric")
        device = _named(levels["device"])
        if word in VOID:
            return Row(item, device, heard_us, (), ())
        value = _number(word.upper() if word in ON | OFF else word, is_text=True)
        if value is None:
            raise Unfit("neither a number nor ON or OFF")
        if self._is_only and metric not in self._route.metrics:
            return Row(item, device, heard_us, (), ())
        return Row(item, device, heard_us, self._columns_of((metric,)), (value,))


def _decode(route: Route) -> Callable[[bytes], Any] | None:
    """Decodes just the fields that a route names, time and device last; none if that cannot be."""
    paths = [*route.metrics, route.time, route.device]
    is_flat = not any("." in path for path in paths) and len(set(paths) - {""}) == sum(
        map(bool, paths)
    )
    if route.payload != "object" or not route.is_only or not is_flat or route.must_say:
        return None
    fields: list[tuple[str, Any, Any]] = [
        (f"metric_{n}", float | None, None) for n in range(len(route.metrics))
    ]
    fields += [
        ("time", int | float | str | None if route.time else None, None),
        ("device", str | None if route.device else None, None),
    ]
    keys = dict(zip((name for name, _, _ in fields), paths, strict=True))
    try:
        kind = msgspec.defstruct(
            "Flat", fields, rename=lambda name: keys[name] or f"no {name}", frozen=True, gc=False
        )
    except ValueError:
        return None  # a name with a quote in it: walked to, it is a name like any other
    return msgspec.json.Decoder(kind).decode


def _column(path: str, metric: Metric) -> Column:
    return metric.name or path, metric.unit


def _object(payload: bytes) -> dict[str, Any]:
    try:
        said = _ANY.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unfit("not JSON") from error
    if not isinstance(said, dict):
        raise Unfit("JSON, but no object")
    return said


def _at(said: dict[str, Any], path: str) -> Any:
    """The field at a path; none if it is not there. A name may have dots in itself."""
    if path in said:
        return said[path]
    found: Any = said
    for name in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _number(value: object, *, is_text: bool = False) -> float | None:
    """A number, a boolean, ON or OFF as a number; none for anything else."""
    if isinstance(value, str):
        if value == "ON":
            return 1.0
        if value == "OFF":
            return 0.0
        if not is_text:
            return None
    elif not isinstance(value, bool | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _named(name: object, what: str = "a device") -> str:
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not 0 < len(name) <= NAME_MAX:
        raise Unfit(f"it does not name {what} in 1 to {NAME_MAX} characters")
    if not name.isprintable():
        raise Unfit(f"the name of {what} cannot be printed")
    return name


def _word(payload: bytes) -> str:
    if len(payload) > TEXT_BYTES_MAX:
        raise Unfit(f"more than {TEXT_BYTES_MAX} bytes for a single value")
    try:
        return payload.decode().strip().strip('"').lower()
    except UnicodeDecodeError as error:
        raise Unfit("not UTF-8") from error


def _presence(payload: bytes) -> bool:
    """``online``, or ``{"state": "online"}`` as Zigbee2MQTT says it."""
    word = str(_at(_object(payload), "state")).lower() if payload[:1] == b"{" else _word(payload)
    if word in HERE:
        return True
    if word in GONE:
        return False
    raise Unfit("neither online nor offline")

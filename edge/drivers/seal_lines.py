r"""The line protocol of a seal reader: text to facts and back (pure).

The data are those of ISO 18185: manufacturer and tag number of the seal, its state, battery,
the times of sealing and opening, and the seal's own clock. The frame is that of NMEA 0183. In
ABNF (RFC 5234); a line has at most 512 bytes, its end included::

    line      = "$" body "*" checksum [CR] LF
    body      = hello / beat / seal
    hello     = "HELLO" ";reader=" text ";version=1"     ; first line of a connection
    beat      = "BEAT" *field                            ; at least every 5 s
    seal      = "SEAL" ";id=" seal-id ";state=" state *field
    seal-id   = 3*4ALPHA 3*10DIGIT                       ; manufacturer and tag number
    state     = "sealed" / "opened" / "missing" / "damaged"
    field     = ";" key "=" text                         ; unknown keys are passed over
    key       = 1*16(%x61-7A)                            ; container battery sealed opened clock
    text      = 0*80(%x20-29 / %x2B-3A / %x3C-7E)        ; printable ASCII but for "*" and ";"
    checksum  = 2HEXDIG                                  ; XOR of the bytes of body

``battery`` is a whole number of percent; ``sealed``, ``opened`` and ``clock`` are RFC 3339 in UTC
(``2026-11-22T21:00:00Z``). A key stands once. ``container`` should be an ISO 6346 number; what is
printed there is passed on as it is: a wrong one is a finding for the gateway, not a bad line.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import Final, Literal

from contract.identifiers import Container, NotAnIdentifier, SealId

LINE_BYTES_MAX: Final = 512
"""Bytes of one line, its end included."""

State = Literal["intact", "opened", "missing", "damaged"]

_LINE: Final = re.compile(rb"\$([^*\r\n]*)\*([0-9A-Fa-f]{2})\r?\n?")
_FIELD: Final = re.compile(r"([a-z]{1,16})=([\x20-\x29\x2b-\x3a\x3c-\x7e]{0,80})")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
_BATTERY: Final = re.compile(r"\d{1,3}")
_STATES: Final[dict[str, State]] = {
    "sealed": "intact",
    "opened": "opened",
    "missing": "missing",
    "damaged": "damaged",
}
_PRINTED: Final = {state: word for word, state in _STATES.items()}


class BadLine(ValueError):
    """A line that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The reader introduces itself."""

    reader: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The reader lives, and has said all it knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealLine:
    """One interrogation of one seal."""

    seal: SealId
    state: State
    container: str = ""
    battery_percent: int | None = None
    sealed_at: datetime | None = None
    opened_at: datetime | None = None
    clock_at: datetime | None = None


Fact = Hello | Beat | SealLine


class Splitter:
    """Cuts a stream of bytes into lines; holds at most `LINE_BYTES_MAX` bytes."""

    def __init__(self) -> None:
        self._rest = b""
        self._is_overlong = False

    def feed(self, data: bytes) -> list[bytes | BadLine]:
        """The lines that ``data`` completes; one `BadLine` for each that is too long."""
        lines: list[bytes | BadLine] = []
        pieces = (self._rest + data).split(b"\n")
        for piece in pieces[:-1]:
            # The rest of a line that was reported as too long already is passed over.
            if not self._is_overlong:
                too_long = len(piece) + 1 > LINE_BYTES_MAX
                lines.append(_overlong() if too_long else piece + b"\n")
            self._is_overlong = False
        self._rest = pieces[-1]
        if self._is_overlong:
            self._rest = b""
        elif len(self._rest) >= LINE_BYTES_MAX:
            lines.append(_overlong())
            self._rest, self._is_overlong = b"", True
        return lines


def _overlong() -> BadLine:
    return BadLine(f"a line of more than {LINE_BYTES_MAX} bytes")


def parse(line: bytes) -> Fact:
    """Read one line; raise `BadLine`."""
    if len(line) > LINE_BYTES_MAX:
        raise _overlong()
    framed = _LINE.fullmatch(line)
    if not framed:
        raise BadLine("not of the form $…*hh")
    body = framed[1]
    if checksum_of(body) != int(framed[2], 16):
        raise BadLine("the checksum is wrong")
    try:
        kind, *rest = body.decode("ascii").split(";")
    except UnicodeDecodeError as error:
        raise BadLine("not ASCII") from error
    fields = _fields(rest)
    if kind == "HELLO":
        return _hello(fields)
    if kind == "BEAT":
        return Beat()
    if kind == "SEAL":
        return _seal(fields)
    raise BadLine(f"a line of unknown kind {kind[:16]!r}")


def checksum_of(body: bytes) -> int:
    """XOR of all bytes, as in NMEA 0183."""
    return reduce(xor, body, 0)


def line_of(fact: Fact) -> bytes:
    """The line that says it: what a simulated reader sends."""
    if isinstance(fact, Hello):
        body = f"HELLO;reader={fact.reader};version=1"
    elif isinstance(fact, Beat):
        body = "BEAT"
    else:
        parts = {
            "id": str(fact.seal),
            "state": _PRINTED[fact.state],
            "container": fact.container,
            "battery": "" if fact.battery_percent is None else str(fact.battery_percent),
            "sealed": _printed(fact.sealed_at),
            "opened": _printed(fact.opened_at),
            "clock": _printed(fact.clock_at),
        }
        body = ";".join(["SEAL", *(f"{key}={text}" for key, text in parts.items() if text)])
    raw = body.encode("ascii")
    return b"$%b*%02X\r\n" % (raw, checksum_of(raw))


def _fields(parts: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in parts:
        matched = _FIELD.fullmatch(part)
        if not matched:
            raise BadLine(f"not a field: {part[:40]!r}")
        if matched[1] in fields:
            raise BadLine(f"{matched[1]!r} stands twice")
        fields[matched[1]] = matched[2]
    return fields


def _hello(fields: dict[str, str]) -> Hello:
    if fields.get("version") != "1":
        raise BadLine(f"version {fields.get('version', 'none')!r} of the protocol, not 1")
    return Hello(reader=fields.get("reader", ""))


def _seal(fields: dict[str, str]) -> SealLine:
    state = _STATES.get(fields.get("state", ""))
    if state is None:
        raise BadLine(f"no state is called {fields.get('state', '')!r}")
    try:
        seal = SealId.parse(fields.get("id", ""))
    except NotAnIdentifier as error:
        raise BadLine(str(error)) from error
    return SealLine(
        seal=seal,
        state=state,
        container=_container(fields.get("container", "")),
        battery_percent=_battery(fields.get("battery", "")),
        sealed_at=_instant(fields, "sealed"),
        opened_at=_instant(fields, "opened"),
        clock_at=_instant(fields, "clock"),
    )


def _container(text: str) -> str:
    """In its normal form where it has one, else as the reader said it."""
    try:
        return Container.parse(text)
    except NotAnIdentifier:
        return text.strip()


def _battery(text: str) -> int | None:
    if not text:
        return None
    if not _BATTERY.fullmatch(text) or int(text) > 100:  # noqa: PLR2004 - percent
        raise BadLine(f"a battery of {text!r} percent")
    return int(text)


def _instant(fields: dict[str, str], key: str) -> datetime | None:
    text = fields.get(key, "")
    if not text:
        return None
    if not _INSTANT.fullmatch(text):
        raise BadLine(f"{key} is not a time in UTC: {text!r}")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadLine(f"{key} is no time that exists: {text!r}") from error


def _printed(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""

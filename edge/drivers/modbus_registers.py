"""What Modbus registers mean: types, scales, ready maps, and which are read together (pure)."""

import math
import struct
from collections.abc import Sequence
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

REGISTERS_PER_REQUEST_MAX: Final = 120
"""The protocol allows 125 registers in one answer."""
GAP_REGISTERS_MAX: Final = 8
"""Unwanted registers that are read along rather than asking twice."""

Kind = Literal["holding", "input", "discrete", "coil"]
Type = Literal["int16", "uint16", "int32", "uint32", "float32", "bit"]

_FORMATS: Final[dict[Type, str]] = {
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "float32": ">f",
}


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value in a device: ``value = raw * scale + offset``."""

    address: Annotated[int, Meta(ge=0, le=65_535)]
    """As on the wire, from 0."""
    metric: Annotated[str, Meta(min_length=1, max_length=80)]
    unit: Annotated[str, Meta(max_length=16)]
    """By the SenML registry: Cel, %RH, m/s2, / (a share, or yes and no)."""
    type: Type = "int16"
    kind: Kind = "holding"
    scale: float = 1.0
    offset: float = 0.0
    word_order: Literal["big", "little"] = "big"
    """Which of the two registers of a 32-bit value comes first."""
    absent: tuple[int, ...] = ()
    """Raw numbers by which the device says that it has no value."""
    poll_s: Annotated[float, Meta(ge=0.05, le=3_600)] | None = None
    """Seconds between two reads; none for that of the device."""

    def __post_init__(self) -> None:
        """Refuse a type that the kind cannot hold."""
        if (self.type == "bit") != (self.kind in ("discrete", "coil")):
            raise ValueError("coils and discrete inputs hold bits, and nothing else does")
        if self.address + self.width > 65_536:  # noqa: PLR2004 - the protocol's address space
            raise ValueError(f"register {self.address} reaches past 65535")

    @property
    def width(self) -> int:
        """Registers that the value takes."""
        return 1 if self.type in ("bit", "int16", "uint16") else 2


class Request(NamedTuple):
    """Registers that are read together."""

    kind: Kind
    address: int
    width: int
    poll_s: float
    registers: tuple[Register, ...]


MAPS: Final[dict[str, tuple[Register, ...]]] = {
    # The common room and cold-store transmitters, with a door contact at their first input.
    "climate": (
        Register(address=0, kind="input", metric="temperature", unit="Cel", scale=0.1),
        Register(address=1, kind="input", metric="humidity", unit="%RH", scale=0.1),
    ),
    # One dry contact at a digital input module: 1 is open.
    "door": (Register(address=0, kind="discrete", type="bit", metric="door", unit="/"),),
    # A shock logger with a peak-hold register in m/s².
    "shock": (Register(address=0, kind="holding", type="float32", metric="shock", unit="m/s2"),),
    # XY-MD02 (SHT20 behind RS-485, here through a Modbus TCP gateway): manual, "input registers".
    "xy-md02": (
        Register(address=1, kind="input", metric="temperature", unit="Cel", scale=0.1),
        Register(address=2, kind="input", metric="humidity", unit="%RH", scale=0.1),
    ),
}
"""Ready maps by name."""


def requests_for(registers: Sequence[Register], poll_s: float) -> tuple[Request, ...]:
    """The fewest requests that read all registers, each at its interval."""
    groups: list[list[Register]] = []
    order = sorted(registers, key=lambda r: (r.kind, r.poll_s or poll_s, r.address))
    for register in order:
        if groups and _fits(groups[-1], register, poll_s):
            groups[-1].append(register)
        else:
            groups.append([register])
    return tuple(_request(group, poll_s) for group in groups)


def _fits(group: Sequence[Register], register: Register, poll_s: float) -> bool:
    first, end = group[0], max(r.address + r.width for r in group)
    return (
        register.kind == first.kind
        and (register.poll_s or poll_s) == (first.poll_s or poll_s)
        and register.address - end <= GAP_REGISTERS_MAX
        and register.address + register.width - first.address <= REGISTERS_PER_REQUEST_MAX
    )


def _request(group: Sequence[Register], poll_s: float) -> Request:
    first, end = group[0], max(r.address + r.width for r in group)
    return Request(
        first.kind, first.address, end - first.address, first.poll_s or poll_s, tuple(group)
    )


def number_in(register: Register, raw: Sequence[int]) -> float:
    """The number that the first registers of ``raw`` hold, before scale and offset."""
    if register.type == "bit":
        return float(bool(raw[0]))
    words = list(raw[: register.width])
    if register.word_order == "little":
        words.reverse()
    packed = struct.pack(f">{len(words)}H", *words)
    return float(struct.unpack(_FORMATS[register.type], packed)[0])


def value_in(register: Register, number: float) -> float:
    """The value in the register's unit; not a number where the device says it has none."""
    if number in register.absent:
        return math.nan
    value = number * register.scale + register.offset
    # 231 * 0.1 is 23.1, not 23.100000000000001: no more digits than the device gave.
    return round(value, 6) if math.isfinite(value) and abs(value) < 1e9 else value  # noqa: PLR2004 - past it, rounding gains nothing


def registers_for(register: Register, value: float) -> list[int]:
    """The raw registers that read back as ``value``: what a simulated device holds."""
    number = (value - register.offset) / register.scale
    if register.type == "bit":
        return [int(bool(number))]
    whole = number if register.type == "float32" else round(number)
    packed = struct.pack(_FORMATS[register.type], whole)
    words = list(struct.unpack(f">{register.width}H", packed))
    return words[::-1] if register.word_order == "little" else words

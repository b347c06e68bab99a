"""Configuration: TOML files into frozen structs, every mistake named in one sentence."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Final, TypeVar

import msgspec

CONFIG_BYTES_MAX: Final = 1_000_000

T = TypeVar("T")


class BadConfig(ValueError):
    """The file cannot be used; the message says where, why, and the nearest right key."""


def load(path: Path, kind: type[T]) -> T:
    """Read a TOML file as ``kind`` (a msgspec Struct that forbids unknown fields)."""
    try:
        with path.open("rb") as file:
            text = file.read(CONFIG_BYTES_MAX + 1)
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror or error}") from error
    if len(text) > CONFIG_BYTES_MAX:
        raise BadConfig(f"{path}: larger than {CONFIG_BYTES_MAX} bytes")
    try:
        return parse(text.decode(), kind)
    except (BadConfig, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: {error}") from error


def parse(text: str, kind: type[T]) -> T:
    """Read TOML text as ``kind``."""
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"not TOML: {error}") from error
    except RecursionError as error:
        raise BadConfig("nested too deeply") from error
    except msgspec.ValidationError as error:
        raise BadConfig(_explained(str(error), kind)) from error


def _explained(error: str, kind: type) -> str:
    unknown = re.search(r"unknown field `(\w+)`(?: - at `\$\.?(.*)`)?", error)
    if not unknown:
        return error.replace("$.", "").replace("`$`", "the top of the file")
    key, where = unknown[1], unknown[2] or ""
    known = _keys(kind)
    near = difflib.get_close_matches(key, known - {key}, n=1)
    place = f" in [{where}]" if where else ""
    advice = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(sorted(known))}"
    if key in known:
        advice = "it belongs into another section, or into the file of another service"
    return f"unknown key {key!r}{place}; {advice}"


def _keys(kind: type, seen: frozenset[type] = frozenset()) -> set[str]:
    """The keys of a struct and of the structs inside it."""
    names: set[str] = set()
    for field in msgspec.structs.fields(kind):
        names.add(field.encode_name)
        for inner in _structs(field.type):
            if inner not in seen:
                names |= _keys(inner, seen | {inner})
    return names


def _structs(annotation: object) -> list[type]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _structs(part)]

"""Configuration: TOML files into frozen structs, every mistake named in one sentence."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

import msgspec

from contract.identifiers import Identifier
from contract.pattern import whole

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
    if sentence := _misfit(error, kind):
        return sentence
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


def _misfit(error: str, kind: type) -> str:
    """What a value should be that is none of a few words, or not of a form that has a name."""
    if found := re.fullmatch(r"Invalid (?:enum )?value (.*) - at `\$\.?(.*?(\w+))`", error):
        if words := sorted(_words(kind, found[3]) - {""}):
            return f"{found[2]} cannot be {found[1]}; it is one of {', '.join(words)}"
    elif found := re.fullmatch(r"Expected `str` matching regex '(.*)' - at `\$\.?(.*)`", error):
        for one in Identifier.__subclasses__():
            if found[1].replace(r"\\", "\\") == whole(one.form.pattern):
                return f"{found[2]} is not {one.says}"
    return ""


def _words(kind: type, key: str) -> set[str]:
    """The words that may stand for a key, wherever it is."""
    words: set[str] = set()
    for struct in _within(kind):
        if struct.__struct_config__.tag_field == key:
            words.add(str(struct.__struct_config__.tag))
        for field in msgspec.structs.fields(struct):
            if field.encode_name == key and get_origin(field.type) is Literal:
                words |= set(get_args(field.type))
    return words


def _keys(kind: type) -> set[str]:
    """The keys of a struct and of the structs inside it."""
    return {f.encode_name for struct in _within(kind) for f in msgspec.structs.fields(struct)}


def _within(kind: Any, seen: frozenset[type] = frozenset()) -> Iterator[Any]:
    """A struct, and every other one inside it."""
    yield kind
    for field in msgspec.structs.fields(kind):
        for inner in _structs(field.type):
            if inner not in seen:
                yield from _within(inner, seen | {inner})


def _structs(annotation: object) -> list[type]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _structs(part)]

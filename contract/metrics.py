"""Counters as OpenMetrics text: what a service tells a monitor about itself. Pure.

Labels are named by us and bounded in number: nothing that a device says becomes a label unbounded.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
SERIES_MAX: Final = 200
"""Series of one family; the smallest beyond it are added up under `OTHER`."""
OTHER: Final = "other"
LABEL_CHARACTERS_MAX: Final = 80
PREFIX: Final = "greenlane_"

Labels = tuple[tuple[str, str], ...]
Kind = Literal["counter", "gauge"]


class Family(NamedTuple):
    """One metric; a counter counts from the start of its process."""

    name: str
    """Without `PREFIX`, with its unit last; of a counter without ``_total``."""
    kind: Kind
    about: str
    samples: Mapping[Labels, float]


def counter(name: str, about: str, value: float) -> Family:
    """A counter without labels."""
    return Family(name, "counter", about, {(): value})


def gauge(name: str, about: str, value: float) -> Family:
    """What may rise and fall, without labels."""
    return Family(name, "gauge", about, {(): value})


def labelled(name: str, kind: Kind, about: str, label: str, values: Mapping[str, float]) -> Family:
    """One value for each value of one label; beyond `SERIES_MAX` the smallest are added up."""
    ordered = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    bounded: Counter[str] = Counter()
    for at, (text, value) in enumerate(ordered):
        bounded[text[:LABEL_CHARACTERS_MAX] if at < SERIES_MAX else OTHER] += value  # type: ignore[assignment]  # floats add up too
    return Family(name, kind, about, {((label, text),): float(n) for text, n in bounded.items()})


def exposition(families: Iterable[Family]) -> bytes:
    """The text of all, as OpenMetrics 1.0 has it."""
    lines: list[str] = []
    for family in families:
        name = PREFIX + family.name
        lines += [f"# TYPE {name} {family.kind}", f"# HELP {name} {_escaped(family.about)}"]
        sample = f"{name}_total" if family.kind == "counter" else name
        lines += [
            f"{sample}{_braced(labels)} {_number(value)}"
            for labels, value in sorted(family.samples.items())
        ]
    return "\n".join([*lines, "# EOF", ""]).encode()


def _braced(labels: Labels) -> str:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{inner}}}" if inner else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)

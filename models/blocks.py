"""Three disjoint parts of a folder, by blocks of successive ids: neighbours are views of one bag.

What is learnt from (`fit`), what the thresholds are chosen on (`calibrate`), what is reported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

BLOCK_IDS = 25
BLOCKS_MIN = 10  # a small folder has smaller blocks, so that every part gets some
TURNS = "fcrfcrfcrf"
"""Which part successive blocks go to: four of ten are learnt from."""


@dataclass(frozen=True)
class Parts:
    """Places in the list of names; every name is in exactly one part."""

    fit: tuple[int, ...]
    calibrate: tuple[int, ...]
    report: tuple[int, ...]


def parts_of(names: Sequence[str]) -> Parts:
    """Return the parts of named pictures: a block of ids is never in two of them."""
    keys = [_key(name) for name in names]
    order = sorted(range(len(names)), key=lambda i: (keys[i], names[i]))
    block = max(1, min(BLOCK_IDS, len(names) // BLOCKS_MIN))
    found: dict[str, list[int]] = {"f": [], "c": [], "r": []}
    turn, last = -1, None
    for place in order:
        series, number = keys[place]
        here = (series, number // block)
        if here != last:
            turn, last = turn + 1, here
        found[TURNS[turn % len(TURNS)]].append(place)
    return Parts(*(tuple(found[letter]) for letter in "fcr"))


def _key(name: str) -> tuple[str, int]:
    """Return a name's series and its number: `t_N0000025.jpg` is (`t_N.jpg`, 25)."""
    numbers = re.findall(r"\d+", name)
    if not numbers:
        return name, 0
    last = numbers[-1]
    start = name.rindex(last)
    return name[:start] + name[start + len(last) :], int(last)

"""MQTT topic filters: which to subscribe to so that every message is heard, and once. Pure.

A broker may send a copy for each filter that a topic belongs to. Filters that another one covers
are left out; where two cross (``+/sensor`` and ``shed/#``), each gets an identifier that comes back
with its copies, and only the copy of the first is taken. Identifiers follow from the filters: what
waited in the broker while the configuration was changed is still told apart.
"""

import itertools
import zlib
from collections.abc import Mapping, Sequence
from typing import Final

IDENTIFIER_MAX: Final = 268_435_455
"""Of MQTT 5."""


def subscriptions(filters: Sequence[str]) -> dict[str, int]:
    """The filters to subscribe to, each with its identifier; 0 where none is needed."""
    once = list(dict.fromkeys(filters))
    wide = [one for one in once if not any(covers(other, one) for other in once if other != one)]
    is_crossed = any(itertools.starmap(cross, itertools.combinations(wide, 2)))
    return {one: zlib.crc32(one.encode()) % IDENTIFIER_MAX + 1 if is_crossed else 0 for one in wide}


def expected(topic: str, subscribed: Mapping[str, int]) -> int:
    """The identifier that the copy to be taken has."""
    return next((number for one, number in subscribed.items() if covers(one, topic)), 0)


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic of the one filter (or the one topic) belongs to the other."""
    wider, narrower = wide.split("/"), narrow.split("/")
    for index, level in enumerate(wider):
        if level == "#":
            return True
        if index >= len(narrower) or narrower[index] == "#":
            return False
        if level not in ("+", narrower[index]):
            return False
    return len(wider) == len(narrower)


def cross(one: str, other: str) -> bool:
    """Whether some topic belongs to both."""
    for left, right in itertools.zip_longest(one.split("/"), other.split("/")):
        if "#" in (left, right):
            return True
        if left != right and "+" not in (left, right):
            return False
        if left is None or right is None:
            return False
    return True

"""What happens at a simulated post, and the truth about it: all from one seed (pure).

Time is seconds since the post opened, cut into chapters of `CHAPTER_S`. The first one shows within
half a minute an opened seal, two bags with contraband and a cold store that leaves its range; each
later one holds a single happening, as a calm post would.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import pi, sin
from typing import Final, Literal

from contract.identifiers import Container, SealId
from edge.drivers.seal_lines import SealLine
from models.splits import DEMO

CHAPTER_S: Final = 240.0
BAG_FIRST_S: Final = 3.0
BAG_EVERY_S: Final = 5.5
SEALS: Final = 4
"""Containers within reach of the reader."""
CHAPTERS_PER_CONTAINER: Final = 4
"""A container stays so long; then another stands in its place."""
CONTRABAND: Final = ("elephant_tusk", "rhino_horn", "pangolin_scales", "turtle_shell")
SHOWN: Final = {"elephant_tusk": 26, "rhino_horn": 33, "pangolin_scales": 19, "turtle_shell": 4}
"""Seeds of bags in which the shipped model finds what is hidden. It misses most, and a newcomer
should see what an alert looks like: the opening shows two of these, all else is by chance."""

What = Literal["contraband", "cold store", "seal", "door", "shock"]

_WEIGHTS: Final[dict[What, int]] = {
    "contraband": 45,
    "cold store": 15,
    "seal": 15,
    "door": 15,
    "shock": 10,
}
_OWNERS: Final = ("HLXU", "MSKU", "TGHU", "CMAU", "MEDU", "OOLU")
_MAKERS: Final = ("HLX", "SAV", "ESL", "NVS")
_DRIFT_CEL: Final = 9.0
_BROKEN: Final[tuple[Literal["opened", "damaged", "missing"], ...]] = (
    "opened",
    "damaged",
    "missing",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that is out of the ordinary, and the truth about it."""

    at_s: float
    what: What
    lasts_s: float = 0.0
    slot: int = 0
    """Which seal, or which bag."""
    detail: str = ""
    """Which contraband, or what became of the seal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """One bag on the belt."""

    index: int
    at_s: float
    tag: str
    seed: int
    threat: str | None


class Scenario:
    """All that happens, for ever; the same seed tells the same story."""

    def __init__(self, seed: int) -> None:
        self.seed: Final = seed
        self._chapter = lru_cache(maxsize=64)(self._told)

    def happenings(self, chapter: int) -> tuple[Happening, ...]:
        """What happens in one chapter, in its order."""
        return self._chapter(chapter)

    def truth(self, happening: Happening) -> str:
        """One line for people: when, and what really is."""
        at = f"at {happening.at_s:.0f} s"
        if happening.what == "contraband":
            bag = self.bag(happening.slot)
            return f"{at} bag {bag.index} ({bag.tag}) holds {happening.detail.replace('_', ' ')}"
        if happening.what == "seal":
            seal = self._seal_at(happening.slot, happening.at_s)
            return f"{at} seal {seal.seal} on {seal.container} is {happening.detail}"
        if happening.what == "cold store":
            return f"{at} the cold store drifts out of range for {happening.lasts_s:.0f} s"
        if happening.what == "door":
            return f"{at} the door stands open for {happening.lasts_s:.0f} s"
        return f"{at} the platform takes a shock"

    def bag(self, index: int) -> Bag:
        """The bag of that number, from 0."""
        rng = self._random("bag", index)
        at_s = BAG_FIRST_S + index * BAG_EVERY_S
        found = [
            happening.detail
            for happening in self.happenings(_chapter_at(at_s))
            if happening.what == "contraband" and happening.slot == index
        ]
        threat = found[0] if found else None
        tag = f"0{rng.randrange(100, 1000)}{rng.randrange(1_000_000):06d}"
        seed = rng.choice(DEMO)
        if threat is not None and _chapter_at(at_s) == 0:
            seed = SHOWN[threat]
        return Bag(index=index, at_s=at_s, tag=tag, seed=seed, threat=threat)

    def climate(self, at_s: float) -> dict[str, float]:
        """The cold store: °C and percent."""
        drift = sum(_bump(at_s, h) for h in self._around(at_s, "cold store"))
        return {
            "temperature": 4.0
            + 0.5 * sin(2 * pi * at_s / 310)
            + self._noise(at_s)
            + drift * _DRIFT_CEL,
            "humidity": 62.0 + 3.0 * sin(2 * pi * at_s / 470) + 4 * self._noise(at_s) + drift * 8,
        }

    def door(self, at_s: float) -> float:
        """1 while the door stands open."""
        return float(any(_is_on(at_s, h) for h in self._around(at_s, "door")))

    def shock(self, at_s: float) -> float:
        """Peak acceleration at the unloading platform, m/s²."""
        peak = max((26.0 for h in self._around(at_s, "shock") if _is_on(at_s, h)), default=0.0)
        return max(peak, 0.6 + abs(3 * self._noise(at_s)))

    def seals(self, at_s: float, opened_at: datetime) -> tuple[SealLine, ...]:
        """What the reader finds; ``opened_at`` is when the post opened."""
        return tuple(self._seal_line(slot, at_s, opened_at) for slot in range(SEALS))

    def _told(self, chapter: int) -> tuple[Happening, ...]:
        return self._opening() if chapter == 0 else (self._calm(chapter),)

    def _opening(self) -> tuple[Happening, ...]:
        rng = self._random("opening", 0)
        first, second = rng.sample(sorted(SHOWN), 2)
        told = (
            _contraband(1, first),
            Happening(at_s=12.0 + rng.random() * 2, what="seal", detail="opened"),
            Happening(at_s=14.0 + rng.random() * 2, what="cold store", lasts_s=30.0),
            _contraband(4, second),
        )
        return tuple(sorted(told, key=lambda happening: happening.at_s))

    def _calm(self, chapter: int) -> Happening:
        rng = self._random("chapter", chapter)
        (what,) = rng.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()))
        at_s = chapter * CHAPTER_S + rng.uniform(20, CHAPTER_S - 120)
        if what == "contraband":
            return _contraband(round((at_s - BAG_FIRST_S) / BAG_EVERY_S), rng.choice(CONTRABAND))
        lasts_s = {"cold store": 40.0, "door": 75.0, "shock": 3.0}.get(what, 0.0)
        slot = rng.randrange(SEALS)
        detail = rng.choice(_BROKEN) if what == "seal" else ""
        return Happening(at_s=at_s, what=what, lasts_s=lasts_s, slot=slot, detail=detail)

    def _around(self, at_s: float, what: What) -> list[Happening]:
        chapter = _chapter_at(at_s)
        near = (*self.happenings(chapter), *(self.happenings(chapter - 1) if chapter else ()))
        return [happening for happening in near if happening.what == what]

    def _seal_at(self, slot: int, at_s: float) -> SealLine:
        """Seal and container in that place at that time."""
        generation = (_chapter_at(at_s) + slot) // CHAPTERS_PER_CONTAINER
        if (slot, generation) == (0, 0):
            return SealLine(seal=SealId("HLX417"), container="HLXU4172205", state="intact")
        rng = self._random("seal", slot * 1_000_003 + generation)
        return SealLine(
            seal=SealId(f"{rng.choice(_MAKERS)}{rng.randrange(100, 10_000)}"),
            container=_container(rng),
            state="intact",
        )

    def _seal_line(self, slot: int, at_s: float, post_opened_at: datetime) -> SealLine:
        plain = self._seal_at(slot, at_s)
        first = max(0, _chapter_at(at_s) - (_chapter_at(at_s) + slot) % CHAPTERS_PER_CONTAINER)
        broken = [
            happening
            for chapter in range(first, _chapter_at(at_s) + 1)
            for happening in self.happenings(chapter)
            if happening.what == "seal" and happening.slot == slot and happening.at_s <= at_s
        ]
        is_open = bool(broken) and broken[-1].detail == "opened"
        return SealLine(
            seal=plain.seal,
            container=plain.container,
            state=_state(broken[-1].detail) if broken else "intact",
            battery_percent=60 + self._random("battery", hash_of(plain.seal)).randrange(40),
            sealed_at=post_opened_at - timedelta(hours=31 + slot),
            opened_at=post_opened_at + timedelta(seconds=broken[-1].at_s) if is_open else None,
            clock_at=post_opened_at + timedelta(seconds=at_s),
        )

    def _noise(self, at_s: float) -> float:
        """A small wander, the same whenever it is asked for: ±0.2."""
        step = int(at_s)
        left, right = (self._random("noise", n).uniform(-0.2, 0.2) for n in (step, step + 1))
        return left + (right - left) * (at_s - step)

    def _random(self, what: str, number: int) -> random.Random:
        return random.Random(f"{self.seed}:{what}:{number}")  # noqa: S311 - a story, not a secret


def hash_of(text: str) -> int:
    """A number from a text, the same in every process."""
    return int.from_bytes(text.encode()[:8])


def _contraband(index: int, kind: str) -> Happening:
    at_s = BAG_FIRST_S + index * BAG_EVERY_S
    return Happening(at_s=at_s, what="contraband", slot=index, detail=kind)


def _chapter_at(at_s: float) -> int:
    return max(0, int(at_s // CHAPTER_S))


def _is_on(at_s: float, happening: Happening) -> bool:
    return happening.at_s <= at_s < happening.at_s + happening.lasts_s


def _bump(at_s: float, happening: Happening) -> float:
    """0 to 1 and back: a compressor fails, and catches up."""
    rise_s = 5.0
    since = at_s - happening.at_s
    left = happening.lasts_s + rise_s - since
    return max(0.0, min(1.0, since / rise_s, left / rise_s))


def _state(detail: str) -> Literal["opened", "damaged", "missing"]:
    return next(state for state in _BROKEN if state == detail)


def _container(rng: random.Random) -> Container:
    stem = f"{rng.choice(_OWNERS)}{rng.randrange(1_000_000):06d}"
    return Container(f"{stem}{Container(stem + '0').expected_check_digit}")
